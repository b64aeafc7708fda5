package policy

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestChosenLater(t *testing.T) {
	selector := &metav1.LabelSelector{
		MatchLabels:      map[string]string{"team": "a"},
		MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "tier", Operator: metav1.LabelSelectorOpExists}},
	}
	entry := func(after time.Duration, fields string) metav1.ManagedFieldsEntry {
		at := metav1.NewTime(noon.Add(after))
		return metav1.ManagedFieldsEntry{Manager: after.String(), Time: &at, FieldsV1: metav1.NewFieldsV1(`{"f:metadata":{` + fields + `}}`)}
	}
	const annotation, team, tier, other = `"f:annotations":{"f:seedbed.dev/baseline":{}}`, `"f:labels":{"f:team":{}}`, `"f:labels":{"f:tier":{}}`, `"f:labels":{"f:other":{}}`
	for name, test := range map[string]struct {
		asked    bool
		selector *metav1.LabelSelector
		entries  []metav1.ManagedFieldsEntry
		want     bool
	}{
		"asked at its creation":                      {asked: true, entries: []metav1.ManagedFieldsEntry{entry(0, annotation)}},
		"asked an hour later":                        {asked: true, entries: []metav1.ManagedFieldsEntry{entry(0, team), entry(time.Hour, annotation)}, want: true},
		"labelled at its creation":                   {selector: selector, entries: []metav1.ManagedFieldsEntry{entry(0, team)}},
		"labelled an hour later":                     {selector: selector, entries: []metav1.ManagedFieldsEntry{entry(0, other), entry(time.Hour, team)}, want: true},
		"a label of an expression, an hour later":    {selector: selector, entries: []metav1.ManagedFieldsEntry{entry(time.Hour, tier)}, want: true},
		"another label, an hour later":               {selector: selector, entries: []metav1.ManagedFieldsEntry{entry(0, team), entry(time.Hour, other)}},
		"a selector of everything looks at no label": {selector: &metav1.LabelSelector{}, entries: []metav1.ManagedFieldsEntry{entry(time.Hour, team)}},
		"fields that cannot be read":                 {selector: selector, entries: []metav1.ManagedFieldsEntry{entry(time.Hour, `]`)}},
	} {
		t.Run(name, func(t *testing.T) {
			namespace := &metav1.ObjectMeta{CreationTimestamp: metav1.NewTime(noon), ManagedFields: test.entries}
			if test.asked {
				namespace.Annotations = map[string]string{v1alpha1.AnnotationBaseline: "web"}
			}
			if got := ChosenLater(namespace, test.asked, test.selector); got != test.want {
				t.Errorf("ChosenLater = %v, want %v", got, test.want)
			}
		})
	}
}
