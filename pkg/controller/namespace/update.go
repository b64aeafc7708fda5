package namespace

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/attempt"
	"seedbed.dev/seedbed/pkg/controller/records"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/pkg/restore"
	"seedbed.dev/seedbed/pkg/seal"
)

// Rollouts decides which namespaces may begin an update; package fleet implements it.
type Rollouts interface {
	// IsDue reports whether a namespace may begin the update to a revision of a baseline now.
	IsDue(namespace, baseline, revisionHash string) bool
	// End ends the updates of a namespace that were due. failed names the baselines whose update failed.
	End(namespace string, failed []string)
}

// updateState returns the state of a held baseline after the update that is due, or nil if none is. BaselineReady stays True
// even if the update fails: the namespace is populated.
func (r *Reconciler) updateState(ctx context.Context, namespace *corev1.Namespace, known *snapshot, choice policy.Choice, record *v1alpha1.BaselineRecord) *baselineState {
	baseline := known.baselines[choice.Baseline]
	if !isUpdatable(baseline, known, choice, record) {
		return nil
	}
	due := r.isUpdateDue(namespace, baseline, record)
	retried, isUnknown := r.isUpdateRetried(namespace, baseline, record)
	if isUnknown {
		held := stateOf(record, 0)
		held.requeueAfter = retryUnknownAfter
		return &held
	}
	next := due || retried || r.areValuesDue(namespace, baseline, record)
	settled, wait := attempt.UpdateSettled(record.Update, r.Clock.Now())
	if !next && (record.Update.IsComplete() || record.Result.Phase != v1alpha1.PhaseCompleted) {
		return nil
	}
	if isWaiting := settled && !isRetriedAtOnce(namespace, baseline, record); isWaiting && !next {
		held := stateOf(record, wait)
		held.requeueAfter = wait
		return &held
	}
	if waiting, wait := r.failures.waitingState(namespace, choice.Baseline); wait && !due {
		return &waiting
	}
	updated := r.updateBaseline(ctx, namespace, known, choice, record, next)
	return &updated
}

// isUpdatable reports whether a held baseline is updated at all.
func isUpdatable(baseline *v1alpha1.Baseline, known *snapshot, choice policy.Choice, record *v1alpha1.BaselineRecord) bool {
	return baseline != nil && choice.IsUpdated() && !known.isRepeated(record)
}

// isUpdateDue reports whether the namespace may begin the update to the Baseline's present revision. A status that does not
// describe the spec yet has none.
func (r *Reconciler) isUpdateDue(namespace *corev1.Namespace, baseline *v1alpha1.Baseline, record *v1alpha1.BaselineRecord) bool {
	status := &baseline.Status
	return status.ObservedGeneration == baseline.Generation && status.RevisionHash != "" && record.HeldRevision().Hash != status.RevisionHash &&
		r.Rollouts.IsDue(namespace.Name, baseline.Name, status.RevisionHash)
}

// isUpdateRetried reports whether an update to the Baseline's present revision failed without a record. One that was recorded before
// it deleted an object goes on like any incomplete one. unknown reports that it is not known yet whether the revision is the present
// one. A failed update to another revision is forgotten: that revision may become the present one again, and its rollout would wait
// for a retry that never comes.
func (r *Reconciler) isUpdateRetried(namespace *corev1.Namespace, baseline *v1alpha1.Baseline, record *v1alpha1.BaselineRecord) (retried, unknown bool) {
	status := &baseline.Status
	switch failed := r.failures.failedUpdate(namespace, baseline.Name); {
	case failed == "", failed == record.HeldRevision().Hash:
		return false, false
	case status.ObservedGeneration != baseline.Generation || status.RevisionHash == "":
		return false, true
	case failed != status.RevisionHash:
		r.failures.clearBaseline(namespace.Name, baseline.Name)
		return false, false
	default:
		return true, false
	}
}

// retryUnknownAfter is the delay of a retry while the status does not describe the Baseline's spec.
const retryUnknownAfter = 5 * time.Second

