package manifest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	jsonpatch "gopkg.in/evanphx/json-patch.v4" // the one of the API server's patch handler
	"k8s.io/apimachinery/pkg/runtime/schema"
	kubejson "k8s.io/apimachinery/pkg/util/json"
)

const (
	// here is the source's name in the content of these tests.
	here = "seedbed-here"
	// labelTests are the operations that every patch begins with.
	labelTests = `{"op":"test","path":"/metadata/deletionTimestamp","value":null},{"op":"test","path":"/metadata/labels/seedbed.dev~1baseline","value":"web"}`
	// labelAddition is the operation that every patch ends with.
	labelAddition = `{"op":"add","path":"/metadata/labels/seedbed.dev~1backup","value":"new"}`
)

func TestNewPatchTestsWhatItChanges(t *testing.T) {
	tests := map[string]struct {
		old, new, want string
	}{
		"a value": {
			old: `{"data":{"a":"1","b":"2"}}`, new: `{"data":{"a":"3","b":"2"}}`,
			want: `{"op":"test","path":"/data/a","value":"1"},{"op":"replace","path":"/data/a","value":"3"}`,
		},
		"an added field": {
			old: `{"data":{"a":"1"}}`, new: `{"data":{"a":"1","b":"2"}}`,
			want: `{"op":"test","path":"/data/b","value":null},{"op":"add","path":"/data/b","value":"2"}`,
		},
		"an added object": {
			old: `{}`, new: `{"data":{"a":"1"}}`,
			want: `{"op":"test","path":"/data","value":null},{"op":"add","path":"/data","value":{"a":"1"}}`,
		},
		"a removed field": {
			old: `{"data":{"a":"1","b":"2"}}`, new: `{"data":{"a":"1"}}`,
			want: `{"op":"test","path":"/data/b","value":"2"},{"op":"remove","path":"/data/b"}`,
		},
		"null becomes a value": {
			old: `{"spec":{"a":null}}`, new: `{"spec":{"a":1}}`,
			want: `{"op":"test","path":"/spec/a","value":null},{"op":"add","path":"/spec/a","value":1}`,
		},
		"another type": {
			old: `{"spec":{"port":80}}`, new: `{"spec":{"port":"http"}}`,
			want: `{"op":"test","path":"/spec/port","value":80},{"op":"replace","path":"/spec/port","value":"http"}`,
		},
		"keys are escaped, in order": {
			old: `{"data":{"a/b":"1","a~b":"1","a":"1"}}`, new: `{"data":{"a/b":"2","a~b":"2","a":"2"}}`,
			want: `{"op":"test","path":"/data/a","value":"1"},{"op":"replace","path":"/data/a","value":"2"},` +
				`{"op":"test","path":"/data/a~1b","value":"1"},{"op":"replace","path":"/data/a~1b","value":"2"},` +
				`{"op":"test","path":"/data/a~0b","value":"1"},{"op":"replace","path":"/data/a~0b","value":"2"}`,
		},
		"text is escaped as the API server does": {
			old: `{"data":{"run":"a && b <c>"}}`, new: `{"data":{"run":"a && d"}}`,
			want: `{"op":"test","path":"/data/run","value":"a \u0026\u0026 b \u003cc\u003e"},{"op":"replace","path":"/data/run","value":"a \u0026\u0026 d"}`,
		},
		"integers beyond 2^53": {
			old: `{"spec":{"id":9007199254740993}}`, new: `{"spec":{"id":9007199254740995}}`,
			want: `{"op":"test","path":"/spec/id","value":9007199254740993},{"op":"replace","path":"/spec/id","value":9007199254740995}`,
		},
		"an item among named ones": {
			old:  `{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"1"}]}}`,
			new:  `{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"}]}}`,
			want: `{"op":"test","path":"/spec/containers/1/name","value":"b"},{"op":"test","path":"/spec/containers/1/image","value":"1"},{"op":"replace","path":"/spec/containers/1/image","value":"2"}`,
		},
		"an item more: the whole list": {
			old:  `{"spec":[{"name":"a"}]}`,
			new:  `{"spec":[{"name":"a"},{"name":"b"}]}`,
			want: `{"op":"test","path":"/spec","value":[{"name":"a"}]},{"op":"replace","path":"/spec","value":[{"name":"a"},{"name":"b"}]}`,
		},
		"items in another order: the whole list": {
			old:  `{"spec":[{"name":"a"},{"name":"b"}]}`,
			new:  `{"spec":[{"name":"b"},{"name":"a"}]}`,
			want: `{"op":"test","path":"/spec","value":[{"name":"a"},{"name":"b"}]},{"op":"replace","path":"/spec","value":[{"name":"b"},{"name":"a"}]}`,
		},
		"two items of one name: the whole list": {
			old:  `{"spec":[{"name":"a","v":1},{"name":"a"}]}`,
			new:  `{"spec":[{"name":"a","v":2},{"name":"a"}]}`,
			want: `{"op":"test","path":"/spec","value":[{"name":"a","v":1},{"name":"a"}]},{"op":"replace","path":"/spec","value":[{"name":"a","v":2},{"name":"a"}]}`,
		},
		"an item without a name: the whole list": {
			old:  `{"spec":[{"name":"a"},{"port":1}]}`,
			new:  `{"spec":[{"name":"a"},{"port":2}]}`,
			want: `{"op":"test","path":"/spec","value":[{"name":"a"},{"port":1}]},{"op":"replace","path":"/spec","value":[{"name":"a"},{"port":2}]}`,
		},
		"a list of texts": {
			old: `{"spec":["a"]}`, new: `{"spec":["b"]}`,
			want: `{"op":"test","path":"/spec","value":["a"]},{"op":"replace","path":"/spec","value":["b"]}`,
		},
		"a label": {
			old: `{"metadata":{"labels":{"app":"a"}}}`, new: `{"metadata":{"labels":{"app":"b"}}}`,
			want: `{"op":"test","path":"/metadata/labels/app","value":"a"},{"op":"replace","path":"/metadata/labels/app","value":"b"}`,
		},
		"the first label": {
			old: `{}`, new: `{"metadata":{"labels":{"app":"b"}}}`,
			want: `{"op":"test","path":"/metadata/labels/app","value":null},{"op":"add","path":"/metadata/labels/app","value":"b"}`,
		},
		"the namespace's name, in keys and values": {
			old:  `{"data":{"seedbed-here.x":"db.seedbed-here.svc"}}`,
			new:  `{"data":{"seedbed-here.x":"seedbed-here/seedbed-here"}}`,
			want: `{"op":"test","path":"/data/bar.x","value":"db.bar.svc"},{"op":"replace","path":"/data/bar.x","value":"bar/bar"}`,
		},
		"the version alone": {old: `{"apiVersion":"v1"}`, new: `{"apiVersion":"v1beta1"}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			from, to := objectOf(t, test.old), objectOf(t, test.new)
			patch := NewPatch(from, to)
			if patch == nil {
				t.Fatal("there is no patch")
			}
			sent := patch.Encode("bar", labelsOf("new"))
			want := "[" + strings.Join(dropEmpty(labelTests, test.want, labelAddition), ",") + "]"
			if diff := cmp.Diff(want, string(sent)); diff != "" {
				t.Error(diff)
			}
			patched, err := applyPatch(sent, sentObject(from, "old"))
			if err != nil {
				t.Fatalf("%s: %v", sent, err)
			}
			if diff := cmp.Diff(decodeObject(t, sentObject(to, "new")), decodeObject(t, patched)); diff != "" {
				t.Errorf("the patched object differs from the new one: %s", diff)
			}
		})
	}
}

func TestNewPatchIsNil(t *testing.T) {
	many := func(value string) string {
		fields := make([]string, maxPatchOperations/2+1)
		for i := range fields {
			fields[i] = fmt.Sprintf(`"k%d":%q`, i, value)
		}
		return `{"data":{` + strings.Join(fields, ",") + `}}`
	}
	tests := map[string]struct {
		old, new string
		kind     schema.GroupVersionKind
	}{
		"too many operations":       {old: many("a"), new: many("b")},
		"too many bytes":            {old: `{"data":{"a":"1"}}`, new: `{"data":{"a":"` + strings.Repeat("x", maxPatchBytes) + `"}}`},
		"another version":           {old: `{"data":{"a":"1"}}`, new: `{"data":{"a":"2"}}`, kind: schema.GroupVersionKind{Version: "v2", Kind: "ConfigMap"}},
		"spec.replicas":             {old: `{"spec":{"replicas":1}}`, new: `{"spec":{"replicas":2}}`},
		"spec.replicas is added":    {old: `{"spec":{}}`, new: `{"spec":{"replicas":2}}`},
		"a spec with replicas":      {old: `{}`, new: `{"spec":{"replicas":2}}`},
		"another kind":              {old: `{"kind":"A"}`, new: `{"kind":"B"}`},
		"another name":              {old: `{"metadata":{"name":"a"}}`, new: `{"metadata":{"name":"b"}}`},
		"another namespace":         {old: `{"metadata":{"namespace":"a"}}`, new: `{"metadata":{}}`},
		"null in a list":            {old: `{"spec":{"a":[null]}}`, new: `{"spec":{"a":[1]}}`},
		"null in a list of objects": {old: `{"spec":{"a":[{"b":[1,null]}]}}`, new: `{"spec":{"a":[]}}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			from, to := objectOf(t, test.old), objectOf(t, test.new)
			if test.kind.Kind != "" {
				to.Kind = test.kind
			}
			if patch := NewPatch(from, to); patch != nil {
				t.Errorf("got %.200s", patch.Encode("bar", Labels{}))
			}
		})
	}
	from, to := objectOf(t, `{"secrets":[]}`), objectOf(t, `{"secrets":[{"name":"a"}]}`)
	from.Kind = serviceAccountKind.WithVersion("v1")
	to.Kind = from.Kind
	if NewPatch(from, to) != nil {
		t.Error("a ServiceAccount is patched")
	}
}

