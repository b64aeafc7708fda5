package apply

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"seedbed.dev/seedbed/pkg/apply/merge"
)

// isSoleManager reports whether nobody but one manager has written an object, apart from its subresources: then all that differs
// from the content that was sent are defaults and the changes of webhooks. Without any entry it is not known who has written it.
func isSoleManager(entries []metav1.ManagedFieldsEntry, manager string) bool {
	wrote := false
	for _, entry := range entries {
		if entry.Subresource != "" {
			continue
		}
		if entry.Manager != manager {
			return false
		}
		wrote = true
	}
	return wrote
}

// otherManagers returns the managers of an object other than one, apart from those of its subresources.
func otherManagers(entries []metav1.ManagedFieldsEntry, manager string) []string {
	return selectManagers(entries, func(entry metav1.ManagedFieldsEntry) bool {
		return entry.Manager != manager && entry.Subresource == ""
	})
}

// managersOf returns the managers of a field other than one.
func managersOf(entries []metav1.ManagedFieldsEntry, path merge.Path, manager string) []string {
	return selectManagers(entries, func(entry metav1.ManagedFieldsEntry) bool {
		return entry.Manager != manager && ownsField(entry, path)
	})
}

// isScaled reports whether spec.replicas was written through the subresource scale, by an autoscaler or by kubectl scale.
func isScaled(entries []metav1.ManagedFieldsEntry) bool {
	replicas := merge.Path{{Name: "spec"}, {Name: "replicas"}}
	return slices.ContainsFunc(entries, func(entry metav1.ManagedFieldsEntry) bool {
		return entry.Subresource == "scale" && ownsField(entry, replicas)
	})
}

func selectManagers(entries []metav1.ManagedFieldsEntry, matches func(metav1.ManagedFieldsEntry) bool) []string {
	var managers []string
	for _, entry := range entries {
		if matches(entry) {
			managers = append(managers, entry.Manager)
		}
	}
	slices.Sort(managers)
	return slices.Compact(managers)
}

// ownsField reports whether an entry has a field, a field below it, or the atomic value that holds it.
func ownsField(entry metav1.ManagedFieldsEntry, path merge.Path) bool {
	set := &fieldpath.Set{}
	if entry.FieldsV1 == nil || set.FromJSON(entry.FieldsV1.GetRawReader()) != nil {
		return false
	}
	for _, step := range path {
		element := fieldpath.FieldNameElement(step.Name)
		if step.Item {
			element = fieldpath.KeyElementByFields("name", step.Name)
		}
		below := set.WithPrefix(element)
		switch {
		case !below.Empty():
			set = below
		case set.Members.Has(element):
			return true
		default:
			// The items of some lists have another key than their name, for example a port's number.
			return step.Item && !hasNamedItems(set)
		}
	}
	return true
}

// hasNamedItems reports whether the items of a set's list are told apart by their names.
func hasNamedItems(set *fieldpath.Set) bool {
	isNamed := func(element fieldpath.PathElement) bool {
		return element.Key != nil && len(*element.Key) == 1 && (*element.Key)[0].Name == "name"
	}
	for element := range set.Members.All() {
		if isNamed(element) {
			return true
		}
	}
	for element := range set.Children.All() {
		if isNamed(element) {
			return true
		}
	}
	return false
}
