package controller

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/pkg/restore"
)

// state is how far a namespace is with one of its baselines.
type state struct {
	baseline string
	// done means restored; otherwise reason and message say why not.
	done            bool
	reason, message string
	// again is when to look again; zero means that an event will tell.
	again time.Duration
	// gone means that the namespace went away meanwhile.
	gone bool
	// guarded is the record's condition Guarded; nil where no record tells.
	guarded *metav1.Condition
}

// hold makes sure that a namespace holds a baseline: it restores it unless a record says that it was
// restored, or was tried a moment ago.
func (r *NamespaceReconciler) hold(ctx context.Context, namespace *corev1.Namespace, v *view, choice policy.Choice) (state, error) {
	record, err := r.known(ctx, namespace, v, choice.Baseline)
	if err != nil {
		return state{}, err
	}
	if record != nil && record.Status.Attempts > 0 {
		if settled, wait := settledFor(record); settled {
			found := stateOf(record, wait)
			found.doubt(record != v.records[choice.Baseline])
			return found, nil
		}
	}
	work, waiting, err := r.prepare(ctx, namespace, v.baselines[choice.Baseline], record)
	if err != nil || waiting != nil {
		return deref(waiting), err
	}
	if work.record == nil {
		if work.record, err = r.create(ctx, namespace, choice.Baseline); err != nil {
			return state{gone: errors.Is(err, errGone)}, client.IgnoreNotFound(ignore(err, errGone))
		}
		if work.record.Status.Attempts > 0 { // the cache was behind
			return r.remembered(namespace, work.record), nil
		}
	}
	work.before = r.requiredBefore(namespace, v, choice.Baseline)
	written, err := r.Attempts.run(ctx, *work)
	if err != nil || written == nil {
		return state{gone: err == nil}, err
	}
	return r.remembered(namespace, written), nil
}

// known is the namespace's own record of a baseline; nil when there is none. A foreign one in its place is
// removed.
func (r *NamespaceReconciler) known(ctx context.Context, namespace *corev1.Namespace, v *view, baseline string) (*v1alpha1.BaselineRestore, error) {
	record := r.recent.newest(namespace.UID, baseline, v.records[baseline])
	if record == nil || ours(record, namespace.UID) {
		return record, nil
	}
	return nil, r.evict(ctx, record)
}

// remembered is the state that a record just written, or just read, shows.
func (r *NamespaceReconciler) remembered(namespace *corev1.Namespace, record *v1alpha1.BaselineRestore) state {
	r.recent.remember(namespace.UID, record)
	_, wait := settledFor(record)
	return stateOf(record, wait)
}

// prepare finds the backup and the rules to restore it by, or says what is being waited for.
func (r *NamespaceReconciler) prepare(ctx context.Context, namespace *corev1.Namespace, baseline *v1alpha1.Baseline, record *v1alpha1.BaselineRestore) (*work, *state, error) {
	backup := &v1alpha1.BaselineBackup{}
	err := r.Attempts.Client.Get(ctx, types.NamespacedName{Name: baseline.Spec.Backup}, backup)
	if err != nil && !apierrors.IsNotFound(err) {
		return nil, nil, fmt.Errorf("reading backup %s: %w", baseline.Spec.Backup, err)
	}
	if err != nil || !usable(backup) {
		phase := phaseOf(backup.Status.Conditions)
		if err != nil {
			phase = "not there"
		}
		return nil, &state{
			baseline: baseline.Name, reason: v1alpha1.ReasonBaselineNotReady,
			message: fmt.Sprintf("baseline %s waits for its backup %s, which is %s", baseline.Name, baseline.Spec.Backup, phase),
		}, nil
	}
	prepared := workOf(baseline, backup)
	prepared.namespace, prepared.record = namespace, record
	return &prepared, nil, nil
}

