package merge

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type fields = map[string]any

// named returns a list of items with those names, each with the same fields.
func named(extra fields, names ...string) []any {
	out := make([]any, 0, len(names))
	for _, name := range names {
		item := fields{"name": name}
		maps.Copy(item, extra)
		out = append(out, item)
	}
	return out
}

func TestThreeWayMergesField(t *testing.T) {
	tests := map[string]struct {
		bases               []any // values of the field x
		live, desired, want any
		conflict            string // the path
	}{
		"unchanged":                                 {bases: []any{"a"}, live: "mine", desired: "a", want: "mine"},
		"changed":                                   {bases: []any{"a"}, live: "a", desired: "b", want: "b"},
		"changed on both sides":                     {bases: []any{"a"}, live: "mine", desired: "b", conflict: "x"},
		"changed to the same":                       {bases: []any{"a"}, live: "b", desired: "b", want: "b"},
		"added":                                     {bases: []any{nil}, live: nil, desired: "b", want: "b"},
		"added on both sides":                       {bases: []any{nil}, live: "mine", desired: "b", conflict: "x"},
		"removed":                                   {bases: []any{"a"}, live: "a", desired: nil, want: nil},
		"removed by the tenant":                     {bases: []any{"a"}, live: nil, desired: "b", conflict: "x"},
		"removed on both sides":                     {bases: []any{"a"}, live: nil, desired: nil, want: nil},
		"of one of two bases":                       {bases: []any{"a", "b"}, live: "b", desired: "c", want: "c"},
		"of the base that desired is not":           {bases: []any{"a", "b"}, live: "b", desired: "a", want: "a"},
		"of no base":                                {bases: []any{"a", "b"}, live: "mine", desired: "a", conflict: "x"},
		"a field of the tenant":                     {bases: []any{fields{"a": "1"}}, live: fields{"a": "1", "m": "x"}, desired: fields{"a": "2"}, want: fields{"a": "2", "m": "x"}},
		"each field of another base":                {bases: []any{fields{"a": "1", "b": "1"}, fields{"a": "2", "b": "2"}}, live: fields{"a": "1", "b": "2"}, desired: fields{"a": "3", "b": "3"}, want: fields{"a": "3", "b": "3"}},
		"an object that goes":                       {bases: []any{fields{"a": "1"}}, live: fields{"a": "1"}, desired: nil, want: nil},
		"an object that goes but for the tenant's":  {bases: []any{fields{"a": "1"}}, live: fields{"a": "1", "m": "x"}, desired: nil, want: fields{"m": "x"}},
		"an empty object that goes":                 {bases: []any{fields{}}, live: fields{}, desired: nil, want: nil},
		"an empty object that the tenant filled":    {bases: []any{fields{}}, live: fields{"m": "x"}, desired: nil, conflict: "x"},
		"an empty object that comes":                {bases: []any{nil}, live: nil, desired: fields{}, want: fields{}},
		"an object that both add":                   {bases: []any{nil}, live: fields{"m": "x"}, desired: fields{"a": "1"}, want: fields{"a": "1", "m": "x"}},
		"an object that the tenant removed":         {bases: []any{fields{"a": "1"}}, live: nil, desired: fields{"a": "1", "b": "1"}, conflict: "x"},
		"an object that was emptied before":         {bases: []any{fields{"a": "1", "b": "1"}}, live: nil, desired: fields{"a": "1"}, want: nil},
		"another shape":                             {bases: []any{fields{"a": "1"}}, live: fields{"a": "1"}, desired: []any{"a"}, want: []any{"a"}},
		"another shape of the tenant":               {bases: []any{fields{"a": "1"}}, live: "mine", desired: fields{"a": "2"}, conflict: "x"},
		"a list as a whole":                         {bases: []any{[]any{"a"}}, live: []any{"a"}, desired: []any{"a", "b"}, want: []any{"a", "b"}},
		"a list of the tenant":                      {bases: []any{[]any{"a"}}, live: []any{"mine"}, desired: []any{"a", "b"}, conflict: "x"},
		"an item's field":                           {bases: []any{named(fields{"v": "1"}, "a")}, live: named(fields{"v": "1", "m": "x"}, "mine", "a"), desired: named(fields{"v": "2"}, "a"), want: []any{fields{"name": "mine", "v": "1", "m": "x"}, fields{"name": "a", "v": "2", "m": "x"}}},
		"an item's field of the tenant":             {bases: []any{named(fields{"v": "1"}, "a")}, live: named(fields{"v": "9"}, "a"), desired: named(fields{"v": "2"}, "a"), conflict: "x[a].v"},
		"an item after its predecessor":             {bases: []any{named(nil, "a", "c")}, live: named(nil, "a", "mine", "c"), desired: named(nil, "a", "b", "c"), want: named(nil, "a", "b", "mine", "c")},
		"an item that comes first":                  {bases: []any{named(nil, "a")}, live: named(nil, "mine", "a"), desired: named(nil, "z", "a"), want: named(nil, "z", "mine", "a")},
		"an item that goes":                         {bases: []any{named(nil, "a", "b")}, live: named(nil, "mine", "b", "a"), desired: named(nil, "a"), want: named(nil, "mine", "a")},
		"an item that goes and that was changed":    {bases: []any{named(nil, "a", "b")}, live: []any{fields{"name": "a"}, fields{"name": "b", "m": "x"}}, desired: named(nil, "a"), conflict: "x[b]"},
		"an item that the tenant removed stays so":  {bases: []any{named(nil, "a", "b")}, live: named(nil, "a"), desired: named(nil, "a", "b", "c"), want: named(nil, "a", "c")},
		"items in another order":                    {bases: []any{named(nil, "a", "b")}, live: named(nil, "a", "b"), desired: named(nil, "b", "a"), want: named(nil, "b", "a")},
		"items in another order, beside a tenant's": {bases: []any{named(nil, "a", "b")}, live: named(nil, "a", "b", "mine"), desired: named(nil, "b", "a"), want: named(nil, "a", "b", "mine")},
		"items with the same name":                  {bases: []any{named(nil, "a", "a")}, live: named(nil, "a", "a"), desired: named(nil, "a"), want: named(nil, "a")},
		"all items that go":                         {bases: []any{named(nil, "a")}, live: named(nil, "a", "mine"), desired: nil, want: named(nil, "mine")},
		"a null":                                    {bases: []any{fields{"a": nil}}, live: fields{"b": nil}, desired: fields{"a": "1"}, want: fields{"a": "1", "b": nil}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			wrap := func(value any) *unstructured.Unstructured {
				return &unstructured.Unstructured{Object: fields{"metadata": fields{"name": "web"}, "x": value}}
			}
			var bases []*unstructured.Unstructured
			for _, base := range test.bases {
				bases = append(bases, wrap(base))
			}
			live := wrap(test.live)
			merged, conflicts := ThreeWay(live, live.DeepCopy(), wrap(test.desired), bases)
			if test.conflict != "" {
				if len(conflicts) != 1 || conflicts[0].Path.String() != test.conflict || conflicts[0].Removed != (test.live == nil) {
					t.Errorf("the conflicts are %v, want %s", conflicts, test.conflict)
				}
				return
			}
			if diff := cmp.Diff(test.want, merged.Object["x"]); diff != "" || len(conflicts) > 0 {
				t.Errorf("the conflicts are %v: %s", conflicts, diff)
			}
			if diff := cmp.Diff(wrap(test.live).Object, live.Object); diff != "" {
				t.Errorf("the live object was changed: %s", diff)
			}
		})
	}
}

