package apply

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestOverwriteKeepsIdentityAndOtherPeoplesMarks(t *testing.T) {
	live := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "status": "theirs",
		"metadata": map[string]any{
			"name": "a", "namespace": "bar", "uid": "1", "resourceVersion": "7",
			"labels": map[string]any{"team": "x", "app": "old"}, "finalizers": []any{"f"},
			"ownerReferences": []any{map[string]any{"apiVersion": "v1", "kind": "Owner", "name": "o", "uid": "2"}},
		},
		"data": map[string]any{"extra": "1", "a": "old"},
	}}
	desired := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "a", "labels": map[string]any{"app": "new"}},
		"data": map[string]any{"a": "new"},
	}}
	want := map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "status": "theirs",
		"metadata": map[string]any{
			"name": "a", "namespace": "bar", "uid": "1", "resourceVersion": "7",
			"labels": map[string]any{"team": "x", "app": "new"}, "finalizers": []any{"f"},
			"ownerReferences": []any{map[string]any{"apiVersion": "v1", "kind": "Owner", "name": "o", "uid": "2"}},
		},
		"data": map[string]any{"a": "new"},
	}
	if diff := cmp.Diff(want, overwrite(live, desired).Object); diff != "" {
		t.Error(diff)
	}
}

func TestAddNamedAddsWhatIsMissing(t *testing.T) {
	named := func(names ...string) []any {
		var out []any
		for _, name := range names {
			out = append(out, map[string]any{"name": name})
		}
		return out
	}
	tests := map[string]struct{ have, add, want any }{
		"both have some":          {named("a"), named("a", "b", "b"), named("a", "b")},
		"the live one has none":   {nil, named("a"), named("a")},
		"the backup has none":     {named("a"), nil, named("a")},
		"odd shapes are no names": {"text", named("a"), named("a")},
		"nobody has any":          {nil, nil, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			into := &unstructured.Unstructured{Object: map[string]any{}}
			if test.have != nil {
				into.Object["secrets"] = test.have
			}
			addNamed(into, &unstructured.Unstructured{Object: map[string]any{"secrets": test.add}}, "secrets")
			if diff := cmp.Diff(test.want, into.Object["secrets"]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFoldStringDataIsWhatTheAPIServerDoes(t *testing.T) {
	secret := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret",
		"data": map[string]any{"a": "b2xk", "b": "Yg=="}, "stringData": map[string]any{"a": "new"},
	}}
	foldStringData(secret)
	want := map[string]any{"apiVersion": "v1", "kind": "Secret", "data": map[string]any{"a": "bmV3", "b": "Yg=="}}
	if diff := cmp.Diff(want, secret.Object); diff != "" {
		t.Error(diff)
	}
	other := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "g/v1", "kind": "Secret", "stringData": map[string]any{"a": "new"}}}
	foldStringData(other)
	if _, found := other.Object["data"]; found {
		t.Error("another group's Secret was folded")
	}
}

func TestALabelKeepsAnObjectForTheBaselineThatBroughtIt(t *testing.T) {
	live := &unstructured.Unstructured{Object: map[string]any{}}
	live.SetLabels(map[string]string{"owner": "first"})
	second := map[string]string{"owner": "second"}
	tests := map[string]struct {
		target Target
		want   string
	}{
		"another baseline's":                    {Target{OwnerLabel: "owner", Labels: second, TrustLabels: true}, "first"},
		"its own":                               {Target{OwnerLabel: "owner", Labels: map[string]string{"owner": "first"}}, ""},
		"by hand, which is nobody's second":     {Target{Labels: second}, ""},
		"proof is asked for, and there is":      {Target{OwnerLabel: "owner", Labels: second, Brought: func(b, k string) bool { return b == "first" && k == "things/a" }}, "first"},
		"proof is asked for, and there is none": {Target{OwnerLabel: "owner", Labels: second, Brought: func(string, string) bool { return false }}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := &writing{target: test.target, object: Object{Key: "things/a"}}
			if got := w.broughtByAnother(live); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
