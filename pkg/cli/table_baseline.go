package cli

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

var baselineColumns = []metav1.TableColumnDefinition{
	column("Name"), column("Backup"), column("Ready"), column("Enforcement"), column("Selector"), column("Items"),
	column("Namespaces"), column("Outdated"), column("Created"), wideColumn("Reason"), wideColumn("Digest"),
	wideColumn("Released"), wideColumn("Keys Lost"),
}

func baselineRow(obj client.Object, _ time.Time) []any {
	baseline := obj.(*v1alpha1.Baseline)
	status := &baseline.Status
	return []any{
		baseline.Name,
		baseline.Spec.Backup,
		readyStatus(status.Conditions),
		enforcement(&baseline.Spec),
		namespaceSelectorText(baseline.Spec.NamespaceSelector),
		status.Items,
		status.Namespaces,
		status.OutdatedNamespaces,
		timestamp(&baseline.CreationTimestamp),
		phase(status.Conditions),
		orNone(status.Digest),
		status.ReleasedNamespaces,
		timestamp(status.KeyLostTimestamp),
	}
}

// enforcement is spec.enforcement with its default filled in.
func enforcement(spec *v1alpha1.BaselineSpec) v1alpha1.Enforcement {
	if spec.Enforcement == "" {
		return v1alpha1.EnforcementOptional
	}
	return spec.Enforcement
}

// namespaceSelectorText is spec.namespaceSelector: the empty one matches every namespace.
func namespaceSelectorText(selector *metav1.LabelSelector) string {
	if selector != nil && len(selector.MatchLabels)+len(selector.MatchExpressions) == 0 {
		return "<all>"
	}
	return selectorText(selector)
}
