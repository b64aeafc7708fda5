package values

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/sets"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestInputs(t *testing.T) {
	type read struct {
		Labels, Annotations string
		Original            bool
	}
	describe := func(k keySet) string {
		if k.all {
			return "all"
		}
		text := ""
		for _, key := range sets.List(k.keys) {
			text += key + " "
		}
		return text
	}
	for expression, want := range map[string]read{
		"target.name":                          {},
		"target.labels['a'] + target.labels.b": {Labels: "a b "},
		"target.labels[?'a'].orValue('x')":     {Labels: "a "},
		"target.labels.?a.orValue('x')":        {Labels: "a "},
		"has(target.labels.a) ? 'x' : 'y'":     {Labels: "a "},
		"'a' in target.labels ? 'x' : 'y'":     {Labels: "a "},
		"target.labels[target.name]":           {Labels: "all"},
		"target.labels.map(k, k)[0]":           {Labels: "all"},
		"['a'].map(k, target.labels[k])[0]":    {Labels: "all"},
		"string(size(target.annotations))":     {Annotations: "all"},
		"target.annotations['a/b']":            {Annotations: "a/b "},
		"original + target.labels.a":           {Labels: "a ", Original: true},
		"[target].map(t, t.labels['a'])[0]":    {Labels: "all", Annotations: "all"},
		"dyn(target).labels.a":                 {Labels: "all", Annotations: "all"},
	} {
		compiled, errs := Compile(newRules("/spec/a", expression))
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		in := compiled.inputs
		if diff := cmp.Diff(want, read{describe(in.labels), describe(in.annotations), in.original}); diff != "" {
			t.Errorf("%s: %s", expression, diff)
		}
	}
}

func TestHashChangesWithWhatIsRead(t *testing.T) {
	hash := func(rules *v1alpha1.BaselineRules, edit func(*Target)) string {
		t.Helper()
		compiled, errs := Compile(rules)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		target := newTarget()
		edit(target)
		return compiled.Hash(target)
	}
	rules := newRules("/spec/a", "target.labels[?'tier'].orValue('x') + target.annotations[?'a'].orValue('y')")
	same := hash(rules, func(*Target) {})
	if len(same) != hashDigits {
		t.Errorf("the hash is %q", same)
	}
	for name, test := range map[string]struct {
		edit    func(*Target)
		changes bool
	}{
		"another label":       {func(n *Target) { n.Labels["team"] = "x" }, false},
		"another name":        {func(n *Target) { n.Name = "x" }, false},
		"the label":           {func(n *Target) { n.Labels["tier"] = "silver" }, true},
		"without the label":   {func(n *Target) { delete(n.Labels, "tier") }, true},
		"with an empty one":   {func(n *Target) { n.Labels["tier"] = "" }, true},
		"a new annotation":    {func(n *Target) { n.Annotations["a"] = "" }, true},
		"without any":         {func(n *Target) { n.Labels, n.Annotations = nil, nil }, true},
		"a label of the name": {func(n *Target) { delete(n.Labels, "tier"); n.Labels["a"] = "gold" }, true},
	} {
		if got := hash(rules, test.edit); (got != same) != test.changes {
			t.Errorf("%s: %s, before %s", name, got, same)
		}
	}
	if other := hash(newRules("/spec/b", "target.labels[?'tier'].orValue('x') + target.annotations[?'a'].orValue('y')"), func(*Target) {}); other == same {
		t.Error("other rules have the same hash")
	}
}

func TestLibraryKeepsRules(t *testing.T) {
	encoded := Encode(newRules("/spec/a", "target.name"))
	l := &Library{}
	first, err := l.getRules(encoded)
	again, errAgain := l.getRules(encoded)
	if err != nil || errAgain != nil || first != again {
		t.Errorf("got %p %v, then %p %v", first, err, again, errAgain)
	}
	if _, err := l.getRules(Encode(newRules("/kind", "x"))); err == nil {
		t.Error("broken rules compiled")
	}
	if none, err := l.getRules(Encode(&v1alpha1.BaselineRules{})); none != nil || err != nil {
		t.Errorf("no rules are %v, %v", none, err)
	}
}
