package baseline

import (
	"cmp"
	"context"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// access is a binding by which RBAC lets a subject choose a baseline.
type access struct {
	subject       rbacv1.Subject
	binding, role string
	// every is set if the role covers every baseline.
	every bool
}

// listAccess returns the access to a baseline. Only ClusterRoleBindings count, because Baselines are cluster-scoped.
func listAccess(ctx context.Context, c client.Reader, baseline string) ([]access, error) {
	roles, err := resource.List(ctx, c, clusterRoleKind)
	if err != nil {
		return nil, output.Explain("list clusterroles", err)
	}
	bindings, err := resource.List(ctx, c, clusterRoleBindingKind)
	if err != nil {
		return nil, output.Explain("list clusterrolebindings", err)
	}
	return findAccess(baseline, roles, bindings), nil
}

// findAccess returns the access to a baseline that bindings give, sorted by subject.
func findAccess(baseline string, roles, bindings []client.Object) []access {
	every := map[string]bool{} // by the name of a role that gives access
	for _, obj := range roles {
		role := obj.(*rbacv1.ClusterRole)
		if one, all := givesUse(role.Rules, baseline); one || all {
			every[role.Name] = all
		}
	}
	var found []access
	for _, obj := range bindings {
		binding := obj.(*rbacv1.ClusterRoleBinding)
		all, gives := every[binding.RoleRef.Name]
		if !gives {
			continue
		}
		for _, subject := range binding.Subjects {
			found = append(found, access{subject: subject, binding: binding.Name, role: binding.RoleRef.Name, every: all})
		}
	}
	slices.SortFunc(found, func(a, b access) int {
		return cmp.Or(cmp.Compare(a.subject.Kind, b.subject.Kind), cmp.Compare(subjectName(&a.subject), subjectName(&b.subject)), cmp.Compare(a.binding, b.binding))
	})
	return found
}

// givesUse reports whether rules give the verb "use" on one baseline, and whether they give it on every one.
func givesUse(rules []rbacv1.PolicyRule, baseline string) (one, every bool) {
	for _, rule := range rules {
		if !containsOrAll(rule.Verbs, v1alpha1.VerbUse) || !containsOrAll(rule.APIGroups, v1alpha1.GroupName) || !containsOrAll(rule.Resources, "baselines") {
			continue
		}
		one = one || slices.Contains(rule.ResourceNames, baseline)
		every = every || len(rule.ResourceNames) == 0
	}
	return one, every
}
