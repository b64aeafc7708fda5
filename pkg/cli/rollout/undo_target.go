package rollout

import (
	"cmp"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// undoTarget returns the revision to go back to: number, or if that is 0 the newest one before the present that was rolled out.
// The present one is that of the spec: a spec that has never become a revision, for example because its backup is broken, can
// be undone too.
func undoTarget(program string, baseline *v1alpha1.Baseline, number int64) (*v1alpha1.BaselineRevision, error) {
	history := baseline.Status.History
	if len(history) == 0 {
		return nil, fmt.Errorf("baseline %q has no history to go back in: set its backup with `%s baseline set %s --backup BACKUP`", baseline.Name, program, baseline.Name)
	}
	var numbers []int64
	for i := range history {
		revision, present := &history[i], isSpecOf(&history[i], &baseline.Spec)
		numbers = append(numbers, revision.Revision)
		switch {
		case number == revision.Revision && present:
			return nil, fmt.Errorf("revision %d is the present one of baseline %q: choose another of `%s baseline rollout history %s`", number, baseline.Name, program, baseline.Name)
		case number == revision.Revision, number == 0 && !present && revision.RolledOutTimestamp != nil:
			return revision, nil
		}
	}
	if number != 0 {
		return nil, fmt.Errorf("baseline %q has no revision %d in its history: it has %s", baseline.Name, number, joinNumbers(numbers))
	}
	return nil, fmt.Errorf("baseline %q has no other revision that was rolled out: choose with --to-revision one of `%s baseline rollout history %s`, or set a backup with `%s baseline set %s --backup BACKUP`",
		baseline.Name, program, baseline.Name, program, baseline.Name)
}

// isSpecOf reports whether a spec makes the content of a revision. A spec without a source namespace takes the only one.
func isSpecOf(revision *v1alpha1.BaselineRevision, spec *v1alpha1.BaselineSpec) bool {
	return revision.Backup == spec.Backup &&
		(spec.SourceNamespace == "" || spec.SourceNamespace == revision.SourceNamespace) &&
		cmp.Or(revision.Mapping, v1alpha1.MappingReferences) == cmp.Or(spec.Mapping, v1alpha1.MappingReferences) &&
		equality.Semantic.DeepEqual(orEmpty(revision.NamespaceMetadata), orEmpty(spec.NamespaceMetadata)) &&
		equality.Semantic.DeepEqual(revision.BaselineRules, spec.BaselineRules)
}

func orEmpty(metadata *v1alpha1.NamespaceMetadata) v1alpha1.NamespaceMetadata {
	if metadata == nil {
		return v1alpha1.NamespaceMetadata{}
	}
	return *metadata
}
