//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// logLines bounds the lines that are shown of one container.
const logLines = 200

// dumpState logs the state that explains a failure, because the cleanup removes it.
func (e *env) dumpState(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	defer cancel()
	for _, namespace := range []string{e.namespace, e.runName("annotated")} {
		e.dumpPods(ctx, t, namespace)
		e.dumpEvents(ctx, t, namespace)
	}
	e.dumpEvents(ctx, t, metav1.NamespaceDefault) // those of namespaces and other cluster-scoped objects
	e.dumpBaselines(ctx, t)
}

func (e *env) dumpBaselines(ctx context.Context, t *testing.T) {
	baselines, backups := &v1alpha1.BaselineList{}, &v1alpha1.BaselineBackupList{}
	if err := errors.Join(e.List(ctx, baselines), e.List(ctx, backups)); err != nil {
		t.Logf("baselines and backups: %v", err)
	}
	for _, baseline := range baselines.Items {
		t.Logf("baseline %s:\n%s", baseline.Name, asYAML(baseline.Status))
	}
	for _, backup := range backups.Items {
		t.Logf("backup %s:\n%s", backup.Name, asYAML(backup.Status))
	}
}

func (e *env) dumpPods(ctx context.Context, t *testing.T, namespace string) {
	pods := &corev1.PodList{}
	if err := e.List(ctx, pods, client.InNamespace(namespace)); err != nil {
		t.Logf("pods of %s: %v", namespace, err)
	}
	for _, pod := range pods.Items {
		t.Logf("pod %s/%s:\n%s", namespace, pod.Name, asYAML(pod.Status))
		for _, previous := range []bool{false, true} {
			options := &corev1.PodLogOptions{TailLines: new(int64(logLines)), Previous: previous}
			log, err := e.core.CoreV1().Pods(namespace).GetLogs(pod.Name, options).DoRaw(ctx)
			if err != nil && previous {
				continue // it was never restarted
			}
			t.Logf("log of pod %s/%s (previous: %t): %v\n%s", namespace, pod.Name, previous, err, log)
		}
	}
}

func (e *env) dumpEvents(ctx context.Context, t *testing.T, namespace string) {
	events := &corev1.EventList{}
	if err := e.List(ctx, events, client.InNamespace(namespace)); err != nil {
		t.Logf("events of %s: %v", namespace, err)
	}
	var lines strings.Builder
	for _, event := range events.Items {
		fmt.Fprintf(&lines, "%s %s %s %s/%s: %s\n", event.CreationTimestamp.UTC().Format(time.TimeOnly), event.Type, event.Reason,
			event.InvolvedObject.Kind, event.InvolvedObject.Name, event.Message)
	}
	t.Logf("events of %s:\n%s", namespace, lines.String())
}

func asYAML(object any) string {
	content, err := yaml.Marshal(object)
	if err != nil {
		return err.Error()
	}
	return string(content)
}
