package manifest

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

const (
	// maxPatchOperations bounds the operations of a patch beside those of its labels.
	maxPatchOperations = 512
	// maxPatchBytes bounds the operations of a patch in bytes: it has the old and the new values, and the API server refuses
	// requests of more than 3 MiB.
	maxPatchBytes = 1 << 20
)

// Patch is a JSON Patch that turns an object that one body wrote into that of another body. It tests each field that it
// changes, so the API server refuses it as a whole if a tenant changed one of them, and keeps all other fields. All namespaces
// share its bytes.
type Patch struct {
	// parts are the operations without brackets, cut at the places of the namespace's name.
	parts [][]byte
}

// NewPatch returns the patch from one object to another of the same key, or nil if a patch must not or cannot update it:
//   - its version differs, because the API server tests the values of the version that is patched;
//   - it is a ServiceAccount, whose lists other controllers extend;
//   - spec.replicas differs, because an autoscaler may own it;
//   - the patch has too many operations or bytes.
func NewPatch(from, to Object) *Patch {
	if from.Kind != to.Kind || to.Kind.GroupKind() == serviceAccountKind {
		return nil
	}
	placeholder := newPlaceholder()
	oldContent, newContent, err := decodeBoth(from.Body, to.Body, placeholder)
	if err != nil || differsAtFixedField(oldContent, newContent) {
		return nil
	}
	operations, ok := diffObjects(oldContent, newContent)
	if !ok || len(operations) > maxPatchOperations {
		return nil
	}
	encoded := encodeOperations(operations)
	if len(encoded) > maxPatchBytes {
		return nil
	}
	return &Patch{parts: bytes.Split(encoded, []byte(placeholder))}
}

var serviceAccountKind = schema.GroupKind{Kind: "ServiceAccount"}

// fixedFields are the fields that no patch changes: those that identify an object, and the one that autoscalers own.
var fixedFields = [][]string{{"kind"}, {"metadata", "name"}, {"metadata", "namespace"}, {"spec", "replicas"}}

func differsAtFixedField(oldContent, newContent map[string]any) bool {
	return slices.ContainsFunc(fixedFields, func(path []string) bool {
		oldValue, _, _ := unstructured.NestedFieldNoCopy(oldContent, path...)
		newValue, _, _ := unstructured.NestedFieldNoCopy(newContent, path...)
		return !reflect.DeepEqual(oldValue, newValue)
	})
}

// Size returns the bytes that the patch takes in memory.
func (p *Patch) Size() int64 {
	var size int64
	for _, part := range p.parts {
		size += int64(cap(part))
	}
	return size
}

// Encode returns the JSON Patch for an object of one namespace. It first tests the owner among the labels, and that the object
// is not terminating. Last it sets the other labels.
func (p *Patch) Encode(namespace string, labels Labels) []byte {
	before, after := labelOperations(labels)
	size := len(before) + len(after) + len(namespace)*len(p.parts)
	for _, part := range p.parts {
		size += len(part)
	}
	out := append(make([]byte, 0, size+len(`[,,]`)), '[')
	out = append(out, before...)
	for i, part := range p.parts {
		switch {
		case i > 0:
			out = append(out, namespace...)
		case len(p.parts) > 1 || len(part) > 0:
			out = append(out, ',')
		}
		out = append(out, part...)
	}
	if len(after) > 0 {
		out = append(append(out, ','), after...)
	}
	return append(out, ']')
}

// labelOperations returns the operations of a restore's labels that come before and after those of a patch, without brackets.
func labelOperations(labels Labels) (before, after []byte) {
	tests := []Operation{TestOperation("/metadata/deletionTimestamp", nil)}
	var additions []Operation
	for _, key := range slices.Sorted(maps.Keys(labels.values)) {
		path, value := "/metadata/labels"+Pointer(key), labels.values[key]
		if key == labels.owner {
			tests = append(tests, TestOperation(path, value))
		} else {
			additions = append(additions, AddOperation(path, value))
		}
	}
	return encodeOperations(tests), encodeOperations(additions)
}

// encodeOperations returns the JSON of operations without brackets. A test of the API server compares texts by their bytes, so
// they are escaped as its own encoder does.
func encodeOperations(operations []Operation) []byte {
	encoded, err := json.Marshal(operations)
	if err != nil || len(operations) == 0 { // decoded JSON always encodes
		return nil
	}
	return encoded[1 : len(encoded)-1]
}