// updateBaseline makes one attempt at an update: the first one to the Baseline's present revision if next is set, and otherwise
// the next one of the update that is incomplete.
func (r *Reconciler) updateBaseline(ctx context.Context, namespace *corev1.Namespace, known *snapshot, choice policy.Choice, cached *v1alpha1.BaselineRecord, next bool) baselineState {
	if known.endRestore == nil { // else it would wait for itself
		defer r.restores.yield(ctx)()
	}
	var revision *v1alpha1.RevisionContent
	if held := cached.HeldRevision(); !next {
		revision = &held
	}
	task, waiting, err := r.prepareTask(ctx, namespace, known, choice, revision)
	if waiting != nil {
		held := stateOf(cached, 0)
		held.requeueAfter = waiting.requeueAfter
		return held
	}
	var state baselineState
	if err == nil {
		state, err = r.executeUpdate(ctx, &task, known.baselines[choice.Baseline], cached, next)
	}
	switch {
	case attempt.IsGone(err):
		return baselineState{gone: true}
	case err != nil:
		log.FromContext(ctx).Error(err, "Could not update a baseline", "namespace", namespace.Name, "baseline", choice.Baseline)
		r.Executor.Recorder.Update(v1alpha1.PhaseFailed)
		state = stateOf(cached, 0)
		state.updateFailed = true
		if next {
			state.updateTo = known.baselines[choice.Baseline].Status.RevisionHash
		}
		return r.failures.addFailure(namespace, state)
	}
	return state
}

// executeUpdate makes one attempt at an update and writes its result into the record. cached is that record as the cache has it.
func (r *Reconciler) executeUpdate(ctx context.Context, task *restore.Task, baseline *v1alpha1.Baseline, cached *v1alpha1.BaselineRecord, next bool) (baselineState, error) {
	namespace, held := task.Namespace, &updateRecord{cached: cached, whole: cached}
	task.HeldValues = cached.Revision.ValuesHash
	if !cached.IsComplete() { // the lists of pending objects are in the record alone
		var err error
		if held.whole, err = r.records.Read(ctx, namespace, cached.Name); err != nil {
			return baselineState{}, err
		}
		if held.whole == nil || held.whole.ResourceVersion != cached.ResourceVersion {
			return staleState(cached), nil
		}
	}
	setTransition(task, baseline, held.whole, next)
	if next {
		task.Transition.Skipped = r.interruptedRevisions(namespace, baseline, held.whole)
		r.begun.addUpdate(namespace, baseline.Name, baseline.Status.RevisionHash)
	}
	task.Transition.Announce = func(ctx context.Context, interim *restore.Outcome) error {
		return r.writeInterim(ctx, namespace, held, interim)
	}
	done, err := r.Executor.Runner.Execute(ctx, *task)
	if err != nil {
		return baselineState{}, err
	}
	written, err := r.writeUpdate(ctx, namespace, held, done)
	switch {
	case errors.Is(err, records.ErrStale), errors.Is(err, records.ErrDeleted), records.IsNamespaceMissing(err):
		if gone := r.Executor.Runner.TakeBackIfReplaced(ctx, namespace, done); attempt.IsGone(gone) {
			return baselineState{}, gone
		}
		return staleState(cached), nil
	case err != nil:
		return baselineState{}, err
	}
	r.failures.clearBaseline(namespace.Name, cached.Name)
	r.begun.clearBaseline(namespace.Name, cached.Name)
	r.Executor.RecordUpdate(ctx, task, done, written)
	state := r.assumeRecord(namespace, written)
	state.updateFailed = !written.IsComplete()
	return state, nil
}

// updateRecord is the record of an update that is being made.
type updateRecord struct {
	// cached is as the cache has it. whole has the long lists, where the update needed them.
	cached, whole *v1alpha1.BaselineRecord
}