func TestThreeWayOwnedReplacesEachValue(t *testing.T) {
	wrap := func(value any) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: fields{"metadata": fields{"name": "web"}, "x": value}}
	}
	for name, test := range map[string]struct {
		base, live, desired, want any
		removed                   string // the path of the conflict
	}{
		"another value":                     {base: "a", live: "older", desired: "b", want: "b"},
		"another value that stays":          {base: "a", live: "older", desired: "a", want: "older"},
		"another value that goes":           {base: "a", live: "older", desired: nil, want: nil},
		"another shape":                     {base: fields{"a": "1"}, live: "older", desired: fields{"a": "2"}, want: fields{"a": "2"}},
		"a list as a whole":                 {base: []any{"a"}, live: []any{"older"}, desired: []any{"a", "b"}, want: []any{"a", "b"}},
		"an item that goes":                 {base: named(fields{"v": "1"}, "a", "b"), live: named(fields{"v": "older"}, "a", "b"), desired: named(fields{"v": "1"}, "a"), want: named(fields{"v": "older"}, "a")},
		"another value beside a field less": {base: fields{"a": "1", "b": "1"}, live: fields{"a": "older"}, desired: fields{"a": "2", "b": "1"}, want: fields{"a": "2"}},
		"another value beside an item less": {base: named(fields{"v": "1"}, "a", "b"), live: named(fields{"v": "older"}, "a"), desired: named(fields{"v": "2"}, "a", "b"), removed: "x[b]"},
		"a changed field less":              {base: fields{"a": "1", "b": "1"}, live: fields{"a": "older"}, desired: fields{"a": "1", "b": "2"}, removed: "x.b"},
		"a field more":                      {base: fields{"a": "1"}, live: fields{"a": "older", "m": "x"}, desired: fields{"a": "2"}, want: fields{"a": "2", "m": "x"}},
	} {
		t.Run(name, func(t *testing.T) {
			live := wrap(test.live)
			merged, conflicts := ThreeWayOwned(live, live.DeepCopy(), wrap(test.desired), []*unstructured.Unstructured{wrap(test.base)})
			if test.removed != "" {
				if len(conflicts) != 1 || conflicts[0].Path.String() != test.removed || !conflicts[0].Removed {
					t.Errorf("the conflicts are %v, want %s, removed", conflicts, test.removed)
				}
				return
			}
			if diff := cmp.Diff(test.want, merged.Object["x"]); diff != "" || len(conflicts) > 0 {
				t.Errorf("the conflicts are %v: %s", conflicts, diff)
			}
		})
	}
}

