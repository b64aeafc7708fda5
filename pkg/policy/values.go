package policy

import (
	"slices"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/values"
)

// AreValuesOutdated reports whether the objects that a namespace holds were written with other labels or annotations than it has now, as
// far as the rules for values and include of its revision read them.
func AreValuesOutdated(namespace metav1.Object, baseline *v1alpha1.Baseline, record *v1alpha1.BaselineRecord) bool {
	held := record.HeldRevision()
	return compileValues(baseline.RulesOf(held)).areOutdated(namespace, held.ValuesHash)
}

// compiledValues are the rules for values of a revision. Rules that do not compile outdate nothing: their Baseline is not Ready.
type compiledValues struct{ rules *values.Rules }

func compileValues(rules *v1alpha1.BaselineRules) compiledValues {
	compiled, err := values.Get(values.Encode(rules))
	if err != nil {
		return compiledValues{}
	}
	return compiledValues{compiled}
}

func (c compiledValues) areOutdated(namespace metav1.Object, hash string) bool {
	if c.rules == nil {
		return false
	}
	return c.rules.Hash(values.NewTarget(namespace)) != hash
}

// valuesByRevision are the rules for values of a Baseline by the hash of its revisions, and the present ones, which are those of a
// revision that the history does not have, too.
type valuesByRevision struct {
	present compiledValues
	history map[string]compiledValues
}

// compileHistory returns the function that compiles them, once; nil for a Baseline without any. Most decisions need none.
func compileHistory(baseline *v1alpha1.Baseline) func() *valuesByRevision {
	rules, history := baseline.Spec.BaselineRules, baseline.Status.History
	if rules.IsEmpty() && !slices.ContainsFunc(history, func(revision v1alpha1.BaselineRevision) bool { return !revision.IsEmpty() }) {
		return nil
	}
	return sync.OnceValue(func() *valuesByRevision {
		all := &valuesByRevision{present: compileValues(&rules), history: map[string]compiledValues{}}
		for i := range history {
			all.history[history[i].Hash] = compileValues(&history[i].BaselineRules)
		}
		return all
	})
}

// areOutdated reports whether the values of a record are not those of the namespace's present labels and annotations.
func (v *valuesByRevision) areOutdated(namespace metav1.Object, held *Held) bool {
	compiled, isKnown := v.history[held.Revision]
	if !isKnown && held.ValuesHash != "" {
		compiled = v.present
	}
	return compiled.areOutdated(namespace, held.ValuesHash)
}
