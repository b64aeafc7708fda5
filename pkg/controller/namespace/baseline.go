package namespace

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/attempt"
	"seedbed.dev/seedbed/pkg/controller/records"
	"seedbed.dev/seedbed/pkg/internal/kube"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/pkg/restore"
	"seedbed.dev/seedbed/pkg/seal"
)

// baselineState is the state of one baseline of a namespace.
type baselineState struct {
	baseline string
	// done means restored; otherwise reason and message explain why not.
	done            bool
	reason, message string
	// requeueAfter is when to reconcile again; zero means that an event will cause it.
	requeueAfter time.Duration
	// gone means that the namespace went away meanwhile.
	gone bool
	// updateFailed means that an update of the baseline was attempted and is incomplete. It does not concern the condition.
	updateFailed bool
	// updateTo is the hash of the revision of an update that failed and was not recorded.
	updateTo string
	// record is the namespace's record of the baseline; nil where there is none.
	record *v1alpha1.BaselineRecord
	// outcome is that of this reconcile's attempt, and written its record; nil if there is none. Both are taken back if the
	// namespace proves to be another one of its name.
	outcome *restore.Outcome
	written *v1alpha1.BaselineRecord
}

// ensureBaseline makes sure that a namespace holds a baseline: it restores it unless a record proves that it was
// restored, or was tried a moment ago.
func (r *Reconciler) ensureBaseline(ctx context.Context, namespace *corev1.Namespace, known *snapshot, choice policy.Choice) baselineState {
	record := known.records[choice.Baseline]
	if lost := known.lost[choice.Baseline]; lost != nil && record == nil && !choice.Required {
		return r.adoptOrRelease(ctx, namespace, known.baselines[choice.Baseline], lost)
	}
	if waiting := known.waitForVelero(choice); waiting != nil {
		return *waiting
	}
	if record != nil {
		if state := r.updateState(ctx, namespace, known, choice, record); state != nil {
			return *state
		}
		if state := r.settledState(namespace, known, record); state != nil {
			return *state
		}
	}
	if state, wait := r.failures.waitingState(namespace, choice.Baseline); wait {
		return state
	}
	if record == nil && known.endRestore == nil {
		known.endRestore = r.restores.begin()
	}
	return r.attemptBaseline(ctx, namespace, known, choice, record)
}

// settledState returns the state of a baseline whose record proves that nothing is to be done now; nil if it does not.
func (r *Reconciler) settledState(namespace *corev1.Namespace, known *snapshot, record *v1alpha1.BaselineRecord) *baselineState {
	if known.isRepeated(record) {
		return nil
	}
	settled, wait := attempt.Settled(&record.Result, r.Clock.Now())
	if !settled || isRetriedAtOnce(namespace, known.baselines[record.Name], record) {
		return nil
	}
	state := stateOf(record, wait)
	if r.assumed.isAssumed(recordKey{namespace.UID, record.Name}, record) && state.requeueAfter == 0 {
		// A record known only from the assumed ones may be deleted already, and that event handled. Look again once it must
		// be in the cache.
		state.requeueAfter = assumedLifetime
	}
	return &state
}

// attemptBaseline restores a baseline, or the part of it that is pending.
func (r *Reconciler) attemptBaseline(ctx context.Context, namespace *corev1.Namespace, known *snapshot, choice policy.Choice, cached *v1alpha1.BaselineRecord) baselineState {
	began := r.Clock.Now()
	failed := func(reason string, err error) baselineState {
		if attempt.IsGone(err) {
			return baselineState{gone: true}
		}
		log.FromContext(ctx).Error(err, "Could not restore a baseline", "namespace", namespace.Name, "baseline", choice.Baseline)
		r.Executor.Recorder.Restore(v1alpha1.PhaseFailed, r.Clock.Since(began), nil)
		return r.failures.addFailure(namespace, baselineState{
			baseline: choice.Baseline, reason: reason, message: fmt.Sprintf("baseline %s: %v", choice.Baseline, err), record: cached,
		})
	}
	task, waiting, err := r.prepareTask(ctx, namespace, known, choice, revisionToRestore(known.baselines[choice.Baseline], namespace, cached))
	if err != nil {
		return failed(v1alpha1.ReasonRestoreFailed, err)
	}
	if waiting != nil {
		return *waiting
	}
	record, settled, err := r.latestRecord(ctx, namespace, known, choice.Baseline, cached)
	if err != nil {
		return failed(v1alpha1.ReasonRestoreFailed, err)
	}
	if settled != nil {
		return *settled
	}
	if record == nil && cached != nil { // deleted a moment ago: the next reconcile decides anew
		return deletedState(choice.Baseline)
	}
	task.Since = r.attemptsBegan(namespace, record)
	done, err := r.executeNext(ctx, known, task, record)
	if err != nil {
		return failed(v1alpha1.ReasonRestoreFailed, err)
	}
	written, err := r.records.Write(ctx, namespace, choice.Baseline, record, records.Content{Revision: done.Revision, Result: &done.Result})
	if errors.Is(err, records.ErrDeleted) {
		return deletedState(choice.Baseline)
	}
	if records.IsNamespaceMissing(err) && attempt.IsGone(r.Executor.Runner.TakeBackIfReplaced(ctx, namespace, done)) {
		return baselineState{gone: true}
	}
	if err != nil {
		state := failed(describeUnrecorded(err))
		state.outcome = done
		return state
	}
	r.failures.clearBaseline(namespace.Name, choice.Baseline)
	r.Executor.RecordAttempt(ctx, &task, done, written, isNews(&done.Result))
	state := r.assumeRecord(namespace, written)
	state.outcome, state.written = done, written
	return state
}

