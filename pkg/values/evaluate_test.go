package values

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestComputedValues(t *testing.T) {
	content := func() map[string]any {
		return map[string]any{"spec": map[string]any{
			"text": "registry.example.com/app", "number": int64(9007199254740993), "list": []any{"x"}, "map": map[string]any{"a": "b"},
			"containers": []any{map[string]any{"name": "app", "image": "app:1"}, map[string]any{"name": "proxy", "image": "proxy:1"}},
			"rules":      []any{map[string]any{"host": "a"}},
		}}
	}
	for name, test := range map[string]struct{ path, expression, want string }{
		"the name":                  {"/spec/text", "target.name + '.' + baseline.name", `"team-a.web"`},
		"a label":                   {"/spec/text", "target.labels['tier']", `"gold"`},
		"a label with a default":    {"/spec/text", "target.labels[?'none'].orValue('bronze')", `"bronze"`},
		"a table":                   {"/spec/number", "{'gold': 40}[?target.labels[?'tier'].orValue('x')].orValue(10)", `40`},
		"the backup's value":        {"/spec/text", "original.replace('registry', target.labels.tier)", `"gold.example.com/app"`},
		"an integer beyond 2^53":    {"/spec/number", "original + 2", `9007199254740995`},
		"text for a number":         {"/spec/number", "'50%'", `"50%"`},
		"a list":                    {"/spec/list", "target.annotations['example.com/peers'].split(',').map(x, x.trim())", `["checkout","billing"]`},
		"a map, with sorted keys":   {"/spec/map", "{'z': 1, 'a': [true, 1.5]}", `{"a":[true,1.5],"z":1}`},
		"a field that is not there": {"/spec/new", "[1, 2]", `[1,2]`},
		"an item by its name":       {"/spec/containers/proxy/image", "original + '-x'", `"proxy:1-x"`},
		"an item by its number":     {"/spec/rules/0/host", "original + '.b'", `"a.b"`},
		"a new label":               {"/metadata/labels/team", "target.labels.team", `"payments"`},
		"text is escaped":           {"/spec/text", "target.annotations['example.com/evil']", `"a\"b\n'}],{\"x\":1} \\ \u2028 é"`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := computeValue(t, newRules(test.path, test.expression), widgetKind, content())
			if err != nil || got != test.want {
				t.Errorf("got %s, %v, want %s", got, err, test.want)
			}
		})
	}
}

func TestValuesThatCannotBeComputed(t *testing.T) {
	content := map[string]any{"spec": map[string]any{"text": "x", "list": []any{map[string]any{"name": "a"}, map[string]any{"name": "b"}}, "plain": []any{"x"}}}
	const name = "value spec.values[0]: "
	for test, each := range map[string]struct{ path, expression, want string }{
		"a missing label":        {"/spec/text", "target.labels['nope']", name + "the namespace has no label nope: add it, or give a default as in target.labels[?'nope'].orValue('…')"},
		"a missing annotation":   {"/spec/text", "target.annotations['nope']", name + "the namespace has no annotation nope: add it, or give a default as in target.annotations[?'nope'].orValue('…')"},
		"a missing entry":        {"/spec/text", "{'silver': '1'}[target.labels.tier]", name + "no entry gold: add it, or give a default with [?…].orValue(…)"},
		"a large result":         {"/spec/text", "target.annotations['example.com/big']", name + "its result takes 5002 bytes, at most 4096"},
		"too much work":          {"/spec/new", "lists.range(200).map(i, lists.range(200).map(j, i * j))", name + "costs more than 100000 in this namespace: its labels or annotations are too long for the expression"},
		"another shape":          {"/spec/text", "dyn([1])", name + "gives a list where the backup has a scalar"},
		"null":                   {"/spec/text", "dyn(null)", name + "gives null"},
		"an infinite number":     {"/spec/text", "1.0 / 0.0", name + "gives a number that JSON does not have"},
		"a map of numbers":       {"/spec/new", "{1: 'x'}", name + "gives a map with a key of type int, and JSON has text alone"},
		"a shape known before":   {"/spec/text", "[1]", "gives a list where the backup has a scalar"},
		"a field without parent": {"/spec/none/x", "'x'", "the backup's object has no /spec/none"},
		"below a text":           {"/spec/text/x", "'x'", "/spec/text is neither a map nor a list"},
		"an item by number":      {"/spec/list/0/x", "'x'", `/spec/list: no item has the name "0": the items are a, b`},
		"no such item":           {"/spec/plain/1", "'x'", "/spec/plain: the list has 1 items without names of their own: name one by its number, from 0"},
		"no number":              {"/spec/plain/-", "'x'", "/spec/plain: the list has 1 items without names of their own: name one by its number, from 0"},
	} {
		t.Run(test, func(t *testing.T) {
			got, err := computeValue(t, newRules(each.path, each.expression), widgetKind, content)
			if err == nil || !strings.HasPrefix(err.Error(), each.want) {
				t.Errorf("got %s, %v, want %s", got, err, each.want)
			}
		})
	}
}

