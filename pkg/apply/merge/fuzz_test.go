package merge

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// generator makes JSON values from the bytes of a fuzzer. The keys are few, so that the versions of an object share many.
type generator struct{ data []byte }

func (g *generator) next(bound int) int {
	if len(g.data) == 0 {
		return 0
	}
	b := g.data[0]
	g.data = g.data[1:]
	return int(b) % bound
}

func (g *generator) value(depth int) any {
	switch kind := g.next(8); {
	case kind == 0:
		return nil
	case kind < 3 || depth == 0:
		return int64(g.next(3))
	case kind < 6:
		return g.fields(depth)
	default:
		return g.list(depth, kind == 7)
	}
}

func (g *generator) fields(depth int) map[string]any {
	out := map[string]any{}
	for range g.next(6) {
		out[string(rune('a'+g.next(3)))] = g.value(depth - 1)
	}
	return out
}

func (g *generator) list(depth int, named bool) []any {
	out := []any{}
	for range g.next(4) {
		item := g.value(depth - 1)
		if named {
			fields := g.fields(depth - 1)
			fields["name"] = string(rune('x' + g.next(4)))
			item = fields
		}
		out = append(out, item)
	}
	return out
}

func (g *generator) object() *unstructured.Unstructured {
	content := g.fields(4)
	content["apiVersion"], content["kind"] = "example.com/v1", "Thing"
	content["metadata"] = map[string]any{"name": "web", "labels": g.labels()}
	return &unstructured.Unstructured{Object: content}
}

func (g *generator) labels() map[string]any {
	out := map[string]any{}
	for range g.next(3) {
		out[string(rune('a'+g.next(3)))] = string(rune('0' + g.next(3)))
	}
	return out
}

// edit returns a copy of an object as a tenant may change it: some fields are those of another object.
func (g *generator) edit(object *unstructured.Unstructured) *unstructured.Unstructured {
	edited, other := object.DeepCopy(), g.object()
	g.editFields(edited.Object, other.Object)
	edited.Object["kind"], edited.Object["apiVersion"] = "Thing", "example.com/v1"
	edited.SetName("web")
	return edited
}

func (g *generator) editFields(fields, others map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(others)) {
		below, isObject := fields[key].(map[string]any)
		otherBelow, isOther := others[key].(map[string]any)
		switch choice := g.next(4); {
		case isObject && isOther:
			g.editFields(below, otherBelow)
		case choice == 0 && key != "metadata":
			delete(fields, key)
		case choice == 1:
			fields[key] = runtime.DeepCopyJSONValue(others[key])
		}
	}
}

func addSeeds(f *testing.F) {
	f.Helper()
	for _, seed := range []string{"", "0", "seedbed", "\x03\x00\x04\x02\x01\x03\x02\x05\x07\x03\x02\x01\x00\x01\x02\x03", "7777777777777777777777777777", "54321543215432154321543215432154321543215432154321"} {
		f.Add([]byte(seed))
	}
}

// FuzzThreeWay checks that a merge keeps all other fields, and that a second merge changes nothing.
func FuzzThreeWay(f *testing.F) { fuzzMerge(f, ThreeWay) }

// FuzzThreeWayOwned checks the same of the merge that may replace each value.
func FuzzThreeWayOwned(f *testing.F) { fuzzMerge(f, ThreeWayOwned) }

func fuzzMerge(f *testing.F, merge func(live, normalized, desired *unstructured.Unstructured, bases []*unstructured.Unstructured) (*unstructured.Unstructured, []Conflict)) {
	f.Helper()
	addSeeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		g := &generator{data}
		first := g.object()
		bases := []*unstructured.Unstructured{first, g.edit(first)}[:1+g.next(2)]
		desired := g.edit(bases[g.next(len(bases))])
		live := g.edit(bases[g.next(len(bases))])
		merged, conflicts := merge(live, live.DeepCopy(), desired, bases)
		known := []any{desired.Object}
		for _, base := range bases {
			known = append(known, base.Object)
		}
		checkOthersKept(t, "", live.Object, merged.Object, known)
		if len(conflicts) > 0 {
			return
		}
		again, conflicts := merge(merged, merged.DeepCopy(), desired, bases)
		if len(conflicts) > 0 || !reflect.DeepEqual(merged.Object, again.Object) { // cmp takes minutes for deep lists that differ
			t.Errorf("a second merge has the conflicts %v and changes the object: %s", conflicts, describeMerge(t, live, merged, again, desired, bases))
		}
	})
}

