package controller

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
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/pkg/restore"
)

// baselineState is how far a namespace is with one of its baselines.
type baselineState struct {
	baseline string
	// done means restored; otherwise reason and message tell why not.
	done            bool
	reason, message string
	// requeueAfter is when to look again; zero means that an event will tell.
	requeueAfter time.Duration
	// gone means that the namespace went away meanwhile.
	gone bool
	// record is the namespace's record of the baseline; nil where there is none.
	record *v1alpha1.BaselineRecord
	// undo takes back what this reconcile wrote; nil where it wrote nothing.
	undo func(context.Context) error
}

// ensureBaseline makes sure that a namespace holds a baseline: it restores it unless a record proves that it was
// restored, or was tried a moment ago.
func (r *NamespaceReconciler) ensureBaseline(ctx context.Context, namespace *corev1.Namespace, known *snapshot, choice policy.Choice) baselineState {
	record := known.records[choice.Baseline]
	if lost := known.lost[choice.Baseline]; lost != nil && record == nil && !choice.Required {
		return r.adoptOrRelease(ctx, namespace, known.baselines[choice.Baseline], lost)
	}
	if waiting := known.waitForVelero(choice); waiting != nil {
		return *waiting
	}
	if record != nil && !known.isRepeated(record) {
		if settled, wait := settledFor(&record.Result); settled {
			state := stateOf(record, wait)
			if r.assumed.isAssumed(recordKey{namespace.UID, record.Name}, record) && state.requeueAfter == 0 {
				// A record known only from the assumed ones may be deleted already, and that event handled. Look again once it
				// must be in the cache.
				state.requeueAfter = assumedLifetime
			}
			return state
		}
	}
	if state, wait := r.failures.waiting(namespace, choice.Baseline); wait {
		return state
	}
	return r.attemptBaseline(ctx, namespace, known, choice, record)
}

// attemptBaseline restores a baseline, or what of it is still to be done.
func (r *NamespaceReconciler) attemptBaseline(ctx context.Context, namespace *corev1.Namespace, known *snapshot, choice policy.Choice, cached *v1alpha1.BaselineRecord) baselineState {
	began := time.Now()
	failed := func(reason string, err error) baselineState {
		if errors.Is(err, errGone) {
			return baselineState{gone: true}
		}
		log.FromContext(ctx).Error(err, "Could not restore a baseline", "namespace", namespace.Name, "baseline", choice.Baseline)
		r.Executor.Recorder.Restore(v1alpha1.PhaseFailed, time.Since(began), nil)
		return r.failures.add(namespace, baselineState{
			baseline: choice.Baseline, reason: reason, message: fmt.Sprintf("baseline %s: %v", choice.Baseline, err), record: cached,
		})
	}
	task, waiting, err := r.prepare(ctx, namespace, known, choice)
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
	if record == nil && cached != nil { // deleted a moment ago: whether it is to be restored is decided anew
		return deletedState(choice.Baseline)
	}
	task.since = r.attemptsBegan(namespace, record)
	done, err := r.executeNext(ctx, known, task, record)
	if err != nil {
		return failed(v1alpha1.ReasonRestoreFailed, err)
	}
	written, err := r.records.Write(ctx, namespace, choice.Baseline, record, &done.result)
	if errors.Is(err, errRecordDeleted) {
		return deletedState(choice.Baseline)
	}
	if isNamespaceMissing(err) && errors.Is(r.Executor.takeBackIfReplaced(ctx, namespace, done.outcome.Undo), errGone) {
		return baselineState{gone: true}
	}
	if err != nil {
		state := failed(describeUnrecorded(err))
		state.undo = done.outcome.Undo
		return state
	}
	r.failures.clear(namespace.Name, choice.Baseline)
	r.Executor.emit(ctx, done, written, isNews(&done.result))
	state := r.assume(namespace, written)
	state.undo = func(ctx context.Context) error {
		return errors.Join(done.outcome.Undo(ctx), r.records.Delete(ctx, written))
	}
	return state
}

// attemptsBegan returns when the first attempt can have begun, as attemptsSince does. What Velero restored has our labels too
// and is none of our work.
func (r *NamespaceReconciler) attemptsBegan(namespace *corev1.Namespace, record *v1alpha1.BaselineRecord) time.Time {
	ready, now := v1alpha1.FindNamespaceCondition(r.conditionsOf(namespace), v1alpha1.ConditionBaselineReady), time.Now()
	if record == nil && r.restoredByVelero(namespace, ready) {
		return now.Truncate(time.Second)
	}
	return attemptsSince(namespace, ready, record, now)
}

// deletedState is that of a baseline whose record was deleted while it was tried again: the next reconcile decides anew.
func deletedState(baseline string) baselineState {
	return baselineState{
		baseline: baseline, reason: v1alpha1.ReasonRestoreFailed, requeueAfter: time.Second,
		message: fmt.Sprintf("the record of baseline %s was deleted: it is restored once more", baseline),
	}
}

// attemptsSince returns when the first attempt can have begun: objects that carry our labels and are not older are its work.
// A new namespace gets its baselines from its creation on, until it is Ready. Afterwards it got another baseline, or somebody
// deleted a record and asks for the restore again: then objects from before are judged by their content.
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

// firstAttempt returns when the first of the attempts can have begun of which one that began at start was recorded: in a namespace
// that was new then, a leader that was killed may have made objects before.
func firstAttempt(namespace *corev1.Namespace, start time.Time) time.Time {
	if created := namespace.CreationTimestamp.Time; start.Sub(created) < newNamespace {
		return created
	}
	return start.Truncate(time.Second)
}

