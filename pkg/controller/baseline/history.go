package baseline

import (
	"context"
	"slices"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/restore"
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
	if len(history) > 0 && history[0].RolledOutTimestamp == nil && status.IsRolledOut(history[0].Hash) {
		history[0].RolledOutTimestamp = &present.Timestamp
	}
	present.Revision = status.Revision + 1
	history = slices.DeleteFunc(history, func(old v1alpha1.BaselineRevision) bool { return old.Hash == present.Hash })
	history = append([]v1alpha1.BaselineRevision{present}, history...)
	return history[:min(len(history), v1alpha1.MaxHistory)], present.Revision
}

// recompileHistory sets the content digests of earlier revisions to those that this version of Seedbed compiles, so that they can
// be compared with the present one. It compiles each of them once in the life of a process. A revision whose content is gone keeps
// its digest.
func (r *Reconciler) recompileHistory(ctx context.Context, baseline string, history []v1alpha1.BaselineRevision) {
	for i := range history[min(1, len(history)):] {
		old := &history[i+1]
		if digest, known := r.compiled[old.Hash]; known {
			old.ContentDigest = digest
			continue
		}
		compiled, err := r.Plans.Get(ctx, restore.SpecOf(baseline, old.RevisionContent))
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
