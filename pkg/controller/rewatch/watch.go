package rewatch

import (
	"context"
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"

	"seedbed.dev/seedbed/pkg/internal/apierr"
)

// ListerWatcher wraps from so that its requests are retried and its watches resumed.
func ListerWatcher(from cache.ListerWatcher) cache.ListerWatcher {
	inner := cache.ToListerWatcherWithContext(from)
	return &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			return retryRequest(ctx, newDelays(), func() (runtime.Object, error) { return inner.ListWithContext(ctx, options) })
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			connect := func(ctx context.Context, options metav1.ListOptions, delay wait.DelayFunc) (watch.Interface, error) {
				return retryRequest(ctx, delay, func() (watch.Interface, error) { return inner.WatchWithContext(ctx, options) })
			}
			first, err := connect(ctx, options, newDelays())
			if err != nil {
				return nil, err
			}
			ctx, stop := context.WithCancel(ctx)
			w := &resumedWatch{connect: connect, options: options, events: make(chan watch.Event), stop: stop}
			go w.forwardAll(ctx, first)
			return w, nil
		},
	}
}

// resumedWatch is a watch that outlives its connections.
type resumedWatch struct {
	connect func(ctx context.Context, options metav1.ListOptions, delay wait.DelayFunc) (watch.Interface, error)
	options metav1.ListOptions
	events  chan watch.Event
	stop    context.CancelFunc
}

// Stop implements watch.Interface.
func (w *resumedWatch) Stop() { w.stop() }

// ResultChan implements watch.Interface.
func (w *resumedWatch) ResultChan() <-chan watch.Event { return w.events }

// forwardAll forwards the events of one connection after the other. It ends with ctx, after a permanent error, and if
// a connection breaks before its position is known.
func (w *resumedWatch) forwardAll(ctx context.Context, connection watch.Interface) {
	defer close(w.events)
	defer w.stop()
	at := startOf(w.options)
	delay := newDelays()
	for {
		began := time.Now()
		broken := w.forwardConnection(ctx, connection, at)
		connection.Stop()
		if !broken || !at.isKnown() {
			return
		}
		if time.Since(began) > stableAfter {
			delay = newDelays()
		}
		if !sleepContext(ctx, delay()) {
			return
		}
		var err error
		if connection, err = w.connect(ctx, at.resumeOptions(w.options), delay); err != nil {
			w.sendEvent(ctx, watch.Event{Type: watch.Error, Object: statusOf(err)})
			return
		}
	}
}

// forwardConnection forwards the events of a connection and reports whether it broke, so that the watch can be
// resumed.
func (w *resumedWatch) forwardConnection(ctx context.Context, connection watch.Interface, at *position) (broken bool) {
	for {
		select {
		case <-ctx.Done():
			return false
		case event, open := <-connection.ResultChan():
			switch {
			case !open:
				return true
			case event.Type == watch.Error && at.isKnown() && apierr.IsTransient(apierrors.FromObject(event.Object)):
				return true
			case !w.sendEvent(ctx, event) || event.Type == watch.Error:
				return false
			}
			at.advancePast(event)
		}
	}
}

func (w *resumedWatch) sendEvent(ctx context.Context, event watch.Event) bool {
	select {
	case <-ctx.Done():
		return false
	case w.events <- event:
		return true
	}
}

// statusOf returns an error in the form of a watch's error event.
func statusOf(err error) runtime.Object {
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		object := status.Status()
		return &object
	}
	object := apierrors.NewInternalError(err).Status()
	return &object
}

// position is the version at which a watch can be resumed.
type position struct {
	version string
	// initial is true while the watch sends the objects that existed at its start. They come in no order, so it cannot be
	// resumed before their end.
	initial bool
}

func startOf(options metav1.ListOptions) *position {
	if options.ResourceVersion == "" || options.ResourceVersion == "0" || options.SendInitialEvents != nil && *options.SendInitialEvents {
		return &position{initial: true}
	}
	return &position{version: options.ResourceVersion}
}

func (p *position) isKnown() bool { return !p.initial && p.version != "" }

func (p *position) advancePast(event watch.Event) {
	object, err := meta.Accessor(event.Object)
	if err != nil {
		return
	}
	if event.Type != watch.Added && (event.Type != watch.Bookmark || object.GetAnnotations()[metav1.InitialEventsAnnotationKey] == "true") {
		p.initial = false
	}
	p.version = object.GetResourceVersion()
}

// resumeOptions returns the options that resume a watch.
func (p *position) resumeOptions(original metav1.ListOptions) metav1.ListOptions {
	original.ResourceVersion, original.ResourceVersionMatch, original.SendInitialEvents = p.version, "", nil
	return original
}

const (
	// minDelay and maxDelay bound the time between two attempts. The API server has to answer one informer for each kind and
	// replica, and throttles if these are too many.
	minDelay = 50 * time.Millisecond
	maxDelay = 2 * time.Second
	// stableAfter is the age at which a watch is stable: if it breaks then, the delays start at minDelay again.
	stableAfter = 10 * time.Second
)

// newDelays returns the delays between attempts, which grow up to maxDelay.
func newDelays() wait.DelayFunc {
	return wait.Backoff{Duration: minDelay, Factor: 2, Jitter: 0.2, Steps: 16, Cap: maxDelay}.DelayFunc()
}

// retryRequest repeats a request until it succeeds, fails permanently, or ctx ends.
func retryRequest[T any](ctx context.Context, delay wait.DelayFunc, request func() (T, error)) (T, error) {
	for first := true; ; first = false {
		result, err := request()
		if !apierr.IsTransient(err) {
			return result, err
		}
		if first {
			klog.FromContext(ctx).Info("Retrying an informer's request", "reason", err.Error())
		}
		if !sleepContext(ctx, delay()) {
			return result, err
		}
	}
}

// sleepContext reports whether the duration passed before ctx ended.
func sleepContext(ctx context.Context, duration time.Duration) bool {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
