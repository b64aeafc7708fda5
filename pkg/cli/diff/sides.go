package diff

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"seedbed.dev/seedbed/pkg/apply/merge"
	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// sides are an object as it is and as the baseline would write it; a nil one does not exist.
type sides struct{ live, baseline *unstructured.Unstructured }

// newSides returns the sides to print. The baseline's is the live object with the fields changed that differ, so that whatever else is
// in it shows no difference. Both lack the fields that the API server sets, and the values of Secrets. It may change its arguments.
func newSides(live, baseline *unstructured.Unstructured, fields []string) sides {
	trimObject(baseline)
	if live != nil {
		trimObject(live)
	}
	if isSecret(baseline) {
		maskSecret(live, baseline, fields)
	}
	if live == nil {
		return sides{baseline: baseline}
	}
	paths := make([][]string, len(fields))
	for i, field := range fields {
		paths[i] = manifest.PointerSteps(field)
	}
	return sides{live: live, baseline: merge.Adopt(live, baseline, paths)}
}

// serverFields are those of the metadata that the API server sets.
var serverFields = []string{"managedFields", "uid", "resourceVersion", "generation", "creationTimestamp", "selfLink"}

// trimObject removes the fields that are of no interest beside a difference, and kubectl's copy of the whole object, which would have
// the values of a Secret.
func trimObject(object *unstructured.Unstructured) {
	delete(object.Object, "status")
	for _, field := range serverFields {
		unstructured.RemoveNestedField(object.Object, "metadata", field)
	}
	annotations := object.GetAnnotations()
	delete(annotations, corev1.LastAppliedConfigAnnotation)
	if len(annotations) == 0 {
		unstructured.RemoveNestedField(object.Object, "metadata", "annotations")
		return
	}
	object.SetAnnotations(annotations)
}

func isSecret(object *unstructured.Unstructured) bool {
	return object.GroupVersionKind().GroupKind() == schema.GroupKind{Kind: "Secret"}
}

// encode returns both sides as YAML with sorted keys; an absent one is empty.
func (s *sides) encode() (live, baseline string, err error) {
	if live, err = encodeObject(s.live); err != nil {
		return "", "", err
	}
	baseline, err = encodeObject(s.baseline)
	return live, baseline, err
}

func encodeObject(object *unstructured.Unstructured) (string, error) {
	if object == nil {
		return "", nil
	}
	raw, err := json.Marshal(object.Object)
	if err != nil {
		return "", fmt.Errorf("print %s %q: %w", object.GetKind(), object.GetName(), err)
	}
	text, err := yaml.JSONToYAML(escapeUnprintable(raw))
	if err != nil {
		return "", fmt.Errorf("print %s %q: %w", object.GetKind(), object.GetName(), err)
	}
	return string(text), nil
}

// escapeUnprintable escapes the characters of JSON that YAML refuses, so that no tenant's value hides the rest of an object.
func escapeUnprintable(raw []byte) []byte {
	var out strings.Builder
	for _, r := range string(raw) {
		if unicode.IsControl(r) || r >= 0xfeff && r <= 0xffff && !unicode.IsPrint(r) {
			fmt.Fprintf(&out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	return []byte(out.String())
}
