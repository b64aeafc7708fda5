package flag

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/test/check"
)

func TestParseSelector(t *testing.T) {
	for typed, test := range map[string]struct {
		want    *metav1.LabelSelector
		refused string
	}{
		"app=x": {want: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "x"}}},
		"app=x,tier in (a, b),!old": {want: &metav1.LabelSelector{
			MatchLabels: map[string]string{"app": "x"},
			MatchExpressions: []metav1.LabelSelectorRequirement{
				{Key: "old", Operator: metav1.LabelSelectorOpDoesNotExist},
				{Key: "tier", Operator: metav1.LabelSelectorOpIn, Values: []string{"a", "b"}},
			},
		}},
		"a=b,a==b,tier!=old,x notin (d,c),y": {want: &metav1.LabelSelector{
			MatchLabels: map[string]string{"a": "b"},
			MatchExpressions: []metav1.LabelSelectorRequirement{
				{Key: "tier", Operator: metav1.LabelSelectorOpNotIn, Values: []string{"old"}},
				{Key: "x", Operator: metav1.LabelSelectorOpNotIn, Values: []string{"c", "d"}},
				{Key: "y", Operator: metav1.LabelSelectorOpExists},
			},
		}},
		"":            {refused: "--flag is empty"},
		"  ":          {refused: "--flag is empty"},
		"a=b,a=c":     {refused: "no object has two values of label a: use a in (b, c)"},
		"a in (":      {refused: `--flag "a in (" is no label selector`},
		"n > 3":       {refused: `--flag "n > 3": n has no "gt"`},
		"-bad-/-key-": {refused: "is no label selector"},
	} {
		t.Run(typed, func(t *testing.T) {
			got, err := ParseSelector("--flag", typed)
			check.Error(t, err, test.refused)
			byKey := cmpopts.SortSlices(func(a, b metav1.LabelSelectorRequirement) bool { return a.Key < b.Key })
			if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty(), byKey); diff != "" {
				t.Errorf("selector (-want +got):\n%s", diff)
			}
		})
	}
}
