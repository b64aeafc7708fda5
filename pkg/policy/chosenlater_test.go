package policy

import (
	"fmt"
	"strings"
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
	seedbedEntry := entry(time.Hour, team)
	seedbedEntry.Manager = v1alpha1.FieldManager
	for name, test := range map[string]struct {
		asked bool
		// both reports whether the selector matches the namespace, which asks as well.
		both     bool
		selector *metav1.LabelSelector
		entries  []metav1.ManagedFieldsEntry
		want     bool
	}{
		"asked at its creation":                                   {asked: true, entries: []metav1.ManagedFieldsEntry{entry(0, annotation)}},
		"asked an hour later":                                     {asked: true, entries: []metav1.ManagedFieldsEntry{entry(0, team), entry(time.Hour, annotation)}, want: true},
		"labelled at its creation":                                {selector: selector, entries: []metav1.ManagedFieldsEntry{entry(0, team)}},
		"labelled an hour later":                                  {selector: selector, entries: []metav1.ManagedFieldsEntry{entry(0, other), entry(time.Hour, team)}, want: true},
		"a label of an expression, an hour later":                 {selector: selector, entries: []metav1.ManagedFieldsEntry{entry(time.Hour, tier)}, want: true},
		"another label, an hour later":                            {selector: selector, entries: []metav1.ManagedFieldsEntry{entry(0, team), entry(time.Hour, other)}},
		"labelled by Seedbed itself":                              {selector: selector, entries: []metav1.ManagedFieldsEntry{seedbedEntry}},
		"asked at its creation, applied by another an hour later": {asked: true, entries: []metav1.ManagedFieldsEntry{entry(0, annotation), entry(time.Hour, annotation)}},
		"asked an hour later by two":                              {asked: true, entries: []metav1.ManagedFieldsEntry{entry(time.Hour, annotation), entry(2*time.Hour, annotation)}, want: true},
		"asked, and no entry has the time":                        {asked: true, entries: []metav1.ManagedFieldsEntry{entry(time.Hour, team), {FieldsV1: metav1.NewFieldsV1(`{"f:metadata":{` + annotation + `}}`)}}},
		"asked, and fields that cannot be read":                   {asked: true, entries: []metav1.ManagedFieldsEntry{entry(time.Hour, `]`)}},
		"a selector of everything has no label":                   {selector: &metav1.LabelSelector{}, entries: []metav1.ManagedFieldsEntry{entry(time.Hour, team)}},
		"labelled at its creation, asked an hour later":           {asked: true, both: true, selector: selector, entries: []metav1.ManagedFieldsEntry{entry(0, team), entry(time.Hour, annotation)}},
		"asked at its creation, labelled an hour later":           {asked: true, both: true, selector: selector, entries: []metav1.ManagedFieldsEntry{entry(0, annotation), entry(time.Hour, team)}},
		"asked and labelled an hour later":                        {asked: true, both: true, selector: selector, entries: []metav1.ManagedFieldsEntry{entry(time.Hour, annotation), entry(time.Hour, team)}, want: true},
		"fields that cannot be read":                              {selector: selector, entries: []metav1.ManagedFieldsEntry{entry(time.Hour, `]`)}},
	} {
		t.Run(name, func(t *testing.T) {
			namespace := &metav1.ObjectMeta{CreationTimestamp: metav1.NewTime(noon), ManagedFields: test.entries}
			if test.asked {
				namespace.Annotations = map[string]string{v1alpha1.AnnotationBaseline: "web"}
			}
			choice := Choice{Baseline: "web", Asked: test.asked, Selected: !test.asked || test.both}
			if got := ChosenLater(namespace, choice, test.selector); got != test.want {
				t.Errorf("ChosenLater = %v, want %v", got, test.want)
			}
			namespace.ManagedFields = ChosenLaterFields(namespace)
			if got := ChosenLater(namespace, choice, test.selector); got != test.want {
				t.Errorf("with ChosenLaterFields alone: ChosenLater = %v, want %v", got, test.want)
			}
		})
	}
}

// A tenant may label a namespace as often and by as many managers as it likes: the fields in a cache do not grow with that.
func TestChosenLaterFieldsAreBounded(t *testing.T) {
	namespace := &metav1.ObjectMeta{CreationTimestamp: metav1.NewTime(noon)}
	var labels []string
	for i := range 100 {
		labels = append(labels, fmt.Sprintf(`"f:label-%d":{}`, i))
	}
	for i := range 1000 {
		at := metav1.NewTime(noon.Add(time.Duration(i) * time.Minute))
		namespace.ManagedFields = append(namespace.ManagedFields, metav1.ManagedFieldsEntry{
			Manager: fmt.Sprint(i), Time: &at,
			FieldsV1: metav1.NewFieldsV1(`{"f:metadata":{"f:annotations":{"f:other":{}},"f:labels":{".":{},` + strings.Join(labels, ",") + `}},"f:spec":{}}`),
		})
	}
	kept := ChosenLaterFields(namespace)
	if len(kept) != 1 || kept[0].Manager != "1" {
		t.Fatalf("%d entries are kept, the first of %+v; want the first that came later", len(kept), kept[:min(1, len(kept))])
	}
	if size := len(kept[0].FieldsV1.GetRawString()); size > 100*len(`"f:label-99":{},`)+50 {
		t.Errorf("it has %d bytes", size)
	}
}
