package manifest

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	"k8s.io/apimachinery/pkg/util/json"
)

// FuzzPatch applies the patch between two objects to the old one as it was written, with a field of the tenant's in addition, and
// with each changed field changed by the tenant.
func FuzzPatch(f *testing.F) {
	f.Add(`{"data":{"a":"1","b":"2"}}`, `{"data":{"a":"1","c":"3"}}`)
	f.Add(`{"spec":{"c":[{"name":"x","v":1},{"name":"y"}]}}`, `{"spec":{"c":[{"name":"x","v":2},{"name":"y","w":[1]}]}}`)
	f.Add(`{"a/b":{"~":null},"":[]}`, `{"a/b":{"~":1},"":{}}`)
	f.Add(`{"data":{"seedbed-here.x":"<&>"}}`, `{"data":{"seedbed-here.x":"seedbed-here"}}`)
	f.Add(`{"n":[9007199254740993,1e100,-0.5]}`, `{"n":[9007199254740995,1e101,-0.25]}`)
	f.Add(`{"metadata":{"labels":{"a":"b"}},"l":[[null]]}`, `{"metadata":{"labels":{}},"l":[[]]}`)
	f.Fuzz(func(t *testing.T, oldText, newText string) {
		from, isObject := fuzzedObject(oldText)
		to, isNewObject := fuzzedObject(newText)
		if !isObject || !isNewObject {
			return
		}
		patch := NewPatch(from, to)
		if patch == nil {
			return
		}
		sent := patch.Encode("bar", labelsOf("new"))
		live, want := decodeObject(t, sentObject(from, "old")), decodeObject(t, sentObject(to, "new"))
		checkPatched(t, sent, live, want)
		const extra = "tenant's"
		live[extra], want[extra] = "kept", "kept"
		checkPatched(t, sent, live, want)
		delete(live, extra)
		delete(want, extra)
		if from.Body.Equal(to.Body) {
			return
		}
		for _, key := range slices.Collect(maps.Keys(live)) {
			if key == "metadata" || reflect.DeepEqual(live[key], want[key]) {
				continue
			}
			value := live[key]
			live[key] = "changed by the tenant"
			if value == nil || value != live[key] {
				checkRefused(t, sent, live)
			}
			live[key] = value
		}
	})
}

// fuzzedObject returns the object of a text, unless the API server could not store it or a body never has it: metadata and labels
// are objects, and neither Seedbed's labels nor a time of deletion are in it.
func fuzzedObject(text string) (Object, bool) {
	content := map[string]any{}
	if err := json.Unmarshal([]byte(text), &content); err != nil || content["tenant's"] != nil || strings.Contains(text, "seedbed.dev") {
		return Object{}, false
	}
	if metadata, found := content["metadata"]; found {
		fields, isObject := metadata.(map[string]any)
		_, isLabels := fields["labels"].(map[string]any)
		if !isObject || !isLabels && fields["labels"] != nil || fields["deletionTimestamp"] != nil {
			return Object{}, false
		}
	}
	body, err := NewBody(content, here)
	return Object{Body: body}, err == nil
}

func checkPatched(t *testing.T, sent []byte, live, want map[string]any) {
	t.Helper()
	patched, err := applyPatch(sent, encodeObject(t, live))
	if err != nil {
		t.Fatalf("%s is refused by %v: %v", sent, live, err)
	}
	if diff := cmp.Diff(want, decodeObject(t, patched)); diff != "" {
		t.Errorf("%s of %v: %s", sent, live, diff)
	}
}

func checkRefused(t *testing.T, sent []byte, live map[string]any) {
	t.Helper()
	patched, err := applyPatch(sent, encodeObject(t, live))
	if !errors.Is(err, jsonpatch.ErrTestFailed) && !errors.Is(err, jsonpatch.ErrMissing) {
		t.Errorf("%s of %v is not refused: %s, %v", sent, live, patched, err)
	}
}

func encodeObject(t *testing.T, object map[string]any) []byte {
	t.Helper()
	encoded, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}