func TestPatchKeepsOrRefuses(t *testing.T) {
	from := objectOf(t, `{"data":{"a":"1","b":"2"},"spec":{"c":[{"name":"x","v":1}]}}`)
	to := objectOf(t, `{"data":{"a":"1","b":"3"},"spec":{"c":[{"name":"x","v":2}]}}`)
	tests := map[string]struct {
		live, refused string
		want          string
	}{
		"another field was added":              {live: `{"metadata":{"labels":{"seedbed.dev/baseline":"web"}},"data":{"b":"2","z":"9"},"spec":{"c":[{"name":"x","v":1},{"name":"y"}]}}`, want: `{"metadata":{"labels":{"seedbed.dev/baseline":"web","seedbed.dev/backup":"new"}},"data":{"b":"3","z":"9"},"spec":{"c":[{"name":"x","v":2},{"name":"y"}]}}`},
		"the field was changed":                {live: `{"metadata":{"labels":{"seedbed.dev/baseline":"web"}},"data":{"b":"9"},"spec":{"c":[{"name":"x","v":1}]}}`, refused: "/data/b"},
		"the field was removed":                {live: `{"metadata":{"labels":{"seedbed.dev/baseline":"web"}},"data":{"a":"1"},"spec":{"c":[{"name":"x","v":1}]}}`, refused: "/data/b"},
		"its object was removed":               {live: `{"metadata":{"labels":{"seedbed.dev/baseline":"web"}},"spec":{"c":[{"name":"x","v":1}]}}`, refused: "/data/b"},
		"an item was put in front":             {live: `{"metadata":{"labels":{"seedbed.dev/baseline":"web"}},"data":{"b":"2"},"spec":{"c":[{"name":"y"},{"name":"x","v":1}]}}`, refused: "/spec/c/0/name"},
		"the list was emptied":                 {live: `{"metadata":{"labels":{"seedbed.dev/baseline":"web"}},"data":{"b":"2"},"spec":{"c":[]}}`, refused: "/spec/c/0"},
		"the label was removed":                {live: `{"metadata":{"labels":{}},"data":{"b":"2"},"spec":{"c":[{"name":"x","v":1}]}}`, refused: "/metadata/labels/seedbed.dev~1baseline"},
		"all labels were removed":              {live: `{"metadata":{},"data":{"b":"2"},"spec":{"c":[{"name":"x","v":1}]}}`, refused: "/metadata/labels/seedbed.dev~1baseline"},
		"it belongs to another":                {live: `{"metadata":{"labels":{"seedbed.dev/baseline":"other"}},"data":{"b":"2"},"spec":{"c":[{"name":"x","v":1}]}}`, refused: "/metadata/labels/seedbed.dev~1baseline"},
		"it is terminating":                    {live: `{"metadata":{"deletionTimestamp":"2026-11-29T12:00:00Z","labels":{"seedbed.dev/baseline":"web"}},"data":{"b":"2"},"spec":{"c":[{"name":"x","v":1}]}}`, refused: "/metadata/deletionTimestamp"},
		"it was patched by an earlier attempt": {live: `{"metadata":{"labels":{"seedbed.dev/baseline":"web"}},"data":{"a":"1","b":"3"},"spec":{"c":[{"name":"x","v":2}]}}`, refused: "/data/b"},
	}
	sent := NewPatch(from, to).Encode("bar", labelsOf("new"))
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			patched, err := applyPatch(sent, []byte(test.live))
			if test.refused != "" {
				if err == nil || !strings.Contains(err.Error(), test.refused) {
					t.Errorf("got %s, %v; want it refused for %s", patched, err, test.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(decodeObject(t, []byte(test.want)), decodeObject(t, patched)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestNullMatchesAnAbsentField holds the library to the one property of null that a patch relies on.
func TestNullMatchesAnAbsentField(t *testing.T) {
	for name, test := range map[string]struct {
		live    string
		refused bool
	}{
		"absent":           {live: `{"data":{}}`},
		"null":             {live: `{"data":{"a":null}}`},
		"empty text":       {live: `{"data":{"a":""}}`, refused: true},
		"an absent parent": {live: `{}`, refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := applyPatch([]byte(`[{"op":"test","path":"/data/a","value":null}]`), []byte(test.live))
			if (err != nil) != test.refused {
				t.Errorf("got %v, want refused: %t", err, test.refused)
			}
		})
	}
}

func TestPatchWithoutOwnerTestsNoLabel(t *testing.T) {
	patch := NewPatch(objectOf(t, `{"a":1}`), objectOf(t, `{"a":2}`))
	got := string(patch.Encode("bar", Labels{}))
	want := `[{"op":"test","path":"/metadata/deletionTimestamp","value":null},{"op":"test","path":"/a","value":1},{"op":"replace","path":"/a","value":2}]`
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func objectOf(tb testing.TB, content string) Object {
	tb.Helper()
	return Object{Kind: schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}, Key: "configmaps/x", Name: "x", Body: bodyOf(tb, decodeObject(tb, []byte(content)), here)}
}

func labelsOf(backup string) Labels {
	return NewLabels(map[string]string{"seedbed.dev/baseline": "web", "seedbed.dev/backup": backup}).WithOwner("seedbed.dev/baseline")
}

// sentObject returns an object as a restore creates it.
func sentObject(object Object, backup string) []byte {
	return object.Body.Encode(schema.GroupVersion{Version: "v1"}, "bar", labelsOf(backup))
}

func applyPatch(sent, live []byte) ([]byte, error) {
	patch, err := jsonpatch.DecodePatch(sent)
	if err != nil {
		return nil, fmt.Errorf("decoding: %w", err)
	}
	return patch.Apply(live)
}

func decodeObject(tb testing.TB, encoded []byte) map[string]any {
	tb.Helper()
	out := map[string]any{}
	if err := kubejson.Unmarshal(encoded, &out); err != nil {
		tb.Fatalf("%s: %v", encoded, err)
	}
	return out
}

func dropEmpty(texts ...string) (kept []string) {
	for _, text := range texts {
		if text != "" {
			kept = append(kept, text)
		}
	}
	return kept
}

// Each changed object of each namespace is patched once.
func BenchmarkPatchEncode(b *testing.B) {
	patch := NewPatch(objectOf(b, `{"data":{"password":"old"}}`), objectOf(b, `{"data":{"password":"new"}}`))
	labels := labelsOf("new")
	b.ReportAllocs()
	for b.Loop() {
		patch.Encode("bar", labels)
	}
}
