package controller

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/restore"
)

// Plans gives compiled plans.
type Plans interface {
	Get(ctx context.Context, spec restore.Spec) (*restore.Plan, error)
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

// Attempts restores records: it finds the plan, runs it, and writes what became of it into the record.
type Attempts struct {
	Client client.Client
	// Live reads past the cache.
	Live     client.Reader
	Plans    Plans
	Runner   Runner
	Recorder RestoreRecorder
	Events   events.EventRecorder
}

// work is what one attempt is about.
type work struct {
	namespace *corev1.Namespace
	record    *v1alpha1.BaselineRestore
	spec      restore.Spec
	existing  v1alpha1.ExistingResources
	required  bool
	// before are the plans of the Required baselines that the namespace got before this one.
	before []restore.Spec
	// metadata are the patterns to copy from the source namespace, once.
	metadata *v1alpha1.NamespaceMetadata
	// refused says why there is nothing to restore now.
	refused error
}

// run makes one attempt. The record that it returns has the status that was written; it is nil when the
// namespace or the record went away meanwhile, which is no error.
func (a *Attempts) run(ctx context.Context, w work) (*v1alpha1.BaselineRestore, error) {
	ctx, cancel := outlive(ctx)
	defer cancel()
	began := time.Now()
	only, err := a.resume(ctx, &w)
	if err != nil || w.record == nil {
		return nil, err
	}
	plan, err := a.plan(ctx, w)
	if permanent(w, err) {
		return a.write(ctx, w, failedStatus(w, began, err), began, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("plan of %s: %w", w.spec.Backup, err)
	}
	refused := a.copyMetadata(ctx, w, plan, only)
	outcome := a.Runner.Run(ctx, restore.Request{
		Namespace: w.namespace.Name, Plan: plan, Existing: w.existing, Required: w.required, Brought: a.brought(ctx, w.before),
		Since: w.record.CreationTimestamp.Time, Only: only, Alive: a.alive(ctx, w.namespace),
	})
	if outcome.Gone {
		log.FromContext(ctx).Info("namespace deleted or replaced while it was restored", "namespace", w.namespace.Name, "baseline", w.spec.Baseline)
		return nil, outcome.UndoError
	}
	outcome.Undone(metadataKey(w), refused)
	return a.write(ctx, w, nextStatus(w, plan, outcome, began), began, outcome)
}

func (a *Attempts) plan(ctx context.Context, w work) (*restore.Plan, error) {
	if w.refused != nil {
		return nil, w.refused
	}
	return a.Plans.Get(ctx, w.spec)
}

// permanent says whether an error belongs in the record: it is about what was asked for, not about the
// API server's health.
func permanent(w work, err error) bool {
	return err != nil && (errors.Is(err, w.refused) || errors.Is(err, restore.ErrContent) || errors.Is(err, restore.ErrSourceNamespace))
}

// resume finds what is still to be done. A record that was tried before is read whole: the cache drops
// the list.
func (a *Attempts) resume(ctx context.Context, w *work) ([]string, error) {
	if w.record.Status.Attempts == 0 {
		return nil, nil
	}
	live := &v1alpha1.BaselineRestore{}
	if err := a.Live.Get(ctx, client.ObjectKeyFromObject(w.record), live); err != nil {
		w.record = nil
		return nil, client.IgnoreNotFound(err)
	}
	if live.UID != w.record.UID {
		w.record = nil
		return nil, nil
	}
	w.record = live
	if live.Status.Digest == "" {
		return nil, nil // no plan was ever found: everything is still to be done
	}
	// What was begun with one backup is finished with it, whatever the Baseline names by now.
	if w.spec.Backup != live.Status.Backup || w.spec.Digest != live.Status.Digest {
		w.spec.Backup, w.spec.Digest, w.spec.Source = live.Status.Backup, live.Status.Digest, live.Status.SourceNamespace
	}
	return append([]string{}, live.Status.Pending...), nil
}

// brought proves what a label does not, since tenants can set it: that one of these baselines holds an object.
func (a *Attempts) brought(ctx context.Context, before []restore.Spec) func(baseline, key string) bool {
	return func(baseline, key string) bool {
		i := slices.IndexFunc(before, func(spec restore.Spec) bool { return spec.Baseline == baseline })
		if i < 0 {
			return false
		}
		plan, err := a.Plans.Get(ctx, before[i])
		return err == nil && plan.Holds(key)
	}
}

// alive answers from the cache: it costs no call.
func (a *Attempts) alive(ctx context.Context, namespace *corev1.Namespace) func() bool {
	return func() bool {
		now := &corev1.Namespace{}
		if err := a.Client.Get(ctx, types.NamespacedName{Name: namespace.Name}, now); err != nil {
			return false
		}
		return now.UID == namespace.UID && now.DeletionTimestamp == nil
	}
}

func (a *Attempts) write(ctx context.Context, w work, status v1alpha1.BaselineRestoreStatus, began time.Time, outcome *restore.Outcome) (*v1alpha1.BaselineRestore, error) {
	record := w.record.DeepCopy()
	err := replaceStatus(ctx, a.Client, a.Live, record, status)
	if errors.Is(err, errGone) {
		return a.undoIfReplaced(ctx, w, outcome)
	}
	if err != nil {
		return nil, err
	}
	record.Status = status
	a.tell(ctx, w, record, began, outcome)
	return record, nil
}

// undoIfReplaced takes nothing back when only the record was deleted: the objects are the namespace's.
func (a *Attempts) undoIfReplaced(ctx context.Context, w work, outcome *restore.Outcome) (*v1alpha1.BaselineRestore, error) {
	now := &corev1.Namespace{}
	err := a.Live.Get(ctx, types.NamespacedName{Name: w.namespace.Name}, now)
	if err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	if now.UID != w.namespace.UID && outcome != nil {
		return nil, outcome.Undo(ctx)
	}
	return nil, nil
}

// tell logs one line for each attempt, and makes an event of those that are news.
func (a *Attempts) tell(ctx context.Context, w work, record *v1alpha1.BaselineRestore, began time.Time, outcome *restore.Outcome) {
	phase, counts := phaseOf(record.Status.Conditions), record.Status.Counts
	took := time.Since(began)
	done := map[string]int{}
	if outcome != nil {
		done = outcome.Tally()
	}
	a.Recorder.Restore(phase, took, done)
	log.FromContext(ctx).Info("restored",
		"namespace", w.namespace.Name, "baseline", w.spec.Baseline, "backup", w.spec.Backup, "restore", record.Name,
		"phase", phase, "attempt", record.Status.Attempts, "milliseconds", took.Milliseconds(),
		"created", counts.Created, "updated", counts.Updated, "unchanged", counts.Unchanged, "kept", counts.Kept,
		"skipped", counts.Skipped, "failed", counts.Failed, "warnings", record.Status.WarningCount)
	if isNews(record) {
		kind := corev1.EventTypeNormal
		if phase != v1alpha1.PhaseCompleted {
			kind = corev1.EventTypeWarning
		}
		a.Events.Eventf(record, nil, kind, phase, "Restore", "%s", summary(&record.Status))
	}
}

// isNews says whether an attempt deserves an event: what somebody asked for by hand, what left something undone, and what
// healed that. A new namespace that got its baseline at once is how it should be: the record and the condition say so, and
// one more write for each namespace would say nothing else.
func isNews(record *v1alpha1.BaselineRestore) bool {
	return record.Spec.Backup != "" || phaseOf(record.Status.Conditions) != v1alpha1.PhaseCompleted || record.Status.Attempts > 1
}

// readyAfter is how long after its creation a namespace was populated.
func readyAfter(namespace *corev1.Namespace, now metav1.Time) time.Duration {
	return max(0, now.Sub(namespace.CreationTimestamp.Time))
}
