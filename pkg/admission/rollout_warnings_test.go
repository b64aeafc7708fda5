package admission

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/util/intstr"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestRolloutWarnings(t *testing.T) {
	half := intstr.FromString("50%")
	toHalf := &v1alpha1.BaselineRollout{Steps: []v1alpha1.RolloutStep{{Namespaces: &half}}}
	type counts = v1alpha1.NamespaceCounts
	for name, test := range map[string]struct {
		counts   counts
		old, new v1alpha1.BaselineSpec
		want     []string
	}{
		"another backup": {
			counts: counts{Namespaces: 12, PendingNamespaces: 2}, old: v1alpha1.BaselineSpec{Backup: "a"},
			new:  v1alpha1.BaselineSpec{Backup: "b", Rollout: &v1alpha1.BaselineRollout{}},
			want: []string{"spec.rollout: this reaches 10 namespaces that hold the baseline: first 1, then 10%, then all"},
		},
		"another source, without a rollout": {
			counts: counts{Namespaces: 1}, old: v1alpha1.BaselineSpec{Backup: "a"}, new: v1alpha1.BaselineSpec{Backup: "a", SourceNamespace: "foo"},
			want: []string{"spec.rollout is not set: 1 namespace keeps its content; set spec.rollout to {} to update them in steps"},
		},
		"another mapping": {
			counts: counts{Namespaces: 2}, old: v1alpha1.BaselineSpec{Rollout: toHalf}, new: v1alpha1.BaselineSpec{Rollout: toHalf, Mapping: v1alpha1.MappingReferencesAndText},
			want: []string{"spec.rollout: this reaches 2 namespaces that hold the baseline: first 50%, then all"},
		},
		"other namespace metadata": {
			counts: counts{Namespaces: 2}, new: v1alpha1.BaselineSpec{NamespaceMetadata: &v1alpha1.NamespaceMetadata{Labels: []string{"team"}}},
			want: []string{"spec.rollout is not set: 2 namespaces keep their content; set spec.rollout to {} to update them in steps"},
		},
		"the default mapping set":          {counts: counts{Namespaces: 2}, new: v1alpha1.BaselineSpec{Mapping: v1alpha1.MappingReferences}},
		"no namespace holds it":            {counts: counts{Namespaces: 2, PendingNamespaces: 2}, old: v1alpha1.BaselineSpec{Backup: "a"}, new: v1alpha1.BaselineSpec{Backup: "b", Rollout: toHalf}},
		"a rollout of nothing":             {counts: counts{Namespaces: 2}, new: v1alpha1.BaselineSpec{Rollout: toHalf}},
		"other steps":                      {counts: counts{Namespaces: 2, OutdatedNamespaces: 2}, old: v1alpha1.BaselineSpec{Rollout: &v1alpha1.BaselineRollout{}}, new: v1alpha1.BaselineSpec{Rollout: toHalf}},
		"no rollout any more":              {counts: counts{Namespaces: 2, OutdatedNamespaces: 2}, old: v1alpha1.BaselineSpec{Rollout: toHalf}},
		"another rule for what is present": {counts: counts{Namespaces: 2}, new: v1alpha1.BaselineSpec{ExistingResources: v1alpha1.ExistingResourcesUpdate}},
		"a rollout where some lag": {
			counts: counts{Namespaces: 9, OutdatedNamespaces: 1}, new: v1alpha1.BaselineSpec{Rollout: &v1alpha1.BaselineRollout{}},
			want: []string{"spec.rollout: this reaches 1 namespace that holds older content: first 1, then 10%, then all"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			oldObj := &v1alpha1.Baseline{Spec: test.old, Status: v1alpha1.BaselineStatus{NamespaceCounts: test.counts}}
			if got := rolloutWarnings(oldObj, &v1alpha1.Baseline{Spec: test.new}); !slices.Equal(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
