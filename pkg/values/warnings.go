package values

import (
	"fmt"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// guards are the kinds that bound what a tenant may do.
var guards = []schema.GroupKind{
	{Group: rbacv1.GroupName, Kind: "Role"}, {Group: rbacv1.GroupName, Kind: "RoleBinding"}, {Kind: "ServiceAccount"},
	{Group: "networking.k8s.io", Kind: "NetworkPolicy"}, {Kind: "LimitRange"}, {Kind: "ResourceQuota"},
}

// Warnings returns a warning for each rule that lets the tenants of a namespace decide about objects that bound them, or that reads
// annotations, which few policies guard.
func (r *Rules) Warnings() []string {
	var warnings []string
	for _, rule := range r.All() {
		switch {
		case rule.readsNamespace() && rule.isOnGuard():
			warnings = append(warnings, fmt.Sprintf("%s: whoever may label or annotate a namespace decides about its %s, which bounds it: let no tenant change the %s",
				rule.name, rule.target.String(), rule.describeInputs()))
		case !rule.inputs.annotations.isEmpty():
			warnings = append(warnings, fmt.Sprintf("%s: reads annotations of the namespace: whoever may annotate it chooses the value", rule.name))
		}
	}
	return warnings
}

func (r *Rule) readsNamespace() bool {
	return !r.inputs.labels.isEmpty() || !r.inputs.annotations.isEmpty()
}

// isOnGuard reports whether the rule selects objects that bound a tenant, for more than their labels and annotations.
func (r *Rule) isOnGuard() bool {
	isMetadata := r.path != "" && len(r.path) > len("/metadata/") && r.path[:len("/metadata/")] == "/metadata/"
	return !isMetadata && slices.ContainsFunc(guards, func(kind schema.GroupKind) bool {
		return r.target.Selects(kind, r.target.Name)
	})
}

func (r *Rule) describeInputs() string {
	switch {
	case r.inputs.annotations.isEmpty():
		return "labels that it reads"
	case r.inputs.labels.isEmpty():
		return "annotations that it reads"
	default:
		return "labels and annotations that it reads"
	}
}
