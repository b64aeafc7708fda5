package certs

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"
)

// publisher rotates the content of one Secret, whose state is S, and publishes a part of it in the webhook
// configuration. Each reconcile makes at most one write, under an optimistic lock, and the watches trigger the next.
// So a crash after any write loses nothing.
type publisher[S any] struct {
	// name is the controller's name, content the name of the rotated content in logs and errors.
	name, content string
	// secret and configuration are the objects that are written.
	secret, configuration types.NamespacedName
	clock                 clock.PassiveClock

	// next returns the state after the one step that is due, and the step. If none is due, it returns the time until one may be.
	next func(secret *corev1.Secret, configuration *webhookConfiguration, now time.Time) (S, step, time.Duration, error)
	// write sets the state in the Secret and keeps its other content.
	write func(secret *corev1.Secret, state S)
	// publish sets the state in the webhook configuration and reports whether that changed it.
	publish func(configuration *webhookConfiguration, state S) bool
	// stored is called after a step was written, and returns key/value pairs for the log.
	stored func(state S) []any

	// secrets reads the Secret from a cache and webhooks the configuration; live reads from the API server.
	secrets, webhooks client.Client
	live              client.Reader
}

// setupWithManager adds the publisher to the manager, to run while it leads. The manager's cache must hold the
// webhook configuration; changes is the source of the Secret's changes.
func (p *publisher[S]) setupWithManager(mgr manager.Manager, changes source.Source) error {
	p.webhooks, p.live = mgr.GetClient(), mgr.GetAPIReader()
	request := reconcile.Request{NamespacedName: p.secret}
	always := handler.EnqueueRequestsFromMapFunc(func(context.Context, client.Object) []reconcile.Request {
		return []reconcile.Request{request}
	})
	// The first reconcile: without any object there is no watch event.
	first := source.Func(func(_ context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
		queue.Add(request)
		return nil
	})
	err := builder.ControllerManagedBy(mgr).
		Named(p.name).
		WatchesRawSource(changes).
		WatchesRawSource(first).
		Watches(&webhookConfiguration{}, always, builder.WithPredicates(hasName(p.configuration))).
		WithOptions(controller.Options{RateLimiter: newRateLimiter()}).
		Complete(reconcile.Func(p.reconcile))
	if err != nil {
		return fmt.Errorf("setting up the publisher of %s: %w", p.content, err)
	}
	return nil
}

// reconcile makes at most one write: the Secret's or, if no step is due, the webhook configuration's.
func (p *publisher[S]) reconcile(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
	secret, configuration, err := p.readObjects(ctx)
	if err != nil {
		return reconcile.Result{}, err
	}
	next, done, wait, err := p.next(secret, configuration, p.clock.Now())
	if err != nil {
		return reconcile.Result{}, fmt.Errorf("replacing the %s in Secret %s: %w", p.content, p.secret, err)
	}
	if done != stepNone {
		err = p.writeState(ctx, secret, next)
	} else {
		err = p.publishState(ctx, secret, configuration, next)
	}
	if isOutdated(err) {
		// The cache was behind. A watch event is about to arrive.
		return reconcile.Result{RequeueAfter: time.Second}, nil
	}
	if err == nil && done != stepNone {
		log.FromContext(ctx).Info("Changed the "+p.content, append([]any{"step", done}, p.stored(next)...)...)
	}
	return reconcile.Result{RequeueAfter: wait}, err
}

// readObjects returns the Secret and the webhook configuration. A missing one is empty.
func (p *publisher[S]) readObjects(ctx context.Context) (*corev1.Secret, *webhookConfiguration, error) {
	secret, configuration := &corev1.Secret{}, &webhookConfiguration{}
	if err := p.secrets.Get(ctx, p.secret, secret); client.IgnoreNotFound(err) != nil {
		return nil, nil, fmt.Errorf("reading Secret %s: %w", p.secret, err)
	}
	if err := p.webhooks.Get(ctx, p.configuration, configuration); client.IgnoreNotFound(err) != nil {
		return nil, nil, fmt.Errorf("reading %T %s: %w", configuration, p.configuration.Name, err)
	}
	return secret, configuration, nil
}

// writeState writes the state, unless the Secret has changed since it was read.
func (p *publisher[S]) writeState(ctx context.Context, read *corev1.Secret, state S) error {
	secret := read.DeepCopy()
	secret.Namespace, secret.Name = p.secret.Namespace, p.secret.Name
	p.write(secret, state)
	var err error
	if secret.ResourceVersion == "" {
		err = p.secrets.Create(ctx, secret, client.FieldOwner(fieldManager))
	} else {
		err = p.secrets.Update(ctx, secret, client.FieldOwner(fieldManager))
	}
	if err != nil {
		return fmt.Errorf("writing the %s to Secret %s: %w", p.content, p.secret, err)
	}
	return nil
}

// publishState publishes the state in the webhook configuration if that lacks it, by a patch of that alone. It first
// checks that the Secret has not changed: a leader whose cache lags would otherwise restore a state that another
// leader has replaced.
func (p *publisher[S]) publishState(ctx context.Context, read *corev1.Secret, configuration *webhookConfiguration, state S) error {
	changed := configuration.DeepCopy()
	if !p.publish(changed, state) {
		return nil
	}
	secret := &corev1.Secret{}
	if err := p.live.Get(ctx, p.secret, secret); err != nil {
		return fmt.Errorf("reading Secret %s: %w", p.secret, err)
	}
	if secret.ResourceVersion != read.ResourceVersion {
		return errOutdated
	}
	patch := client.StrategicMergeFrom(configuration, client.MergeFromWithOptimisticLock{})
	if err := p.webhooks.Patch(ctx, changed, patch, client.FieldOwner(fieldManager)); err != nil {
		return fmt.Errorf("publishing the %s in %T %s: %w", p.content, configuration, configuration.Name, err)
	}
	log.FromContext(ctx).Info("Published the "+p.content, "configuration", fmt.Sprintf("%T", configuration), "name", configuration.Name)
	return nil
}

var errOutdated = errors.New("the cache is behind the API server")

// outdated reports whether an error means that the decision was made on an older version of an object.
func isOutdated(err error) bool {
	return errors.Is(err, errOutdated) || apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) || apierrors.IsNotFound(err)
}
