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
	Correct(ctx context.Context, task restore.Task) (*restore.Outcome, map[string]v1alpha1.ObjectResult, error)
	TakeBackIfReplaced(ctx context.Context, namespace *corev1.Namespace, outcomes ...*restore.Outcome) error
}

// Recorder records attempts.
type Recorder interface {
	Restore(phase string, took time.Duration, objects map[string]int)
	// Update records one attempt to update one namespace.
	Update(phase string)
	// UpdatedObjects records the number of objects that an update found, by how they were updated.
	UpdatedObjects(path string, count int)
	// Corrected records an object that differed, by the result of putting it back.
	Corrected(result string)
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

// RecordUpdate logs one line and updates the metrics after an attempt at an update. It emits an event if objects are pending: the
// record shows the rest, and an event for each of 3,000 namespaces would be one more write for nothing.
func (e *Executor) RecordUpdate(ctx context.Context, task *restore.Task, done *restore.Outcome, record *v1alpha1.BaselineRecord) {
	update := done.Update
	if update == nil { // an incomplete restore went on with a newer revision
		e.RecordAttempt(ctx, task, done, record, true)
		return
	}
	took := e.Clock.Since(done.Began)
	e.Recorder.Update(string(update.Phase))
	for path, count := range done.CountPaths() {
		e.Recorder.UpdatedObjects(string(path), count)
	}
	log.FromContext(ctx).Info("Updated",
		"namespace", task.Namespace.Name, "baseline", task.Spec.Baseline, "from", update.From.Backup, "backup", task.Spec.Backup,
		"phase", update.Phase, "attempt", update.Attempts, "milliseconds", took.Milliseconds(),
		"updated", update.Counts.Updated, "created", update.Counts.Created, "deleted", update.Counts.Deleted, "kept", update.Counts.Kept, "failed", update.Counts.Failed)
	if update.Phase != v1alpha1.PhaseCompleted {
		e.Events.Eventf(record, nil, corev1.EventTypeWarning, string(update.Phase), "Update", "%s", SummarizeUpdate(update))
	}
}

// SummarizeUpdate returns an update in one line for people.
func SummarizeUpdate(update *v1alpha1.RestoreUpdate) string {
	c := update.Counts
	line := fmt.Sprintf("%d updated, %d created, %d deleted, %d kept, %d failed", c.Updated, c.Created, c.Deleted, c.Kept, c.Failed)
	if len(update.Errors) > 0 {
		line += "; first error: " + update.Errors[0]
	}
	return v1alpha1.Cut(line)
}
