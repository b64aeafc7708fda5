package baseline

import (
	"context"
	"fmt"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// clusterRoleKind and clusterRoleBindingKind are only listed, never shown.
var (
	clusterRoleKind        = &resource.Descriptor{Noun: "clusterrole", Object: &rbacv1.ClusterRole{}, List: &rbacv1.ClusterRoleList{}}
	clusterRoleBindingKind = &resource.Descriptor{Noun: "clusterrolebinding", Object: &rbacv1.ClusterRoleBinding{}, List: &rbacv1.ClusterRoleBindingList{}}
)

const (
	// labelManagedBy and managedBySeedbed mark grants of this tool: deny deletes no other.
	labelManagedBy   = "app.kubernetes.io/managed-by"
	managedBySeedbed = "seedbed"
)

// grantName returns the name of a baseline's ClusterRole and of its ClusterRoleBinding.
func grantName(baseline string) string { return "seedbed-use-" + baseline }

func grantMeta(baseline string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: grantName(baseline), Labels: map[string]string{labelManagedBy: managedBySeedbed}}
}

// newGrantRole returns the ClusterRole that lets its subjects choose a baseline, and read it.
func newGrantRole(baseline string) *rbacv1.ClusterRole {
	return &rbacv1.ClusterRole{ObjectMeta: grantMeta(baseline), Rules: []rbacv1.PolicyRule{{
		APIGroups: []string{v1alpha1.GroupName}, Resources: []string{"baselines"}, ResourceNames: []string{baseline},
		Verbs: []string{"get", v1alpha1.VerbUse},
	}}}
}

// newGrantBinding returns the ClusterRoleBinding that gives the ClusterRole to subjects.
func newGrantBinding(baseline string, subjects []rbacv1.Subject) *rbacv1.ClusterRoleBinding {
	return &rbacv1.ClusterRoleBinding{
		ObjectMeta: grantMeta(baseline), Subjects: subjects,
		RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: grantName(baseline)},
	}
}

// storedGrant is the part of a baseline's grant that the cluster has; a missing object is nil.
type storedGrant struct {
	role    *rbacv1.ClusterRole
	binding *rbacv1.ClusterRoleBinding
}

// readGrant reads a grant. It returns an error if its binding refers to another role.
func readGrant(ctx context.Context, c client.Reader, baseline string) (*storedGrant, error) {
	stored := &storedGrant{role: &rbacv1.ClusterRole{}, binding: &rbacv1.ClusterRoleBinding{}}
	key := client.ObjectKey{Name: grantName(baseline)}
	switch err := c.Get(ctx, key, stored.role); {
	case apierrors.IsNotFound(err):
		stored.role = nil
	case err != nil:
		return nil, output.Explain(fmt.Sprintf("read clusterrole %q", key.Name), err)
	}
	switch err := c.Get(ctx, key, stored.binding); {
	case apierrors.IsNotFound(err):
		stored.binding = nil
	case err != nil:
		return nil, output.Explain(fmt.Sprintf("read clusterrolebinding %q", key.Name), err)
	case stored.binding.RoleRef.Kind != "ClusterRole" || stored.binding.RoleRef.Name != key.Name:
		return nil, fmt.Errorf("clusterrolebinding %q binds %s %q and not clusterrole %q: delete it, or give it another name",
			key.Name, stored.binding.RoleRef.Kind, stored.binding.RoleRef.Name, key.Name)
	}
	return stored, nil
}

// checkRules returns an error if the rules of the role are not those that allow writes: no subject is added to such a role.
func (g *storedGrant) checkRules(baseline string) error {
	if g.role == nil || apiequality.Semantic.DeepEqual(g.role.Rules, newGrantRole(baseline).Rules) {
		return nil
	}
	return fmt.Errorf("clusterrole %q has other rules than `seedbed baseline allow %s -o yaml` prints: make them the same, or delete it", g.role.Name, baseline)
}

// missingSubjects returns the subjects that the binding does not have.
func (g *storedGrant) missingSubjects(subjects []rbacv1.Subject) []rbacv1.Subject {
	if g.binding == nil {
		return subjects
	}
	return slices.DeleteFunc(slices.Clone(subjects), func(s rbacv1.Subject) bool { return hasSubject(g.binding.Subjects, s) })
}

// grantSubjects writes the missing parts of a grant, and returns the subjects that it adds. The binding comes after the role,
// because RBAC refuses a binding to a role that it cannot read.
func grantSubjects(ctx context.Context, c client.Client, baseline string, subjects []rbacv1.Subject) (added []rbacv1.Subject, err error) {
	err = retryWrites(func() error {
		stored, err := readGrant(ctx, c, baseline)
		if err != nil {
			return err
		}
		if err := stored.checkRules(baseline); err != nil {
			return err
		}
		added = stored.missingSubjects(subjects)
		if stored.role == nil {
			if err := c.Create(ctx, newGrantRole(baseline), client.FieldOwner(resource.FieldOwner)); err != nil {
				return err
			}
		}
		if len(added) == 0 {
			return nil
		}
		if stored.binding == nil {
			err = c.Create(ctx, newGrantBinding(baseline, added), client.FieldOwner(resource.FieldOwner))
		} else {
			stored.binding.Subjects = append(stored.binding.Subjects, added...)
			err = c.Update(ctx, stored.binding, client.FieldOwner(resource.FieldOwner))
		}
		if err != nil {
			return err
		}
		// A concurrent deny may have deleted the role as one without a binding.
		return ensureRole(ctx, c, baseline)
	})
	return added, explainGrant(fmt.Sprintf("allow baseline %q", baseline), err)
}

// ensureRole creates a grant's role if it is missing.
func ensureRole(ctx context.Context, c client.Client, baseline string) error {
	role := &rbacv1.ClusterRole{}
	err := c.Get(ctx, client.ObjectKey{Name: grantName(baseline)}, role)
	if apierrors.IsNotFound(err) {
		return c.Create(ctx, newGrantRole(baseline), client.FieldOwner(resource.FieldOwner))
	}
	return err
}

// retryWrites retries write after conflicts with other writers.
func retryWrites(write func() error) error {
	return retry.OnError(retry.DefaultRetry, func(err error) bool {
		return apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err)
	}, write)
}