func TestThreeWayKeepsIdentity(t *testing.T) {
	object := func(value string) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: fields{
			"apiVersion": "v" + value, "kind": value, "status": fields{"phase": value},
			"metadata": fields{"name": value, "uid": value, "finalizers": []any{value}, "labels": fields{"a": value}, "annotations": fields{"a": value}},
		}}
	}
	live := object("1")
	live.SetLabels(map[string]string{"a": "1", "seedbed.dev/baseline": "web"})
	merged, conflicts := ThreeWay(live, live.DeepCopy(), object("2"), []*unstructured.Unstructured{object("1")})
	want := object("1")
	want.SetLabels(map[string]string{"a": "2", "seedbed.dev/baseline": "web"})
	want.SetAnnotations(map[string]string{"a": "2"})
	if diff := cmp.Diff(want.Object, merged.Object); diff != "" || len(conflicts) > 0 {
		t.Errorf("the conflicts are %v: %s", conflicts, diff)
	}
}

func TestThreeWayKeepsFieldsThatNoRuleWrites(t *testing.T) {
	port := func(number int64, more fields) fields {
		out := fields{"name": "http", "port": number}
		maps.Copy(out, more)
		return out
	}
	service := func(port fields, more fields) *unstructured.Unstructured {
		spec := fields{"ports": []any{port}}
		maps.Copy(spec, more)
		return &unstructured.Unstructured{Object: fields{"metadata": fields{"name": "web"}, "spec": spec}}
	}
	live := service(port(80, fields{"nodePort": int64(30080)}), fields{"clusterIP": "10.0.0.7"})
	base := service(port(80, nil), nil)
	merged, conflicts := ThreeWay(live, base.DeepCopy(), service(port(81, nil), nil), []*unstructured.Unstructured{base})
	want := service(port(81, fields{"nodePort": int64(30080)}), fields{"clusterIP": "10.0.0.7"})
	if diff := cmp.Diff(want.Object, merged.Object); diff != "" || len(conflicts) > 0 {
		t.Errorf("the conflicts are %v: %s", conflicts, diff)
	}
	var paths []string
	for _, path := range Changes(live, merged) {
		paths = append(paths, path.String())
	}
	if diff := cmp.Diff([]string{"spec.ports[http].port"}, paths); diff != "" {
		t.Error(diff)
	}
}
