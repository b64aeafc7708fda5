//go:build bench

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// explain adds to an error about a namespace what the API server and the controller's log say of it: whether
// Seedbed did not do it, or this program did not see it.
func (b *bench) explain(namespace string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	state := []string{fmt.Sprintf("controller ended: %t", b.controller.Ended())}
	objects, listing := b.admin.CoreV1().ConfigMaps(namespace).List(ctx, metav1.ListOptions{LabelSelector: benchLabel})
	live, reading := b.admin.CoreV1().Namespaces().Get(ctx, namespace, metav1.GetOptions{})
	if problem := errors.Join(listing, reading); problem != nil {
		return errors.Join(err, problem)
	}
	state = append(state, fmt.Sprintf("objects: %d", len(objects.Items)), fmt.Sprintf("conditions: %v", live.Status.Conditions))
	if content, problem := os.ReadFile(b.controller.Log); problem == nil {
		for line := range strings.Lines(string(content)) {
			if strings.Contains(line, namespace) {
				state = append(state, "log: "+strings.TrimSpace(line))
			}
		}
	}
	return fmt.Errorf("%w: %s", err, strings.Join(state, "; "))
}
