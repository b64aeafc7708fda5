package controller

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/pkg/restore"
)

// Plans gives compiled plans.
type Plans interface {
	Get(ctx context.Context, spec plan.Spec) (*plan.Plan, error)
}

// Runner writes a plan into a namespace.
type Runner interface {
	Run(ctx context.Context, request restore.Request) *restore.Outcome
}

// RestoreRecorder records attempts.
type RestoreRecorder interface {
	Restore(phase string, took time.Duration, objects map[string]int)
	NamespaceReady(after time.Duration)
	GateOpened()
}

// Executor makes attempts to restore: it finds the plan, runs it, and returns the result for whoever keeps it.
type Executor struct {
	Client client.Client
	// Live reads past the cache.
	Live     client.Reader
	Plans    Plans
	Runner   Runner
	Recorder RestoreRecorder
	Events   events.EventRecorder
}

// attempt is what one execution of a task came to.
type attempt struct {
	task    restoreTask
	result  v1alpha1.RestoreResult
	outcome *restore.Outcome
	began   time.Time
}

// execute makes one attempt. Its error is or wraps errGone when the namespace went away meanwhile, and one that
// isPermanent reports when nothing can be restored as things are.
func (e *Executor) execute(ctx context.Context, task restoreTask) (*attempt, error) {
	began := time.Now()
	plan, err := e.Plans.Get(ctx, task.spec)
	if err != nil {
		return nil, fmt.Errorf("plan of backup %s: %w", task.spec.Backup, err)
	}
	only := task.pendingKeys()
	metadataErr := e.copyMetadata(ctx, &task, plan, only)
	outcome := e.Runner.Run(ctx, restore.Request{
		Namespace: task.namespace.Name, Plan: plan, Existing: task.existing, Required: task.required,
		Owners: ownerNames(task.requiredBefore), Brought: ownerCheck(ctx, e.Plans, task.requiredBefore),
		Since: task.since, Only: only, Alive: e.aliveInCache(ctx, task.namespace), Progress: task.progress,
	})
	if outcome.Gone {
		// A cache or somebody's webhook may have misled the run: the objects stay unless the API server itself says otherwise.
		if err := e.takeBackIfReplaced(ctx, task.namespace, outcome.Undo); err != nil {
			return nil, err
		}
	}
	outcome.Undone(metadataKey(task.namespace), metadataErr)
	return &attempt{task: task, result: nextResult(&task, plan, outcome, began), outcome: outcome, began: began}, nil
}

// isPermanent reports whether an error is about what was asked for, not about the API server's health.
func isPermanent(err error) bool {
	return errors.Is(err, plan.ErrContent) || errors.Is(err, plan.ErrSourceNamespace) || errors.Is(err, plan.ErrSelection)
}

// aliveInCache answers from the cache: it costs no call.
func (e *Executor) aliveInCache(ctx context.Context, namespace *corev1.Namespace) func() bool {
	return func() bool {
		current := &corev1.Namespace{}
		if err := e.Client.Get(ctx, types.NamespacedName{Name: namespace.Name}, current); err != nil {
			return false
		}
		return current.UID == namespace.UID && current.DeletionTimestamp == nil
	}
}

// takeBackIfReplaced returns nil when the API server still has the namespace, alive. Otherwise it returns an error that is
// or wraps errGone, after undo took back what landed in another namespace of its name; what is in one that is being
// deleted goes with it.
func (e *Executor) takeBackIfReplaced(ctx context.Context, namespace *corev1.Namespace, undo func(context.Context) error) error {
	current := &corev1.Namespace{}
	err := e.Live.Get(ctx, types.NamespacedName{Name: namespace.Name}, current)
	switch {
	case apierrors.IsNotFound(err):
		return fmt.Errorf("namespace %s: %w", namespace.Name, errGone)
	case err != nil:
		return fmt.Errorf("reading namespace %s: %w", namespace.Name, err)
	case current.UID != namespace.UID:
		log.FromContext(ctx).Info("Took back objects: the namespace was deleted and another one made of its name", "namespace", namespace.Name)
		return errors.Join(fmt.Errorf("namespace %s: %w", namespace.Name, errGone), undo(ctx))
	case current.DeletionTimestamp != nil:
		return fmt.Errorf("namespace %s is being deleted: %w", namespace.Name, errGone)
	default:
		return nil
	}
}

// emit logs one line for each attempt, and makes an event about regarding of those that are news.
func (e *Executor) emit(ctx context.Context, done *attempt, regarding runtime.Object, news bool) {
	result, counts := &done.result, done.result.Counts
	took := time.Since(done.began)
	e.Recorder.Restore(string(result.Phase), took, done.outcome.Tally())
	log.FromContext(ctx).Info("Restored",
		"namespace", done.task.namespace.Name, "baseline", done.task.spec.Baseline, "backup", result.Backup, "restore", done.task.name,
		"phase", result.Phase, "attempt", result.Attempts, "milliseconds", took.Milliseconds(),
		"created", counts.Created, "updated", counts.Updated, "unchanged", counts.Unchanged, "kept", counts.Kept,
		"skipped", counts.Skipped, "failed", counts.Failed, "warnings", result.WarningCount)
	if news {
		kind := corev1.EventTypeNormal
		if result.Phase != v1alpha1.PhaseCompleted {
			kind = corev1.EventTypeWarning
		}
		e.Events.Eventf(regarding, nil, kind, string(result.Phase), "Restore", "%s", summarize(result))
	}
}
