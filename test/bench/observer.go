//go:build bench

package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	toolswatch "k8s.io/client-go/tools/watch"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// sighting holds the times at which a namespace was seen full and ready.
type sighting struct {
	// full is closed when the last object was seen, ready when the condition BaselineReady was.
	full, ready chan struct{}
	lastAt      time.Time
	readyAt     time.Time

	missing int
}

// observer watches new objects, for the floor and Seedbed alike.
type observer struct {
	mu         sync.Mutex
	namespaces map[string]*sighting
}

// startObserver starts the watches; they end with ctx.
func startObserver(ctx context.Context, config *rest.Config) (*observer, error) {
	objects, err := metadata.NewForConfig(separateConnection(config))
	if err != nil {
		return nil, err
	}
	protobuf := separateConnection(config)
	protobuf.ContentType = runtime.ContentTypeProtobuf
	namespaces, err := kubernetes.NewForConfig(protobuf)
	if err != nil {
		return nil, err
	}
	// The store has one clock for every kind: all later objects are seen.
	now, err := namespaces.CoreV1().Namespaces().List(ctx, metav1.ListOptions{Limit: 1})
	if err != nil {
		return nil, err
	}
	o := &observer{namespaces: map[string]*sighting{}}
	configMaps := objects.Resource(schema.GroupVersionResource{Version: "v1", Resource: "configmaps"})
	err = o.followWatch(ctx, now.ResourceVersion, func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
		options.LabelSelector = benchLabel
		return configMaps.Watch(ctx, options)
	}, o.handleObject)
	if err != nil {
		return nil, err
	}
	return o, o.followWatch(ctx, now.ResourceVersion, func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
		return namespaces.CoreV1().Namespaces().Watch(ctx, options)
	}, o.handleNamespace)
}

// followWatch passes every event to see; it resumes a watch that the API server closed.
func (o *observer) followWatch(ctx context.Context, from string, open cache.WatchFuncWithContext, see func(watch.Event)) error {
	watcher, err := toolswatch.NewRetryWatcherWithContext(ctx, from, &cache.ListWatch{WatchFuncWithContext: open})
	if err != nil {
		return fmt.Errorf("watch: %w", err)
	}
	go func() {
		for event := range watcher.ResultChan() {
			see(event)
		}
	}()
	return nil
}

// expectNamespace must be called before a namespace's create is sent.
func (o *observer) expectNamespace(namespace string, objects int) *sighting {
	s := &sighting{full: make(chan struct{}), ready: make(chan struct{}), missing: objects}
	if objects == 0 {
		s.lastAt = time.Now()
		close(s.full)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.namespaces[namespace] = s
	return s
}

func (o *observer) handleObject(event watch.Event) {
	object, ok := event.Object.(metav1.Object)
	if !ok || event.Type != watch.Added {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.namespaces[object.GetNamespace()]
	if s == nil || s.missing == 0 {
		return
	}
	if s.missing--; s.missing == 0 {
		s.lastAt = time.Now()
		close(s.full)
	}
}

func (o *observer) handleNamespace(event watch.Event) {
	namespace, ok := event.Object.(*corev1.Namespace)
	if !ok || !isPopulated(namespace) {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if s := o.namespaces[namespace.Name]; s != nil && s.readyAt.IsZero() {
		s.readyAt = time.Now()
		close(s.ready)
	}
}

func isPopulated(namespace *corev1.Namespace) bool {
	ready := v1alpha1.FindNamespaceCondition(namespace.Status.Conditions, v1alpha1.ConditionBaselineReady)
	return ready != nil && ready.Status == corev1.ConditionTrue
}

// waitTimeout bounds the wait for one namespace after those before it.
const waitTimeout = 3 * time.Minute

// awaitClosed waits until the channel is closed.
func awaitClosed(ctx context.Context, what string, seen <-chan struct{}) error {
	timer := time.NewTimer(waitTimeout)
	defer timer.Stop()
	select {
	case <-seen:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return fmt.Errorf("%s was not seen within %s", what, waitTimeout)
	}
}