// revisionToRestore returns the revision that a namespace gets: the one that its restore began with, or the one that the Baseline's
// rollout has for a new namespace. nil is the one that the Baseline names now.
func revisionToRestore(baseline *v1alpha1.Baseline, namespace *corev1.Namespace, record *v1alpha1.BaselineRecord) *v1alpha1.RevisionContent {
	if record != nil {
		if held := record.HeldRevision(); held.Digest != "" {
			return &held
		}
		return nil
	}
	if stable := policy.RevisionFor(baseline, namespace.Labels); stable != nil {
		return &stable.RevisionContent
	}
	return nil
}

// attemptsBegan returns the earliest time at which the first attempt can have begun, as attemptsSince does. Objects that Velero
// restored have Seedbed's labels too, although Seedbed did not write them.
func (r *Reconciler) attemptsBegan(namespace *corev1.Namespace, record *v1alpha1.BaselineRecord) time.Time {
	ready, now := v1alpha1.FindNamespaceCondition(r.conditionsOf(namespace), v1alpha1.ConditionBaselineReady), r.Clock.Now()
	if record == nil && r.restoredByVelero(namespace, ready) {
		return now.Truncate(time.Second)
	}
	return attemptsSince(namespace, ready, record, now)
}

// deletedState returns the state of a baseline whose record was deleted during an attempt. The next reconcile decides anew.
func deletedState(baseline string) baselineState {
	return baselineState{
		baseline: baseline, reason: v1alpha1.ReasonRestoreFailed, requeueAfter: time.Second,
		message: fmt.Sprintf("the record of baseline %s was deleted: it is restored once more", baseline),
	}
}

// attemptsSince returns the earliest time at which the first attempt can have begun: newer objects with Seedbed's labels are its
// own. A new namespace gets its baselines from its creation on, until it is Ready. Afterwards a restore has another cause: a new
// baseline, or a deleted record. Then the content of older objects decides.
func attemptsSince(namespace *corev1.Namespace, ready *corev1.NamespaceCondition, record *v1alpha1.BaselineRecord, now time.Time) time.Time {
	switch {
	case record != nil && record.Result.StartTimestamp != nil:
		return firstAttempt(namespace, record.Result.StartTimestamp.Time)
	case ready != nil && ready.Status == corev1.ConditionTrue:
		return now.Truncate(time.Second)
	case now.Sub(namespace.CreationTimestamp.Time) < newNamespace:
		return namespace.CreationTimestamp.Time
	default:
		return now.Truncate(time.Second)
	}
}

// firstAttempt returns the earliest time of the first attempt, given the start of a recorded one. If the namespace was new then, a
// leader that was killed may have created objects before.
func firstAttempt(namespace *corev1.Namespace, start time.Time) time.Time {
	if created := namespace.CreationTimestamp.Time; start.Sub(created) < newNamespace {
		return created
	}
	return start.Truncate(time.Second)
}

