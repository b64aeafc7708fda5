package manifest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestTemplateIsFilled(t *testing.T) {
	mark := func(number int) string { return ValueMark(here, number) }
	tests := map[string]struct {
		content map[string]any
		values  []string
		want    string
	}{
		"a value": {
			content: map[string]any{"kind": "X", "a": mark(0), "b": "c"}, values: []string{`"v"`},
			want: `{"apiVersion":"v1","kind":"X","a":"v","b":"c","metadata":{"labels":{"new":"label"}}}`,
		},
		"numbers, lists and maps take the place of the quotes too": {
			content: map[string]any{"kind": "X", "a": mark(0), "b": []any{mark(1), mark(2)}}, values: []string{`20`, `["x"]`, `{"y":1}`},
			want: `{"apiVersion":"v1","kind":"X","a":20,"b":[["x"],{"y":1}],"metadata":{"labels":{"new":"label"}}}`,
		},
		"one value in two places": {
			content: map[string]any{"kind": "X", "a": mark(0), "b": mark(0)}, values: []string{`true`},
			want: `{"apiVersion":"v1","kind":"X","a":true,"b":true,"metadata":{"labels":{"new":"label"}}}`,
		},
		"beside the namespace's name": {
			content: map[string]any{"kind": here, "a": mark(0), "b": here + mark(1), "c": "x." + here}, values: []string{`"v"`},
			want: `{"apiVersion":"v1","kind":"bar","a":"v","b":"barbar/value-1/","c":"x.bar","metadata":{"labels":{"new":"label"}}}`,
		},
		"labels": {
			content: labelledObject(map[string]any{"a": mark(0), "z": mark(1)}), values: []string{`"v"`, `"w"`},
			want: `{"apiVersion":"v1","kind":"X","metadata":{"name":"x","labels":{"a":"v","z":"w","new":"label"}}}`,
		},
		"a value like a mark, a placeholder or the place of the labels": {
			content: map[string]any{"kind": "X", "a": mark(0), "b": mark(1)}, values: []string{`"` + mark(1) + `"`, `"` + here + `/labels"`},
			want: `{"apiVersion":"v1","kind":"X","a":"` + mark(1) + `","b":"` + here + `/labels","metadata":{"labels":{"new":"label"}}}`,
		},
		"text of JSON stays text": {
			content: map[string]any{"kind": "X", "a": mark(0)}, values: []string{`"\",\"kind\":\"Y"`},
			want: `{"apiVersion":"v1","kind":"X","a":"\",\"kind\":\"Y","metadata":{"labels":{"new":"label"}}}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			template, err := NewTemplate(test.content, here, len(test.values))
			if err != nil {
				t.Fatal(err)
			}
			var values [][]byte
			for _, value := range test.values {
				values = append(values, []byte(value))
			}
			for range 2 { // filling changes nothing
				sent := template.Fill(values).Encode(schema.GroupVersion{Version: "v1"}, "bar", NewLabels(map[string]string{"new": "label"}))
				if diff := cmp.Diff(decodeObject(t, []byte(test.want)), decodeObject(t, sent)); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestTemplateNeedsAPlaceForEachValue(t *testing.T) {
	if _, err := NewTemplate(map[string]any{"kind": "X", "a": ValueMark(here, 1)}, here, 2); err == nil {
		t.Error("a value without a place was taken")
	}
}

// A filled template is the body that the object would have had.
func TestFilledTemplateEqualsTheBody(t *testing.T) {
	content := func(a, b any) map[string]any {
		return map[string]any{"kind": "X", "a": a, "n": here, "metadata": map[string]any{"name": "x", "labels": map[string]any{"l": b, "z": "1"}}}
	}
	template, err := NewTemplate(content(ValueMark(here, 1), ValueMark(here, 0)), here, 2)
	if err != nil {
		t.Fatal(err)
	}
	body, err := NewBody(content([]any{"x"}, "y"), here)
	if err != nil {
		t.Fatal(err)
	}
	if filled := template.Fill([][]byte{[]byte(`"y"`), []byte(`["x"]`)}); !filled.Equal(body) {
		t.Errorf("%+v is not %+v", filled, body)
	}
}

func TestWithNamespace(t *testing.T) {
	value := map[string]any{"a": []any{"x." + here + ".svc", int64(1)}, here: nil, "b": here + here}
	want := map[string]any{"a": []any{"x.bar.svc", int64(1)}, "bar": nil, "b": "barbar"}
	if diff := cmp.Diff(want, WithNamespace(value, here, "bar")); diff != "" {
		t.Error(diff)
	}
}
