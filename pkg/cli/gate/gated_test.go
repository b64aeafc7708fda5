package gate

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestHoldsPods(t *testing.T) {
	made := metav1.NewTime(time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC))
	teamA := &metav1.LabelSelector{MatchLabels: map[string]string{"team": "a"}}
	teamB := &metav1.LabelSelector{MatchLabels: map[string]string{"team": "b"}}
	broken := &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "team", Operator: "Near"}}}
	for name, test := range map[string]struct {
		spec       v1alpha1.BaselineSpec
		annotation string
		age        time.Duration // of the namespace, beyond the baseline's
		want       bool
	}{
		"no gate":                       {v1alpha1.BaselineSpec{Gate: v1alpha1.GateNone}, "web", 0, false},
		"asked for":                     {v1alpha1.BaselineSpec{Gate: v1alpha1.GatePods}, "logging, web", 0, true},
		"another is asked for":          {v1alpha1.BaselineSpec{Gate: v1alpha1.GatePods}, "webs", 0, false},
		"asked for by who is allowed":   {v1alpha1.BaselineSpec{Gate: v1alpha1.GatePods, AllowedNamespaces: teamA}, "web", 0, true},
		"asked for by who is not":       {v1alpha1.BaselineSpec{Gate: v1alpha1.GatePods, AllowedNamespaces: teamB}, "web", 0, false},
		"selected":                      {v1alpha1.BaselineSpec{Gate: v1alpha1.GatePods, NamespaceSelector: teamA}, "", 0, true},
		"every namespace is selected":   {v1alpha1.BaselineSpec{Gate: v1alpha1.GatePods, NamespaceSelector: &metav1.LabelSelector{}}, "", 0, true},
		"another is selected":           {v1alpha1.BaselineSpec{Gate: v1alpha1.GatePods, NamespaceSelector: teamB}, "", 0, false},
		"selected by what cannot parse": {v1alpha1.BaselineSpec{Gate: v1alpha1.GatePods, NamespaceSelector: broken}, "", 0, false},
		"selected and declined":         {v1alpha1.BaselineSpec{Gate: v1alpha1.GatePods, NamespaceSelector: teamA}, "none", 0, false},
		"selected, another asked for":   {v1alpha1.BaselineSpec{Gate: v1alpha1.GatePods, NamespaceSelector: teamA}, "logging", 0, true},
		"required, with an annotation":  {v1alpha1.BaselineSpec{Gate: v1alpha1.GatePods, NamespaceSelector: teamA, Enforcement: v1alpha1.EnforcementRequired}, "none", 0, true},
		"an older namespace":            {v1alpha1.BaselineSpec{Gate: v1alpha1.GatePods, NamespaceSelector: teamA}, "", time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "web", CreationTimestamp: made}, Spec: test.spec}
			namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
				Name: "bar", Labels: map[string]string{"team": "a"}, CreationTimestamp: metav1.NewTime(made.Add(-test.age)),
			}}
			if test.annotation != "" {
				namespace.Annotations = map[string]string{v1alpha1.AnnotationBaseline: test.annotation}
			}
			if got := holdsPods(baseline, namespace); got != test.want {
				t.Errorf("holds pods: %v", got)
			}
		})
	}
}