// workOf is what a Baseline says of its restores, wherever they go.
func workOf(baseline *v1alpha1.Baseline, backup *v1alpha1.BaselineBackup) work {
	return work{
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

// requiredBefore are the plans of the Required baselines that the namespace got before this one.
func (r *NamespaceReconciler) requiredBefore(namespace *corev1.Namespace, v *view, baseline string) []restore.Spec {
	var before []restore.Spec
	for _, choice := range v.decision.Choices {
		if choice.Baseline == baseline {
			break
		}
		record := r.recent.newest(namespace.UID, choice.Baseline, v.records[choice.Baseline])
		if choice.Required && record != nil && ours(record, namespace.UID) && record.Status.Digest != "" {
			before = append(before, planSpec(v.baselines[choice.Baseline], record.Status.Backup, record.Status.Digest))
		}
	}
	return before
}

// create makes the record. Where one is there already that the cache does not show yet, it is that one.
func (r *NamespaceReconciler) create(ctx context.Context, namespace *corev1.Namespace, baseline string) (*v1alpha1.BaselineRestore, error) {
	record := &v1alpha1.BaselineRestore{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace.Name, Name: baseline},
		Spec:       v1alpha1.BaselineRestoreSpec{Baseline: baseline, NamespaceUID: namespace.UID},
	}
	err := r.Attempts.Client.Create(ctx, record, client.FieldOwner(v1alpha1.FieldManager))
	switch {
	case err == nil:
		return record, nil
	case apierrors.IsAlreadyExists(err):
		live := &v1alpha1.BaselineRestore{}
		if err := r.Attempts.Live.Get(ctx, client.ObjectKeyFromObject(record), live); err != nil {
			return nil, fmt.Errorf("reading the restore %s of namespace %s: %w", baseline, namespace.Name, err)
		}
		if !ours(live, namespace.UID) {
			return nil, fmt.Errorf("namespace %s has another restore named %s: it is replaced at the next try", namespace.Name, baseline)
		}
		return live, nil
	case apierrors.IsNotFound(err), apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		return nil, fmt.Errorf("namespace %s: %w", namespace.Name, errGone)
	default:
		return nil, fmt.Errorf("creating the restore %s in namespace %s: %w", baseline, namespace.Name, err)
	}
}

// evict removes a record that stands where Seedbed's own belongs: of an earlier namespace of this name,
// or made by somebody before the Baseline existed.
func (r *NamespaceReconciler) evict(ctx context.Context, record *v1alpha1.BaselineRestore) error {
	log.FromContext(ctx).Info("replacing a restore that is not this namespace's own", "namespace", record.Namespace, "restore", record.Name)
	err := r.Attempts.Client.Delete(ctx, record, client.Preconditions{UID: &record.UID})
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		return fmt.Errorf("removing the foreign restore %s/%s: %w", record.Namespace, record.Name, err)
	}
	return nil
}

// settledFor says whether a record that was tried is to be left alone now, and for how long: for good
// (zero) when it is complete.
func settledFor(record *v1alpha1.BaselineRestore) (bool, time.Duration) {
	if phaseOf(record.Status.Conditions) == v1alpha1.PhaseCompleted {
		return true, 0
	}
	wait := backoffAfter(record.Status.Attempts)
	if ended := record.Status.CompletionTimestamp; ended != nil {
		wait = min(wait, wait-time.Since(ended.Time)) // another leader's clock may be ahead
	}
	return wait > 0, max(wait, time.Millisecond)
}

func stateOf(record *v1alpha1.BaselineRestore, wait time.Duration) state {
	guarded := meta.FindStatusCondition(record.Status.Conditions, v1alpha1.ConditionGuarded)
	if phaseOf(record.Status.Conditions) == v1alpha1.PhaseCompleted {
		return state{baseline: record.Name, done: true, guarded: guarded}
	}
	message := fmt.Sprintf("restore %s is %s", record.Name, phaseOf(record.Status.Conditions))
	if len(record.Status.Errors) > 0 {
		message += ": " + record.Status.Errors[0]
	}
	return state{baseline: record.Name, reason: v1alpha1.ReasonRestoreFailed, message: message, again: wait, guarded: guarded}
}

// doubt asks for another look at a record that is only remembered: its deletion, which asks for the restore again,
// may have come before it was. By then it is in the cache, or it is gone.
func (s *state) doubt(remembered bool) {
	if remembered && s.again == 0 {
		s.again = rememberFor
	}
}

func deref(s *state) state {
	if s == nil {
		return state{}
	}
	return *s
}

func ignore(err, target error) error {
	if errors.Is(err, target) {
		return nil
	}
	return err
}
