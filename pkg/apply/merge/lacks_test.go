package merge

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestLacksFindsRemovedFields(t *testing.T) {
	type object = map[string]any
	item := func(name string, fields object) object {
		fields["name"] = name
		return fields
	}
	tests := map[string]struct {
		live  object
		bases []object
		want  bool
	}{
		"no base":                   {object{"a": "x"}, nil, false},
		"the same":                  {object{"a": "x"}, []object{{"a": "x"}}, false},
		"another value":             {object{"a": "y"}, []object{{"a": "x"}}, false},
		"another shape":             {object{"a": "y"}, []object{{"a": object{"b": "x"}}}, false},
		"a field more":              {object{"a": "x", "b": "x"}, []object{{"a": "x"}}, false},
		"a field less":              {object{}, []object{{"a": "x"}}, true},
		"a null less":               {object{}, []object{{"a": nil}}, false},
		"a field of one base":       {object{}, []object{{"a": "x"}, {}}, false},
		"a field of both bases":     {object{}, []object{{"a": "x"}, {"a": "y"}}, true},
		"a field below less":        {object{"a": object{}}, []object{{"a": object{"b": "x"}}}, true},
		"a field below, of one":     {object{"a": object{}}, []object{{"a": object{"b": "x"}}, {"a": object{}}}, false},
		"an item less":              {object{"a": []any{}}, []object{{"a": []any{item("x", object{})}}}, true},
		"an item's field less":      {object{"a": []any{item("x", object{})}}, []object{{"a": []any{item("x", object{"b": "x"})}}}, true},
		"an item of no name":        {object{"a": []any{}}, []object{{"a": []any{"x"}}}, false},
		"a label less":              {object{"metadata": object{}}, []object{{"metadata": object{"labels": object{"a": "x"}}}}, true},
		"a finalizer and status":    {object{}, []object{{"status": object{"a": "x"}, "metadata": object{"finalizers": []any{"x"}}}}, false},
		"an object in place of one": {object{"a": object{"b": "x"}}, []object{{"a": "x"}}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var bases []*unstructured.Unstructured
			for _, base := range test.bases {
				bases = append(bases, &unstructured.Unstructured{Object: base})
			}
			if Lacks(&unstructured.Unstructured{Object: test.live}, bases) != test.want {
				t.Errorf("want %v", test.want)
			}
		})
	}
}
