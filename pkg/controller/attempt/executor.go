package attempt

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/restore"
)

// Runner executes restores.
type Runner interface {
	Execute(ctx context.Context, task restore.Task) (*restore.Outcome, error)
	TakeBackIfReplaced(ctx context.Context, namespace *corev1.Namespace, outcomes ...*restore.Outcome) error
}

// Recorder records attempts.
type Recorder interface {
	Restore(phase string, took time.Duration, objects map[string]int)
	NamespaceReady(after time.Duration)
	GateOpened()
}

// Executor has the dependencies of the reconcilers that restore.
type Executor struct {
	Client client.Client
	// Live reads past the cache.
	Live     client.Reader
	Runner   Runner
	Recorder Recorder
	Events   events.EventRecorder
	Clock    clock.PassiveClock
}

// RecordAttempt logs one line and updates the metrics. It emits an event about regarding if isNews is set.
func (e *Executor) RecordAttempt(ctx context.Context, task *restore.Task, done *restore.Outcome, regarding runtime.Object, isNews bool) {
	result, counts := &done.Result, done.Result.Counts
	took := e.Clock.Since(done.Began)
	e.Recorder.Restore(string(result.Phase), took, done.Objects)
	log.FromContext(ctx).Info("Restored",
		"namespace", task.Namespace.Name, "baseline", task.Spec.Baseline, "backup", result.Backup, "restore", task.Name,
		"phase", result.Phase, "attempt", result.Attempts, "milliseconds", took.Milliseconds(),
		"created", counts.Created, "updated", counts.Updated, "unchanged", counts.Unchanged, "kept", counts.Kept,
		"skipped", counts.Skipped, "failed", counts.Failed, "warnings", result.WarningCount)
	if isNews {
		kind := corev1.EventTypeNormal
		if result.Phase != v1alpha1.PhaseCompleted {
			kind = corev1.EventTypeWarning
		}
		e.Events.Eventf(regarding, nil, kind, string(result.Phase), "Restore", "%s", Summarize(result))
	}
}

// Summarize returns a result in one line for people.
func Summarize(result *v1alpha1.RestoreResult) string {
	c := result.Counts
	line := fmt.Sprintf("%d created, %d updated, %d unchanged, %d kept, %d skipped", c.Created, c.Updated, c.Unchanged, c.Kept, c.Skipped)
	if c.Failed > 0 {
		line += fmt.Sprintf(", %d failed", c.Failed)
	}
	if len(result.Errors) > 0 {
		line += "; first error: " + result.Errors[0]
	}
	return v1alpha1.Cut(line)
}