// writeInterim writes the outcome of an update under way into the record, and keeps the one that the API server returned.
func (r *Reconciler) writeInterim(ctx context.Context, namespace *corev1.Namespace, held *updateRecord, interim *restore.Outcome) error {
	written, err := r.writeUpdate(ctx, namespace, held, interim)
	if err != nil {
		return err
	}
	if interim.Update == nil && !slices.Equal(written.Result.Pending, interim.Result.Pending) { // it is another attempt's
		return records.ErrStale
	}
	held.whole, held.cached = written, written.DeepCopy()
	records.TrimRecord(held.cached, seal.Good)
	return nil
}

// staleState returns the state of a held baseline whose record was changed during an update. The next reconcile decides anew.
func staleState(record *v1alpha1.BaselineRecord) baselineState {
	state := stateOf(record, 0)
	state.requeueAfter = time.Second
	return state
}

// setTransition makes a task the update of a record: the first attempt if next is set, and otherwise the next one.
func setTransition(task *restore.Task, baseline *v1alpha1.Baseline, record *v1alpha1.BaselineRecord, next bool) {
	task.Previous = record.Result
	var recreate []string
	if record.Update != nil {
		recreate = record.Update.Recreate
	}
	if !next {
		task.Transition = &restore.Transition{From: record.Update.From, Superseded: record.Update.Superseded, Previous: record.Update, Recreate: recreate}
		return
	}
	held := withMapping(record.HeldRevision(), baseline)
	task.Transition = &restore.Transition{From: held, Recreate: recreate}
	if update := record.Update; !update.IsComplete() {
		left := append([]v1alpha1.RevisionContent{update.From}, update.Superseded...)
		task.Transition.Superseded = left[:min(len(left), maxSuperseded)]
	}
}

// maxSuperseded bounds the revisions that a record remembers as left incomplete.
const maxSuperseded = 5

// setRevision makes a task write a revision instead of the one that the Baseline names.
func setRevision(task *restore.Task, baseline *v1alpha1.Baseline, revision v1alpha1.RevisionContent) {
	task.SetRevision(revision)
	if known := baseline.FindRevision(revision.Hash); known != nil {
		task.Metadata = known.NamespaceMetadata
	}
}

// withMapping returns a revision with the mapping of its Baseline if it has none, as in a record from before there were revisions: the
// Baseline may have another one later.
func withMapping(revision v1alpha1.RevisionContent, baseline *v1alpha1.Baseline) v1alpha1.RevisionContent {
	revision.Mapping = cmp.Or(revision.Mapping, baseline.Spec.Mapping)
	return revision
}

// writeUpdate writes the result of an update into the record. The cached one is enough unless the result of the restore changes.
func (r *Reconciler) writeUpdate(ctx context.Context, namespace *corev1.Namespace, held *updateRecord, done *restore.Outcome) (*v1alpha1.BaselineRecord, error) {
	cached := held.cached
	if done.Update == nil { // the restore was incomplete, and went on with the newer revision
		return r.records.Write(ctx, namespace, cached.Name, held.whole, records.Content{Revision: done.Revision, Result: &done.Result})
	}
	if !done.ChangesPodDefaults() {
		return r.records.WriteUpdate(ctx, namespace, cached, done.Revision, done.Update)
	}
	whole, err := r.records.Read(ctx, namespace, cached.Name)
	if err != nil {
		return nil, err
	}
	if whole == nil || whole.ResourceVersion != cached.ResourceVersion {
		return nil, records.ErrStale
	}
	result := whole.Result.DeepCopy()
	result.PodDefaults = done.PodDefaults(result.Objects)
	return r.records.Write(ctx, namespace, cached.Name, whole, records.Content{Revision: done.Revision, Result: result, Update: done.Update})
}

// endUpdates ends the updates of a namespace that were due, whether or not they were made.
func (r *Reconciler) endUpdates(namespace string, states []baselineState) {
	var failed []string
	for i := range states {
		if states[i].updateFailed {
			failed = append(failed, states[i].baseline)
		}
	}
	slices.Sort(failed)
	r.Rollouts.End(namespace, failed)
}