func TestSecretsAreEncodedAndKept(t *testing.T) {
	content := map[string]any{"data": map[string]any{"url": base64.StdEncoding.EncodeToString([]byte("postgres://user:hunter2@db")), "raw": "/w=="}}
	for name, test := range map[string]struct{ path, expression, want, err string }{
		"the text is decoded and encoded": {path: "/data/url", expression: "original + '/' + target.name", want: "postgres://user:hunter2@db/team-a"},
		"a new key":                       {path: "/data/new", expression: "target.name", want: "team-a"},
		"bytes that are no text are null": {path: "/data/raw", expression: "string(original == null)", want: "true"},
		"an error has no text of it":      {path: "/data/url", expression: "string(int(original))", err: "value spec.values[0]: it cannot be computed; the cause is left out, because it may have text of the Secret"},
		"other errors are whole":          {path: "/data/url", expression: "target.labels['nope']", err: "value spec.values[0]: the namespace has no label nope: add it, or give a default as in target.labels[?'nope'].orValue('…')"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := computeValue(t, rulesFor(secretKind, test.path, test.expression), secretKind, content)
			if test.err != "" {
				if err == nil || err.Error() != test.err {
					t.Errorf("got %v, want %s", err, test.err)
				}
				return
			}
			if want, _ := json.Marshal([]byte(test.want)); err != nil || got != string(want) {
				t.Errorf("got %s, %v, want %s", got, err, want)
			}
		})
	}
}

func TestConditions(t *testing.T) {
	for expression, want := range map[string]string{
		"target.labels.tier == 'gold'":       "true",
		"'none' in target.labels":            "false",
		"target.labels['none'] == 'x'":       "value spec.include[0]: the namespace has no label none: add it, or give a default as in target.labels[?'none'].orValue('…')",
		"dyn(target.name)":                   "value spec.include[0]: gives string, and a condition is a bool",
		"baseline.name.startsWith('web')":    "true",
		"target.name.matches('^team-[ab]$')": "true",
	} {
		compiled, errs := Compile(&v1alpha1.BaselineRules{Include: []v1alpha1.BaselineInclude{{Target: v1alpha1.ObjectTarget{Kind: "Widget"}, Expression: expression}}})
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		isTrue, err := compiled.IncludesOf(widgetKind, "x")[0].IsTrue(t.Context(), newTarget(), "web")
		got := map[bool]string{true: "true", false: "false"}[isTrue]
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", expression, got, want)
		}
	}
}

// FuzzCompute checks that no label can leave the text that it becomes a part of.
func FuzzCompute(f *testing.F) {
	for _, label := range []string{"a", `"`, "\\", "\n", `"},{"x":"`, "\u2028", "\xff", "{{ .x }}", "$(x)"} {
		f.Add(label)
	}
	compiled, errs := Compile(newRules("/spec/a", "'a:' + target.labels.x + ':z'"))
	if len(errs) > 0 {
		f.Fatal(errs)
	}
	value, _, err := compiled.ValuesOf(widgetKind, "x")[0].NewValue(schema.GroupKind{Kind: "Widget"}, map[string]any{"spec": map[string]any{"a": "x"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, label string) {
		got, err := value.Compute(t.Context(), &Target{Name: "n", Labels: map[string]string{"x": label}}, "web", "x")
		if err != nil {
			return // it is too long
		}
		var decoded any
		if err := json.Unmarshal(got, &decoded); err != nil {
			t.Fatalf("%s is no JSON: %v", got, err)
		}
		if want := "a:" + strings.ToValidUTF8(label, "\ufffd") + ":z"; decoded != want && len(label) == len(strings.ToValidUTF8(label, "")) {
			t.Errorf("got %q, want %q", decoded, want)
		}
	})
}

func BenchmarkCompute(b *testing.B) {
	compiled, errs := Compile(newRules("/spec/a", "target.name + '.' + target.labels[?'tier'].orValue('x') + '.apps.example.com'"))
	if len(errs) > 0 {
		b.Fatal(errs)
	}
	value, _, err := compiled.ValuesOf(widgetKind, "x")[0].NewValue(widgetKind, map[string]any{"spec": map[string]any{"a": "x"}})
	if err != nil {
		b.Fatal(err)
	}
	target := newTarget()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := value.Compute(b.Context(), target, "web", "x"); err != nil {
			b.Fatal(err)
		}
	}
}
