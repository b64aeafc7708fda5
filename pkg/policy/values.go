package policy

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/values"
)

// HeldValues identify the values of a namespace's own in the objects that it holds.
type HeldValues struct {
	// Rules are those of the revision that it holds, as package values encodes them.
	Rules string
	// Hash is the record's RevisionContent.ValuesHash.
	Hash string
}

// newHeldValues returns the values of a record; nil if there are none.
func newHeldValues(baseline *v1alpha1.Baseline, record *v1alpha1.BaselineRecord) *HeldValues {
	held := record.HeldRevision()
	rules := baseline.RulesOf(held)
	if rules.IsEmpty() && held.ValuesHash == "" {
		return nil
	}
	return &HeldValues{Rules: values.Encode(rules), Hash: held.ValuesHash}
}

// areOutdated reports whether the values were computed from other labels or annotations than the namespace has now, as far as the rules
// read them. Rules that do not compile outdate nothing: their Baseline is not Ready.
func (v *HeldValues) areOutdated(namespace metav1.Object) bool {
	if v == nil {
		return false
	}
	compiled, err := values.Get(v.Rules)
	return err == nil && compiled.Hash(newTarget(namespace)) != v.Hash
}

// AreValuesOutdated reports whether the objects that a namespace holds were written with other labels or annotations than it has now, as
// far as the rules of its revision read them.
func AreValuesOutdated(namespace metav1.Object, baseline *v1alpha1.Baseline, record *v1alpha1.BaselineRecord) bool {
	return newHeldValues(baseline, record).areOutdated(namespace)
}

// newTarget returns the namespace whose labels and annotations are compared.
func newTarget(namespace metav1.Object) *values.Target {
	return &values.Target{Name: namespace.GetName(), Labels: namespace.GetLabels(), Annotations: namespace.GetAnnotations()}
}
