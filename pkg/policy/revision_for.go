package policy

import (
	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// RevisionFor returns the revision for a namespace with these labels that does not hold the Baseline yet: nil for the one that
// the spec names now, otherwise one of the history. During a rollout it is the last one that was rolled out, unless a step that
// has begun selects the namespace by label. It is nil if none was ever rolled out.
func RevisionFor(baseline *v1alpha1.Baseline, labels map[string]string) *v1alpha1.BaselineRevision {
	rollout, status := baseline.Spec.Rollout, &baseline.Status
	switch {
	case rollout == nil || rollout.NewNamespaces == v1alpha1.NewNamespacesNewest:
		return nil
	case status.ObservedGeneration != baseline.Generation && status.RevisionHash != "" && status.IsRolledOut(status.RevisionHash):
		return baseline.FindRevision(status.RevisionHash)
	case status.ObservedGeneration != baseline.Generation: // the present revision may be that of an earlier spec
		return status.LastRolledOut()
	case status.RevisionHash != "" && baseline.Annotations[v1alpha1.AnnotationRolloutSkipSteps] == status.RevisionHash:
		return nil
	case status.Rollout != nil && status.Rollout.RevisionHash == status.RevisionHash && reachesNew(rollout, status.Rollout, labels):
		return nil
	default:
		return status.LastRolledOut()
	}
}

// reachesNew reports whether a rollout is complete, or has begun a step that selects these labels.
func reachesNew(rollout *v1alpha1.BaselineRollout, status *v1alpha1.RolloutStatus, labels map[string]string) bool {
	if status.CompletionTimestamp != nil {
		return true
	}
	steps := compileSteps(rollout)
	for i := range steps[:max(0, min(len(steps), int(status.Step)))] {
		if steps[i].selectsLabels(labels) {
			return true
		}
	}
	return false
}
