package admission

import (
	"cmp"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// rolloutWarnings returns a warning with the number of namespaces that an update of a Baseline reaches, or leaves with the
// older content. The numbers are those that the status had before.
func rolloutWarnings(oldObj, newObj *v1alpha1.Baseline) []string {
	rollout := newObj.Spec.Rollout
	switch {
	case changesContent(&oldObj.Spec, &newObj.Spec):
		holding := oldObj.Status.Namespaces - oldObj.Status.PendingNamespaces
		if holding <= 0 {
			return nil
		}
		if rollout == nil {
			return []string{fmt.Sprintf("spec.rollout is not set: %s content; set spec.rollout to {} to update them in steps",
				formatNamespaces(holding, "keeps its", "keep their"))}
		}
		return []string{reachWarning(holding, "the baseline", rollout)} // some may have the new content already
	case oldObj.Spec.Rollout == nil && rollout != nil && oldObj.Status.OutdatedNamespaces > 0:
		return []string{reachWarning(oldObj.Status.OutdatedNamespaces, "older content", rollout)}
	}
	return nil
}

// reachWarning returns the warning of a rollout to namespaces that hold something.
func reachWarning(count int32, content string, rollout *v1alpha1.BaselineRollout) string {
	return fmt.Sprintf("spec.rollout: this reaches %s %s: %s", formatNamespaces(count, "that holds", "that hold"), content, rollout.FormatSteps())
}

// changesContent reports whether namespaces get other content by the new spec than by the old one.
func changesContent(oldSpec, newSpec *v1alpha1.BaselineSpec) bool {
	return oldSpec.Backup != newSpec.Backup || oldSpec.SourceNamespace != newSpec.SourceNamespace ||
		cmp.Or(oldSpec.Mapping, v1alpha1.MappingReferences) != cmp.Or(newSpec.Mapping, v1alpha1.MappingReferences) ||
		!equality.Semantic.DeepEqual(oldSpec.NamespaceMetadata, newSpec.NamespaceMetadata) ||
		!equality.Semantic.DeepEqual(oldSpec.BaselineRules, newSpec.BaselineRules)
}

// formatNamespaces returns a number of namespaces with a verb in its singular or plural.
func formatNamespaces(count int32, singular, plural string) string {
	verb := plural
	if count == 1 {
		verb = singular
	}
	return formatCount(int(count), "namespace") + " " + verb
}