// latestRecord returns the complete record to resume from; nil for a first attempt. It returns a state if the API server has a
// newer record than the cache, with nothing to be done now.
//
// The API server is not read for a namespace that was created under this leader, and so recently that a record would still be
// assumed: then there is none. It is read after an attempt that was not recorded, which saves the next attempt if records cannot
// be reached.
func (r *Reconciler) latestRecord(ctx context.Context, namespace *corev1.Namespace, known *snapshot, baseline string, cached *v1alpha1.BaselineRecord) (*v1alpha1.BaselineRecord, *baselineState, error) {
	created := namespace.CreationTimestamp.Time
	if cached == nil && !r.failures.hasFailure(namespace, baseline) && created.After(r.leadingSince().Add(kube.ClockSkew)) && r.Clock.Since(created) < assumedLifetime-kube.ClockSkew {
		return nil, nil, nil
	}
	record, err := r.records.Read(ctx, namespace, baseline)
	if err != nil || record == nil {
		return nil, nil, err
	}
	settled, _ := attempt.Settled(&record.Result, r.Clock.Now())
	if settled && !known.isRepeated(record) && !isRetriedAtOnce(namespace, known.baselines[baseline], record) {
		state := r.assumeRecord(namespace, record)
		return nil, &state, nil
	}
	return record, nil, nil
}

// assumeRecord adds a record to the assume cache and returns its state.
func (r *Reconciler) assumeRecord(namespace *corev1.Namespace, record *v1alpha1.BaselineRecord) baselineState {
	trimmed := record.DeepCopy() // as the cache has it
	records.TrimRecord(trimmed, seal.Good)
	r.assumed.addWritten(recordKey{namespace.UID, record.Name}, trimmed)
	_, wait := attempt.Settled(&record.Result, r.Clock.Now())
	return stateOf(record, wait)
}

// prepareTask returns the task that restores a revision of a baseline; nil is the one that the Baseline names now. It returns the
// state of a baseline that waits for its backup instead.
func (r *Reconciler) prepareTask(ctx context.Context, namespace *corev1.Namespace, known *snapshot, choice policy.Choice, revision *v1alpha1.RevisionContent) (task restore.Task, waiting *baselineState, err error) {
	baseline := known.baselines[choice.Baseline]
	if waiting := r.waitForReview(baseline); waiting != nil {
		return task, waiting, nil
	}
	if revision != nil { // its content was read before, and its backup is held
		task = attempt.NewTask(baseline, &v1alpha1.BaselineBackup{})
		setRevision(&task, baseline, *revision)
	} else if task, waiting, err = r.newestTask(ctx, baseline); waiting != nil || err != nil {
		return task, waiting, err
	}
	task.Namespace, task.Provisional = namespace, known.held != ""
	setOtherBaselines(&task, known)
	r.yieldToVelero(&task)
	return task, nil, nil
}

// newestTask returns the task that restores the backup that a Baseline names, or the state of a baseline that waits for it.
func (r *Reconciler) newestTask(ctx context.Context, baseline *v1alpha1.Baseline) (task restore.Task, waiting *baselineState, err error) {
	backup := &v1alpha1.BaselineBackup{}
	err = r.Executor.Client.Get(ctx, types.NamespacedName{Name: baseline.Spec.Backup}, backup)
	if err != nil && !apierrors.IsNotFound(err) {
		return task, nil, fmt.Errorf("reading backup %s: %w", baseline.Spec.Backup, err)
	}
	if err == nil && backup.IsUsable() {
		return attempt.NewTask(baseline, backup), nil, nil
	}
	phase := backup.Phase()
	if err != nil {
		phase = "not there"
	}
	return task, &baselineState{
		baseline: baseline.Name, reason: v1alpha1.ReasonBaselineNotReady,
		message: fmt.Sprintf("baseline %s waits for its backup %s, which is %s", baseline.Name, baseline.Spec.Backup, phase),
	}, nil
}

func stateOf(record *v1alpha1.BaselineRecord, wait time.Duration) baselineState {
	state := baselineState{baseline: record.Name, record: record}
	if record.Result.Phase == v1alpha1.PhaseCompleted {
		state.done = true
		return state
	}
	state.reason, state.requeueAfter = v1alpha1.ReasonRestoreFailed, wait
	state.message = fmt.Sprintf("restore of baseline %s is %s", record.Name, record.Result.Phase)
	if len(record.Result.Errors) > 0 {
		state.message += ": " + record.Result.Errors[0]
	}
	return state
}

// isNews reports whether an attempt deserves an event: it left something pending, or completed an earlier one. A new namespace that
// got its baseline at once is the normal case. Its record and condition show that, so an event would be one more write for nothing.
func isNews(result *v1alpha1.RestoreResult) bool {
	return result.Phase != v1alpha1.PhaseCompleted || result.Attempts > 1
}
