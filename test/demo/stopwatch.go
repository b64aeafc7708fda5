package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/seedbed"
)

// stopwatch times a namespace from its first watch event to its condition BaselineReady.
type stopwatch struct {
	namespace string
	watch     watch.Interface
	took      chan time.Duration
}

func startStopwatch(ctx context.Context, installation *seedbed.Installation, namespace string) (*stopwatch, error) {
	client, err := kubernetes.NewForConfig(installation.Cluster.Config())
	if err != nil {
		return nil, err
	}
	w, err := client.CoreV1().Namespaces().Watch(ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + namespace})
	if err != nil {
		return nil, fmt.Errorf("watching namespace %s: %w", namespace, err)
	}
	s := &stopwatch{namespace: namespace, watch: w, took: make(chan time.Duration, 1)}
	go s.followWatch()
	return s, nil
}

// followWatch reads events until the watch ends.
func (s *stopwatch) followWatch() {
	defer close(s.took)
	var began time.Time
	for event := range s.watch.ResultChan() {
		namespace, ok := event.Object.(*corev1.Namespace)
		if !ok {
			continue
		}
		if began.IsZero() {
			began = time.Now()
		}
		ready := v1alpha1.FindNamespaceCondition(namespace.Status.Conditions, v1alpha1.ConditionBaselineReady)
		if ready != nil && ready.Status == corev1.ConditionTrue {
			s.took <- time.Since(began)
			return
		}
	}
}

func (s *stopwatch) awaitReady(ctx context.Context) (time.Duration, error) {
	defer s.watch.Stop()
	select {
	case <-ctx.Done():
		return 0, fmt.Errorf("namespace %s is not BaselineReady: %w", s.namespace, ctx.Err())
	case took, ok := <-s.took:
		if !ok {
			return 0, errors.New("the watch ended")
		}
		return took, nil
	}
}