// checkOthersKept checks that the fields that only the live object has are still there.
func checkOthersKept(t *testing.T, path string, live, merged map[string]any, known []any) {
	t.Helper()
	for key, value := range live {
		var below []any
		shared, objects := false, true
		for _, object := range known {
			field := object.(map[string]any)[key]
			_, isObject := field.(map[string]any)
			shared, objects = shared || field != nil, objects && isObject
			below = append(below, field)
		}
		liveFields, isObject := value.(map[string]any)
		mergedFields, isMerged := merged[key].(map[string]any)
		switch {
		case !shared && !equalValues(value, merged[key]):
			t.Errorf("%s/%s was %v and is %v", path, key, value, merged[key])
		case shared && objects && isObject && isMerged:
			checkOthersKept(t, path+"/"+key, liveFields, mergedFields, below)
		}
	}
}

// FuzzUndo checks that an update of an untouched object makes it the desired one, and that the way back restores it.
func FuzzUndo(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		g := &generator{data}
		before := g.object()
		after := g.edit(before)
		updated, conflicts := ThreeWay(before, before.DeepCopy(), after, []*unstructured.Unstructured{before})
		if len(conflicts) > 0 || !equalValues(contentOf(updated), contentOf(after)) {
			t.Errorf("the update has the conflicts %v and differs: %s", conflicts, cmp.Diff(after.Object, updated.Object))
		}
		undone, conflicts := ThreeWay(updated, updated.DeepCopy(), before, []*unstructured.Unstructured{after})
		if len(conflicts) > 0 || !equalValues(contentOf(undone), contentOf(before)) {
			t.Errorf("the undo has the conflicts %v and differs: %s", conflicts, cmp.Diff(before.Object, undone.Object))
		}
	})
}

// FuzzPatch checks that a patch that the API server accepts has the result of the merge.
func FuzzPatch(f *testing.F) {
	addSeeds(f)
	labels := manifest.NewLabels(map[string]string{"seedbed.dev/baseline": "web", "seedbed.dev/backup": "v2"}).WithOwner("seedbed.dev/baseline")
	f.Fuzz(func(t *testing.T, data []byte) {
		g := &generator{data}
		before := g.object()
		after := g.edit(before)
		live := before.DeepCopy()
		untouched := g.next(2) == 0
		if !untouched {
			live = g.edit(before)
		}
		patch := manifest.NewPatch(newThing(t, before), newThing(t, after))
		if patch == nil {
			return
		}
		AddLabels(live, map[string]string{"seedbed.dev/baseline": "web"})
		patched, err := applyPatch(t, patch.Encode("bar", labels), live)
		if err != nil {
			if untouched {
				t.Errorf("the patch of an untouched object is refused: %v", err)
			}
			return
		}
		merged, conflicts := ThreeWay(live, live.DeepCopy(), after, []*unstructured.Unstructured{before})
		AddLabels(merged, labels.Values())
		if len(conflicts) > 0 || !equalValues(merged.Object, patched.Object) {
			t.Errorf("the merge has the conflicts %v and differs from the patch: %s", conflicts, cmp.Diff(merged.Object, patched.Object))
		}
	})
}

func newThing(t *testing.T, content *unstructured.Unstructured) manifest.Object {
	t.Helper()
	body, err := manifest.NewBody(content.Object, "placeholder-of-the-test")
	if err != nil {
		t.Fatal(err)
	}
	return manifest.Object{Kind: schema.GroupVersionKind{Group: "example.com", Version: "v1", Kind: "Thing"}, Key: "things/web", Name: "web", Body: body}
}

// applyPatch applies a patch with the library of the API server.
func applyPatch(t *testing.T, encoded []byte, live *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	t.Helper()
	patch, err := jsonpatch.DecodePatch(encoded)
	if err != nil {
		t.Fatal(err)
	}
	before, err := json.Marshal(live.Object)
	if err != nil {
		t.Fatal(err)
	}
	after, err := patch.Apply(before)
	if err != nil {
		return nil, err
	}
	patched := &unstructured.Unstructured{}
	if err := utiljson.Unmarshal(after, &patched.Object); err != nil {
		t.Fatal(err)
	}
	return patched, nil
}

// describeMerge returns the objects of a merge, one a line.
func describeMerge(t *testing.T, live, merged, again, desired *unstructured.Unstructured, bases []*unstructured.Unstructured) string {
	t.Helper()
	var text strings.Builder
	for _, object := range append([]*unstructured.Unstructured{live, merged, again, desired}, bases...) {
		encoded, err := json.Marshal(object.Object)
		if err != nil {
			t.Fatal(err)
		}
		text.WriteString("\n" + string(encoded))
	}
	return text.String()
}
