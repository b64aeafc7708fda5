package capture

import (
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestSelectionHashComparesSelections(t *testing.T) {
	base := func() *v1alpha1.BaselineBackupSpec {
		return &v1alpha1.BaselineBackupSpec{
			IncludedNamespaces: []string{"bar", "foo"},
			IncludedResources:  []string{"services", "configmaps"},
			ExcludedResources:  []string{"secrets", "pods"},
			LabelSelector: &metav1.LabelSelector{
				MatchLabels: map[string]string{"a": "1", "b": "2"},
				MatchExpressions: []metav1.LabelSelectorRequirement{
					{Key: "c", Operator: metav1.LabelSelectorOpIn, Values: []string{"y", "x"}},
					{Key: "d", Operator: metav1.LabelSelectorOpExists},
				},
			},
		}
	}
	tests := map[string]struct {
		change func(*v1alpha1.BaselineBackupSpec)
		same   bool
	}{
		"nothing":                  {change: func(*v1alpha1.BaselineBackupSpec) {}, same: true},
		"ttl":                      {change: func(s *v1alpha1.BaselineBackupSpec) { s.TTL = &metav1.Duration{Duration: time.Hour} }, same: true},
		"order of namespaces":      {change: func(s *v1alpha1.BaselineBackupSpec) { s.IncludedNamespaces = []string{"foo", "bar", "foo"} }, same: true},
		"order of resources":       {change: func(s *v1alpha1.BaselineBackupSpec) { s.IncludedResources = []string{"configmaps", "services"} }, same: true},
		"order of excluded":        {change: func(s *v1alpha1.BaselineBackupSpec) { s.ExcludedResources = []string{"pods", "secrets"} }, same: true},
		"order of expressions":     {change: func(s *v1alpha1.BaselineBackupSpec) { slices.Reverse(s.LabelSelector.MatchExpressions) }, same: true},
		"order of selector values": {change: func(s *v1alpha1.BaselineBackupSpec) { s.LabelSelector.MatchExpressions[0].Values = []string{"x", "y"} }, same: true},
		"a namespace":              {change: func(s *v1alpha1.BaselineBackupSpec) { s.IncludedNamespaces = []string{"foo"} }},
		"a resource":               {change: func(s *v1alpha1.BaselineBackupSpec) { s.IncludedResources = []string{"services"} }},
		"all resources":            {change: func(s *v1alpha1.BaselineBackupSpec) { s.IncludedResources = nil }},
		"an excluded resource":     {change: func(s *v1alpha1.BaselineBackupSpec) { s.ExcludedResources = nil }},
		"no selector":              {change: func(s *v1alpha1.BaselineBackupSpec) { s.LabelSelector = nil }},
		"another label":            {change: func(s *v1alpha1.BaselineBackupSpec) { s.LabelSelector.MatchLabels["a"] = "2" }},
		"resources as excluded": {change: func(s *v1alpha1.BaselineBackupSpec) {
			s.IncludedResources, s.ExcludedResources = s.ExcludedResources, s.IncludedResources
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			changed := base()
			test.change(changed)
			if got := SelectionHash(base()) == SelectionHash(changed); got != test.same {
				t.Errorf("the hash is the same: %t, want %t", got, test.same)
			}
		})
	}
}

func TestSelectionHashOfEmptyEqualsAbsent(t *testing.T) {
	plain := SelectionHash(&v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{"foo"}})
	for name, spec := range map[string]v1alpha1.BaselineBackupSpec{
		"empty lists":       {IncludedResources: []string{}, ExcludedResources: []string{}},
		"an empty selector": {LabelSelector: &metav1.LabelSelector{}},
		"a star":            {IncludedResources: []string{"services", "*"}},
	} {
		spec.IncludedNamespaces = []string{"foo"}
		if SelectionHash(&spec) != plain {
			t.Errorf("%s: another hash than nothing", name)
		}
	}
	invalid := &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Near"}}}
	if SelectionHash(&v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{"foo"}, LabelSelector: invalid}) == plain {
		t.Error("a selector that does not parse has the hash of none")
	}
}

// TestSelectionHashIsStable protects stored hashes: content is adopted by them after an upgrade too.
func TestSelectionHashIsStable(t *testing.T) {
	const want = "4b4b32da41507f3c2fd8388f07b8d8aa9cd4cd81ca36495aba357be7d243dfd1"
	got := SelectionHash(&v1alpha1.BaselineBackupSpec{
		IncludedNamespaces: []string{"foo"}, IncludedResources: []string{"services"},
		LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}},
	})
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
