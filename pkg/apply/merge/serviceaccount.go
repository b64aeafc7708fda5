package merge

import "k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

// accountLists are the lists of a ServiceAccount that others extend.
var accountLists = []string{"imagePullSecrets", "secrets"}

// ServiceAccount returns a live ServiceAccount with the entries and metadata of the desired one added. imagePullSecrets is one
// atomic list for a server-side apply, which would drop the entries of others. The desired metadata wins if update is set, the
// live one otherwise. marks are the labels of the restore: they alone are no reason to write, because a plain "default"
// ServiceAccount is complete, so the result lacks them.
func ServiceAccount(live, desired *unstructured.Unstructured, marks map[string]string, update bool) *unstructured.Unstructured {
	merged := live.DeepCopy()
	for _, field := range accountLists {
		addNamed(merged, desired, field)
	}
	if automount, found := desired.Object["automountServiceAccountToken"]; found {
		merged.Object["automountServiceAccountToken"] = automount
	}
	labels := difference(desired.GetLabels(), marks)
	if update {
		merged.SetLabels(union(live.GetLabels(), labels))
		merged.SetAnnotations(union(live.GetAnnotations(), desired.GetAnnotations()))
	} else {
		merged.SetLabels(union(labels, live.GetLabels()))
		merged.SetAnnotations(union(desired.GetAnnotations(), live.GetAnnotations()))
	}
	return merged
}

// addNamed adds the entries of a list of {name} objects that the target lacks.
func addNamed(into, from *unstructured.Unstructured, field string) {
	have, _ := into.Object[field].([]any)
	add, _ := from.Object[field].([]any)
	names := map[any]bool{}
	for _, entry := range have {
		names[entryName(entry)] = true
	}
	for _, entry := range add {
		if name := entryName(entry); !names[name] {
			names[name] = true
			have = append(have, entry)
		}
	}
	if len(have) > 0 {
		into.Object[field] = have
	}
}

func entryName(entry any) any {
	fields, _ := entry.(map[string]any)
	name, _ := fields["name"].(string)
	return name
}

// UpdateServiceAccount merges the changes from the bases to the desired ServiceAccount into the live one, like ThreeWay, or like
// ThreeWayOwned if owned is set. An absent list counts as an empty one.
func UpdateServiceAccount(live, normalized, desired *unstructured.Unstructured, bases []*unstructured.Unstructured, owned bool) (*unstructured.Unstructured, []Conflict) {
	filled := live.DeepCopy()
	for _, field := range accountLists {
		for _, object := range []*unstructured.Unstructured{filled, normalized} {
			if object.Object[field] == nil {
				object.Object[field] = []any{}
			}
		}
	}
	merged, conflicts := threeWay(&merger{owned: owned}, filled, normalized, desired, bases)
	for _, field := range accountLists {
		if list, _ := merged.Object[field].([]any); len(list) == 0 {
			delete(merged.Object, field)
		}
	}
	return merged, conflicts
}
