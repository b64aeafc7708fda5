package transform

import (
	"cmp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Object is one object of a backup.
type Object struct {
	// Resource is the resource that the backup stores the object under, as in "deployments.apps".
	Resource schema.GroupResource
	// Content is the object as the API server returned it. Clean and Map change it in place.
	Content *unstructured.Unstructured
}

// Warning describes a value that a rule left behind or could not handle.
type Warning struct {
	// Field is the path of the value, as in spec.ports[0].nodePort. Empty means the whole object.
	Field string
	// Message is one clause. It never contains the value, which may be a Secret's, nor the target's name.
	Message string
}

// String returns the warning as users read it.
func (w Warning) String() string {
	if w.Field == "" {
		return w.Message
	}
	return w.Field + ": " + w.Message
}

// root returns the object's JSON, or nil if the backup holds none.
func (o Object) root() map[string]any {
	if o.Content == nil {
		return nil
	}
	return o.Content.Object
}

// groupKind returns the group and kind in the object. Without an apiVersion the group is the resource's, so that the
// object is still treated as the resource it was stored under.
func (o Object) groupKind() schema.GroupKind {
	root := o.root()
	kind := stringAt(root, "kind")
	version, ok := root["apiVersion"].(string)
	if !ok {
		return schema.GroupKind{Group: o.Resource.Group, Kind: kind}
	}
	return schema.GroupKind{Group: groupOf(version), Kind: kind}
}

// groupOf returns the group of an apiVersion: "apps" for "apps/v1", "" for "v1".
func groupOf(apiVersion string) string {
	group, _, found := strings.Cut(apiVersion, "/")
	if !found {
		return ""
	}
	return group
}

// report collects the warnings about one object.
type report struct {
	warnings []Warning
	fields   map[string]struct{}
}

func (r *report) warn(field, message string) {
	if r.fields == nil {
		r.fields = map[string]struct{}{}
	}
	r.fields[field] = struct{}{}
	r.warnings = append(r.warnings, Warning{Field: field, Message: message})
}

// hasWarning reports whether the field has a warning already: one for each field is enough.
func (r *report) hasWarning(field string) bool {
	_, found := r.fields[field]
	return found
}

// sortedWarnings returns the warnings by field, without duplicates. Rules iterate over maps, so their order is
// random.
func (r *report) sortedWarnings() []Warning {
	slices.SortFunc(r.warnings, func(a, b Warning) int {
		return cmp.Or(strings.Compare(a.Field, b.Field), strings.Compare(a.Message, b.Message))
	})
	return slices.Compact(r.warnings)
}
