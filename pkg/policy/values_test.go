package policy_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/pkg/values"
)

// A namespace is outdated if the labels have changed that the rules of its own revision read, whatever the present ones are.
func TestValuesOutdateNamespaces(t *testing.T) {
	rulesOf := func(expression string) v1alpha1.BaselineRules {
		return v1alpha1.BaselineRules{Values: []v1alpha1.BaselineValue{{Target: v1alpha1.ObjectTarget{Kind: "ConfigMap"}, Path: "/data/x", Expression: expression}}}
	}
	tier, none := rulesOf("target.labels[?'tier'].orValue('x')"), v1alpha1.BaselineRules{}
	team := rulesOf("target.labels[?'team'].orValue('x')")
	revision := func(hash string, rules v1alpha1.BaselineRules) v1alpha1.BaselineRevision {
		return v1alpha1.BaselineRevision{RevisionContent: v1alpha1.RevisionContent{Hash: hash, ContentDigest: "c"}, BaselineRules: rules}
	}
	hashOf := func(rules v1alpha1.BaselineRules, labels map[string]string) string {
		compiled, errs := values.Compile(&rules)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		return compiled.Hash(&values.Target{Labels: labels})
	}
	gold := map[string]string{"tier": "gold"}
	for name, test := range map[string]struct {
		present  v1alpha1.BaselineRules
		history  []v1alpha1.BaselineRevision
		revision string
		hash     string
		want     policy.HoldingState
	}{
		"no rules":                       {present: none, revision: "r1", want: policy.HoldingUpdated},
		"the same label":                 {present: tier, history: []v1alpha1.BaselineRevision{revision("r1", tier)}, revision: "r1", hash: hashOf(tier, gold), want: policy.HoldingUpdated},
		"another label":                  {present: tier, history: []v1alpha1.BaselineRevision{revision("r1", tier)}, revision: "r1", hash: hashOf(tier, nil), want: policy.HoldingOutdated},
		"written while it changed":       {present: tier, history: []v1alpha1.BaselineRevision{revision("r1", tier)}, revision: "r1", hash: v1alpha1.ValuesMixed, want: policy.HoldingOutdated},
		"a label of the present rules":   {present: team, history: []v1alpha1.BaselineRevision{revision("r2", team), revision("r1", tier)}, revision: "r1", hash: hashOf(tier, gold), want: policy.HoldingUpdated},
		"a label of its own rules":       {present: team, history: []v1alpha1.BaselineRevision{revision("r2", team), revision("r1", tier)}, revision: "r1", hash: hashOf(tier, nil), want: policy.HoldingOutdated},
		"from before there were rules":   {present: tier, history: []v1alpha1.BaselineRevision{revision("r2", tier), revision("r1", none)}, revision: "r1", want: policy.HoldingUpdated},
		"a revision that is not known":   {present: tier, revision: "r0", hash: hashOf(tier, gold), want: policy.HoldingUpdated},
		"rules that do not compile":      {present: rulesOf("taget"), history: []v1alpha1.BaselineRevision{revision("r1", rulesOf("taget"))}, revision: "r1", hash: "x", want: policy.HoldingUpdated},
		"rules that are not there since": {present: none, history: []v1alpha1.BaselineRevision{revision("r1", none)}, revision: "r1", hash: "x", want: policy.HoldingUpdated},
	} {
		t.Run(name, func(t *testing.T) {
			baseline := v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Status: v1alpha1.BaselineStatus{Digest: "d", RevisionHash: "r1", ContentDigest: "c", History: test.history}}
			baseline.Spec.NamespaceSelector, baseline.Spec.BaselineRules = &metav1.LabelSelector{}, test.present
			record := &v1alpha1.BaselineRecord{
				ObjectMeta: metav1.ObjectMeta{Name: "web"}, Result: v1alpha1.RestoreResult{Phase: v1alpha1.PhaseCompleted},
				Revision: v1alpha1.RevisionContent{Hash: test.revision, Digest: "d", ContentDigest: "c", ValuesHash: test.hash},
			}
			namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "team", Labels: gold}}
			set := policy.Compile([]v1alpha1.Baseline{baseline})
			holdings := set.Holdings(namespace, false, []policy.Held{policy.NewHeld(&baseline, record)}, fakeFailures{})
			if len(holdings) != 1 || holdings[0].State != test.want {
				t.Errorf("got %+v, want %s", holdings, test.want)
			}
			if got := policy.AreValuesOutdated(namespace, &baseline, record); got != (test.want == policy.HoldingOutdated) {
				t.Errorf("alone, it is outdated: %t", got)
			}
		})
	}
}
