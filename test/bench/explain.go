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

// explainError adds the namespace's state in the API server and the controller's log to an error: they show whether
// Seedbed did not populate it, or this program did not see it.
func (b *bench) explainError(namespace string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second) //nolint:forbidigo // after the end of the measurement's
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
