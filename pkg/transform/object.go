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
	// Resource is where the backup holds it, as in "deployments.apps".
	Resource schema.GroupResource
	// Content is the object as the API server gave it. Clean and Map change it in place.
	Content *unstructured.Unstructured
}

// Warning tells what a rule left behind or could not do.
type Warning struct {
	// Field is the path of the value, as in spec.ports[0].nodePort; empty means the object.
	Field string
	// Message is one clause without the value: it never holds what a Secret holds, nor the target's name.
	Message string
}

// String is the warning as users read it.
func (w Warning) String() string {
	if w.Field == "" {
		return w.Message
	}
	return w.Field + ": " + w.Message
}

// root is the object's JSON; nil when the backup holds none.
func (o Object) root() map[string]any {
	if o.Content == nil {
		return nil
	}
	return o.Content.Object
}

// groupKind is what the object says it is. The group falls back to the resource's, so that an object
// without an apiVersion is still treated as what it was stored as.
func (o Object) groupKind() schema.GroupKind {
	root := o.root()
	kind := stringAt(root, "kind")
	version, ok := root["apiVersion"].(string)
	if !ok {
		return schema.GroupKind{Group: o.Resource.Group, Kind: kind}
	}
	return schema.GroupKind{Group: groupOf(version), Kind: kind}
}

// groupOf is the group of an apiVersion: "apps" of "apps/v1", none of "v1".
func groupOf(apiVersion string) string {
	group, _, found := strings.Cut(apiVersion, "/")
	if !found {
		return ""
	}
	return group
}

// report collects the warnings of one object.
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

// warned says whether the field has a warning already: one a field is enough.
func (r *report) warned(field string) bool {
	_, found := r.fields[field]
	return found
}

// sorted is every warning once, by field. Rules walk maps, so their own order is not stable.
func (r *report) sorted() []Warning {
	slices.SortFunc(r.warnings, func(a, b Warning) int {
		return cmp.Or(strings.Compare(a.Field, b.Field), strings.Compare(a.Message, b.Message))
	})
	return slices.Compact(r.warnings)
}
