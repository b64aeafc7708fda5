package merge

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// namesOf returns the names on the paths of differences.
func namesOf(differences []Conflict) [][]string {
	var fields [][]string
	for _, difference := range differences {
		var names []string
		for _, step := range difference.Path {
			names = append(names, step.Name)
		}
		fields = append(fields, names)
	}
	return fields
}

func TestAdoptChangesTheFieldsAlone(t *testing.T) {
	type object = map[string]any
	for name, test := range map[string]struct {
		live, desired object
		fields        [][]string
		want          object
	}{
		"none": {live: object{"a": "1"}, desired: object{"a": "2"}, want: object{"a": "1"}},
		"a value": {
			live: object{"data": object{"a": "1", "b": "1"}}, desired: object{"data": object{"a": "2", "b": "2"}}, fields: [][]string{{"data", "a"}},
			want: object{"data": object{"a": "2", "b": "1"}},
		},
		"a value that desired lacks": {
			live: object{"data": object{"a": "1", "b": "1"}}, desired: object{"data": object{"a": "1"}}, fields: [][]string{{"data", "b"}},
			want: object{"data": object{"a": "1"}},
		},
		"one label of an object without labels": {
			live: object{"metadata": object{"name": "x"}}, desired: object{"metadata": object{"labels": object{"a": "1", "b": "1"}}}, fields: [][]string{{"metadata", "labels", "a"}},
			want: object{"metadata": object{"name": "x", "labels": object{"a": "1"}}},
		},
		"an object that is gone since": {
			live: object{}, desired: object{"spec": object{"a": "1", "b": "1"}}, fields: [][]string{{"spec", "a"}}, want: object{"spec": object{"a": "1"}},
		},
		"an item's field": {
			live:    object{"list": []any{object{"name": "a", "x": "1"}, object{"name": "own"}}},
			desired: object{"list": []any{object{"name": "a", "x": "2", "y": "2"}}}, fields: [][]string{{"list", "a", "x"}},
			want: object{"list": []any{object{"name": "a", "x": "2"}, object{"name": "own"}}},
		},
		"an item that is missing": {
			live:    object{"list": []any{object{"name": "b"}}},
			desired: object{"list": []any{object{"name": "a"}, object{"name": "b"}, object{"name": "c"}}}, fields: [][]string{{"list", "a"}},
			want: object{"list": []any{object{"name": "a"}, object{"name": "b"}}},
		},
		"an item that was added": {
			live: object{"list": []any{object{"name": "a"}, object{"name": "own"}}}, desired: object{"list": []any{object{"name": "a"}}}, fields: [][]string{{"list", "own"}},
			want: object{"list": []any{object{"name": "a"}}},
		},
		"another shape since": {
			live: object{"list": "text"}, desired: object{"list": []any{object{"name": "a"}}}, fields: [][]string{{"list", "a"}},
			want: object{"list": []any{object{"name": "a"}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			live, desired := (&unstructured.Unstructured{Object: test.live}).DeepCopy(), (&unstructured.Unstructured{Object: test.desired}).DeepCopy()
			if diff := cmp.Diff(test.want, Adopt(live, desired, test.fields).Object); diff != "" {
				t.Errorf("(want, got): %s", diff)
			}
			if diff := cmp.Diff(test.live, live.Object); diff != "" {
				t.Errorf("it changes the live object: %s", diff)
			}
		})
	}
}

// FuzzAdopt checks that the fields that Correct returns lead to the object that it returns.
func FuzzAdopt(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		g := &generator{data}
		desired := g.object()
		live := g.edit(desired)
		exact := g.next(2) == 0
		corrected, differences := Correct(live.DeepCopy(), live.DeepCopy(), desired.DeepCopy(), Correction{Exact: exact, Keep: func(Path, bool) bool { return g.next(4) == 0 }})
		adopted := Adopt(live, desired, namesOf(differences))
		if !equalValues(corrected.Object, adopted.Object) {
			t.Errorf("%v lead to another object (corrected, adopted): %s", differences, cmp.Diff(corrected.Object, adopted.Object))
		}
	})
}

func TestEqualAtComparesOneField(t *testing.T) {
	object := func(image string) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{
			"containers": []any{map[string]any{"name": "app", "image": image}}, "empty": nil,
		}}}
	}
	containers := Path{}.key("spec").key("containers")
	for name, test := range map[string]struct {
		path Path
		want bool
	}{
		"another image":    {path: containers.item("app").key("image")},
		"the same name":    {path: containers.item("app").key("name"), want: true},
		"no such item":     {path: containers.item("none"), want: true},
		"a null":           {path: Path{}.key("spec").key("empty"), want: true},
		"below a text":     {path: containers.item("app").key("image").key("x"), want: true},
		"the whole object": {path: Path{}.key("spec")},
	} {
		t.Run(name, func(t *testing.T) {
			if got := EqualAt(test.path, object("a"), object("b")); got != test.want {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}
