package baseline

import (
	"context"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/plan"
)

// nextHistory returns the history of a Baseline that writes a revision now, and the number of that revision. A return to an
// earlier revision moves it to the front under a new number, as kubectl rollout does. status is that of before.
func nextHistory(status *v1alpha1.BaselineStatus, present v1alpha1.BaselineRevision) ([]v1alpha1.BaselineRevision, int64) {
	history := slices.Clone(status.History)
	if len(history) > 0 && history[0].Hash == present.Hash {
		present.Revision, present.Timestamp, present.RolledOutTimestamp = history[0].Revision, history[0].Timestamp, history[0].RolledOutTimestamp
		history[0] = present
		return history, present.Revision
	}
	markRolledOut(status, history, present.Timestamp)
	present.Revision = status.Revision + 1
	if i := slices.IndexFunc(history, func(old v1alpha1.BaselineRevision) bool { return old.Hash == present.Hash }); i >= 0 {
		present.RolledOutTimestamp = history[i].RolledOutTimestamp
		history = slices.Delete(history, i, i+1)
	}
	return trimHistory(append([]v1alpha1.BaselineRevision{present}, history...)), present.Revision
}

// markRolledOut sets the time in the newest revision of a history if the status shows that it is rolled out. The status shows that no
// longer once the Baseline has another revision, or none while its backup is not ready.
func markRolledOut(status *v1alpha1.BaselineStatus, history []v1alpha1.BaselineRevision, now metav1.Time) {
	if len(history) > 0 && status.IsRolledOut(history[0].Hash) {
		history[0].RolledOutTimestamp = &now
	}
}

// trimHistory removes the oldest revision of a history that is too long. The last one that was rolled out stays: new namespaces get
// it, and most others hold it, however many changes have failed since.
func trimHistory(history []v1alpha1.BaselineRevision) []v1alpha1.BaselineRevision {
	if len(history) <= v1alpha1.MaxHistory {
		return history
	}
	oldest := len(history) - 1
	if (&v1alpha1.BaselineStatus{History: history}).LastRolledOut() == &history[oldest] {
		oldest--
	}
	return slices.Delete(history, oldest, oldest+1)
}

// recompileHistory sets the content digests of earlier revisions to those that this version of Seedbed compiles, so that they can
// be compared with the present one. It compiles each of them once in the life of a process. A revision whose content is gone keeps
// its digest.
func (r *Reconciler) recompileHistory(ctx context.Context, baseline *v1alpha1.Baseline, history []v1alpha1.BaselineRevision) {
	for i := range history[min(1, len(history)):] {
		old := &history[i+1]
		if digest, known := r.compiled[old.Hash]; known {
			old.ContentDigest = digest
			continue
		}
		compiled, err := r.Plans.Get(ctx, plan.SpecOf(baseline, old.RevisionContent))
		if err != nil {
			continue
		}
		if revision := compiled.RevisionContent(old.NamespaceMetadata); revision.Hash == old.Hash {
			old.ContentDigest = revision.ContentDigest
			r.compiled[old.Hash] = old.ContentDigest
		}
	}
}

// rememberCompiled remembers the content digest of the present revision for the time when it is an earlier one.
func (r *Reconciler) rememberCompiled(present v1alpha1.RevisionContent) {
	if r.compiled == nil || len(r.compiled) > maxCompiled {
		r.compiled = map[string]string{}
	}
	r.compiled[present.Hash] = present.ContentDigest
}

// maxCompiled bounds the revisions whose digests are remembered.
const maxCompiled = 10_000