// latestRecord returns the record to go on from, whole; nil for a first attempt. The state is set where the API server has a
// newer one than the cache, which leaves nothing to be done now.
//
// The API server need not be asked about a namespace that was created while this process populates them, and so recently
// that a record would still be among the assumed ones: then there is none. It is asked after an attempt that was not recorded:
// where records are out of reach, that saves the next one.
func (r *NamespaceReconciler) latestRecord(ctx context.Context, namespace *corev1.Namespace, known *snapshot, baseline string, cached *v1alpha1.BaselineRecord) (*v1alpha1.BaselineRecord, *baselineState, error) {
	created := namespace.CreationTimestamp.Time
	if cached == nil && !r.failures.has(namespace, baseline) && created.After(r.leadingSince().Add(clockSkew)) && time.Since(created) < assumedLifetime-clockSkew {
		return nil, nil, nil
	}
	record, err := r.records.Read(ctx, namespace, baseline)
	if err != nil || record == nil {
		return nil, nil, err
	}
	if settled, _ := settledFor(&record.Result); settled && !known.isRepeated(record) {
		state := r.assume(namespace, record)
		return nil, &state, nil
	}
	return record, nil, nil
}

// clockSkew is by how much this clock and the API server's may differ where the difference would repeat a restore.
const clockSkew = 10 * time.Second

// assume remembers a record until the cache shows it, and returns the state that it proves.
func (r *NamespaceReconciler) assume(namespace *corev1.Namespace, record *v1alpha1.BaselineRecord) baselineState {
	trimmed := record.DeepCopy() // as the cache has it
	trimmed.ManagedFields = nil
	trimResult(&trimmed.Result)
	r.assumed.addWritten(recordKey{namespace.UID, record.Name}, trimmed)
	_, wait := settledFor(&record.Result)
	return stateOf(record, wait)
}

// prepare returns the task that restores a baseline, or the state of one that waits for its backup.
func (r *NamespaceReconciler) prepare(ctx context.Context, namespace *corev1.Namespace, known *snapshot, choice policy.Choice) (task restoreTask, waiting *baselineState, err error) {
	baseline := known.baselines[choice.Baseline]
	if waiting := r.waitForReview(baseline); waiting != nil {
		return task, waiting, nil
	}
	backup := &v1alpha1.BaselineBackup{}
	err = r.Executor.Client.Get(ctx, types.NamespacedName{Name: baseline.Spec.Backup}, backup)
	if err != nil && !apierrors.IsNotFound(err) {
		return task, nil, fmt.Errorf("reading backup %s: %w", baseline.Spec.Backup, err)
	}
	if err != nil || !usable(backup) {
		phase := phaseOf(backup.Status.Conditions)
		if err != nil {
			phase = "not there"
		}
		return task, &baselineState{
			baseline: baseline.Name, reason: v1alpha1.ReasonBaselineNotReady,
			message: fmt.Sprintf("baseline %s waits for its backup %s, which is %s", baseline.Name, baseline.Spec.Backup, phase),
		}, nil
	}
	task = newTask(baseline, backup)
	task.namespace, task.provisional = namespace, known.held != ""
	task.requiredBefore = requiredBefore(known, choice.Baseline)
	r.yieldToVelero(&task)
	return task, nil, nil
}

// newTask returns the task of a Baseline's restores, wherever they go.
func newTask(baseline *v1alpha1.Baseline, backup *v1alpha1.BaselineBackup) restoreTask {
	return restoreTask{
		name:     baseline.Name,
		spec:     planSpec(baseline, backup.Name, backup.Status.Digest),
		existing: baseline.Spec.ExistingResourcesPolicy(),
		required: baseline.Spec.Enforcement == v1alpha1.EnforcementRequired,
		metadata: baseline.Spec.NamespaceMetadata,
	}
}

func planSpec(baseline *v1alpha1.Baseline, backup, digest string) restore.Spec {
	return restore.Spec{
		Backup: backup, Digest: digest, Source: baseline.Spec.SourceNamespace,
		Baseline: baseline.Name, Text: baseline.Spec.Mapping == v1alpha1.MappingReferencesAndText,
	}
}

// requiredBefore returns the plans of the Required baselines that the namespace got before this one; of all where it is "".
func requiredBefore(known *snapshot, baseline string) []restore.Spec {
	var before []restore.Spec
	for _, choice := range known.decision.Choices {
		if choice.Baseline == baseline {
			break
		}
		record, other := known.records[choice.Baseline], known.baselines[choice.Baseline]
		if choice.Required && other != nil && record != nil && record.Result.Digest != "" {
			before = append(before, planSpec(other, record.Result.Backup, record.Result.Digest))
		}
	}
	return before
}

// settledFor reports whether a result is to be left alone now, and for how long: for good (zero) when it is complete. One that
// does not have the end of its last attempt is not left alone, because nothing would ever come of waiting for it.
func settledFor(result *v1alpha1.RestoreResult) (bool, time.Duration) {
	if result.Phase == v1alpha1.PhaseCompleted {
		return true, 0
	}
	var wait time.Duration
	if ended := result.CompletionTimestamp; ended != nil {
		wait = backoffAfter(result.Attempts)
		wait = min(wait, wait-time.Since(ended.Time)) // another leader's clock may be ahead
	}
	return wait > 0, max(wait, time.Millisecond)
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

// isNews reports whether an attempt deserves an event: one that left something undone, and one that healed it. A new
// namespace that got its baseline at once is how it should be: the record and the condition tell, and one more write for
// each namespace would add nothing.
func isNews(result *v1alpha1.RestoreResult) bool {
	return result.Phase != v1alpha1.PhaseCompleted || result.Attempts > 1
}

func ignoreGone(err error) error {
	if errors.Is(err, errGone) {
		return nil
	}
	return err
}
