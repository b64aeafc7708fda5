package controller

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func seen(uid types.UID, version, reason string) *corev1.Namespace {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "bar", UID: uid, ResourceVersion: version}}
	if reason != "" {
		namespace.Status.Conditions = []corev1.NamespaceCondition{{Type: v1alpha1.ConditionBaselineReady, Reason: reason}}
	}
	return namespace
}

func TestAssumedConditionsUntilTheCacheIsAsNew(t *testing.T) {
	tests := map[string]struct {
		cached *corev1.Namespace
		before func(*assumedConditions)
		want   string
		kept   int
	}{
		"the cache is behind":                  {cached: seen("1", "9", ""), want: "Written", kept: 1},
		"the cache is behind, with another":    {cached: seen("1", "9", "Older"), want: "Written", kept: 1},
		"the cache shows what was written":     {cached: seen("1", "10", "Written"), want: "Written"},
		"somebody wrote another one since":     {cached: seen("1", "11", "Newer"), want: "Newer"},
		"somebody removed it since":            {cached: seen("1", "11", ""), want: ""},
		"it is another namespace of that name": {cached: seen("2", "9", ""), want: ""},
		"versions that cannot be compared":     {cached: seen("1", "x", "Cached"), want: "Cached"},
		"the namespace was gone meanwhile":     {cached: seen("1", "9", "Cached"), before: func(a *assumedConditions) { a.forget("bar") }, want: "Cached"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			assumed := newAssumedConditions()
			assumed.add(seen("1", "10", "Written"))
			if test.before != nil {
				test.before(assumed)
			}
			got := ""
			if condition := v1alpha1.FindNamespaceCondition(assumed.newest(test.cached), v1alpha1.ConditionBaselineReady); condition != nil {
				got = condition.Reason
			}
			if got != test.want {
				t.Errorf("got the condition %q, want %q", got, test.want)
			}
			if len(assumed.namespaces) != test.kept {
				t.Errorf("%d namespaces are remembered, want %d", len(assumed.namespaces), test.kept)
			}
		})
	}
}
