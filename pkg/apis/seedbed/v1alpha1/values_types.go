package v1alpha1

import "k8s.io/apimachinery/pkg/runtime/schema"

// BaselineValue sets a field of restored objects to a value that is computed for each namespace.
type BaselineValue struct {
	// target selects the objects.
	// +required
	Target ObjectTarget `json:"target"`
	// path is a JSON pointer to the field, as "/spec/hard/pods". An item of a list is named by its field "name", as in
	// "/spec/template/spec/containers/app/image", and in lists whose items have none by its number. The field's parent must be in
	// the backup's object, except for single labels and annotations. Of metadata only those can be set. Of two
	// rules for one field the later one counts; none may set a part of another's field.
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:Pattern=`^/`
	// +required
	Path string `json:"path"`
	// expression computes the value in CEL from target (name, labels and annotations of the namespace), baseline (its name) and
	// original (the backup's value at path, or null). Its result takes at most 4 KiB, and those of all rules 16 KiB. It must be a
	// map, a list or a scalar, as the backup's value is. Labels, annotations and the data of ConfigMaps and Secrets take text
	// alone; the data of a Secret is encoded by Seedbed, and original is decoded.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	// +required
	Expression string `json:"expression"`
}

// BaselineInclude restores objects into some of the namespaces only.
type BaselineInclude struct {
	// target selects the objects.
	// +required
	Target ObjectTarget `json:"target"`
	// expression reports in CEL whether the objects are restored into a namespace, from target (its name, labels and annotations)
	// and baseline (its name). Where several rules select an object, all must be true. An object that was restored stays when the
	// expression turns false, and counts as kept, unless spec.rollout.prune removes it.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	// +required
	Expression string `json:"expression"`
}

// AnyKind is the kind of a target that selects objects of all kinds.
const AnyKind = "*"

// ObjectTarget selects objects of a backup.
type ObjectTarget struct {
	// group is the API group of the objects; empty for the core group.
	// +kubebuilder:validation:MaxLength=253
	// +optional
	Group string `json:"group,omitempty"`
	// kind is the kind of the objects, as "Ingress". "*" selects all objects of all groups.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +required
	Kind string `json:"kind"`
	// name is the name of the object. When omitted, all objects of the kind are selected.
	// +kubebuilder:validation:MaxLength=253
	// +optional
	Name string `json:"name,omitempty"`
}

// Selects reports whether the target selects an object.
func (t *ObjectTarget) Selects(kind schema.GroupKind, name string) bool {
	return (t.Kind == AnyKind || kind == schema.GroupKind{Group: t.Group, Kind: t.Kind}) && (t.Name == "" || t.Name == name)
}

// String returns the target as in "Ingress.networking.k8s.io web".
func (t *ObjectTarget) String() string {
	text := schema.GroupKind{Group: t.Group, Kind: t.Kind}.String()
	if t.Name != "" {
		text += " " + t.Name
	}
	return text
}

// BaselineRules are the values of a Baseline's objects and the conditions under which they are restored.
type BaselineRules struct {
	// values set fields of the restored objects, for each namespace by itself: a label of the namespace, for example. A later
	// change of the namespace reaches its objects at once if rollout is set; otherwise the namespace counts as outdated.
	// Labels and annotations of a namespace may be under the control of its tenant.
	// +kubebuilder:validation:MaxItems=32
	// +listType=atomic
	// +optional
	Values []BaselineValue `json:"values,omitempty"`
	// include restricts objects to the namespaces for which an expression is true. Objects that no rule selects are restored into all.
	// +kubebuilder:validation:MaxItems=32
	// +listType=atomic
	// +optional
	Include []BaselineInclude `json:"include,omitempty"`
}

// IsEmpty reports whether all namespaces get the same objects.
func (r *BaselineRules) IsEmpty() bool { return len(r.Values)+len(r.Include) == 0 }
