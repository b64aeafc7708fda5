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
		"no gate":                       {spec: v1alpha1.BaselineSpec{Gate: v1alpha1.GateNone}, annotation: "web"},
		"asked for":                     {spec: v1alpha1.BaselineSpec{Gate: v1alpha1.GatePods}, annotation: "logging, web", want: true},
		"another is asked for":          {spec: v1alpha1.BaselineSpec{Gate: v1alpha1.GatePods}, annotation: "webs"},
		"asked for where it is allowed": {spec: v1alpha1.BaselineSpec{Gate: v1alpha1.GatePods, AllowedNamespaces: teamA}, annotation: "web", want: true},
		"asked for where it is not":     {spec: v1alpha1.BaselineSpec{Gate: v1alpha1.GatePods, AllowedNamespaces: teamB}, annotation: "web"},
		"selected":                      {spec: v1alpha1.BaselineSpec{Gate: v1alpha1.GatePods, NamespaceSelector: teamA}, want: true},
		"every namespace is selected":   {spec: v1alpha1.BaselineSpec{Gate: v1alpha1.GatePods, NamespaceSelector: &metav1.LabelSelector{}}, want: true},
		"another is selected":           {spec: v1alpha1.BaselineSpec{Gate: v1alpha1.GatePods, NamespaceSelector: teamB}},
		"an invalid selector":           {spec: v1alpha1.BaselineSpec{Gate: v1alpha1.GatePods, NamespaceSelector: broken}},
		"selected and declined":         {spec: v1alpha1.BaselineSpec{Gate: v1alpha1.GatePods, NamespaceSelector: teamA}, annotation: "none"},
		"selected, another asked for":   {spec: v1alpha1.BaselineSpec{Gate: v1alpha1.GatePods, NamespaceSelector: teamA}, annotation: "logging", want: true},
		"required, with an annotation":  {spec: v1alpha1.BaselineSpec{Gate: v1alpha1.GatePods, NamespaceSelector: teamA, Enforcement: v1alpha1.EnforcementRequired}, annotation: "none", want: true},
		"an older namespace":            {spec: v1alpha1.BaselineSpec{Gate: v1alpha1.GatePods, NamespaceSelector: teamA}, age: time.Second},
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
