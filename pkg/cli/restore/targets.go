package restore

import (
	"context"
	"fmt"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
	"seedbed.dev/seedbed/pkg/internal/apierr"
)

// target is a namespace to restore into, as it exists or as it is to be created.
type target struct {
	source    string
	namespace *corev1.Namespace
	missing   bool
}

// findTargets reads the target namespaces. It returns an error if a restore of that name cannot be created in one of them,
// before anything is written to the others.
func findTargets(ctx context.Context, c client.Reader, mappings []mapping, name string) ([]*target, error) {
	targets := make([]*target, 0, len(mappings))
	for _, m := range mappings {
		into := &target{source: m.source, namespace: &corev1.Namespace{}}
		err := c.Get(ctx, client.ObjectKey{Name: m.target}, into.namespace)
		switch {
		case apierrors.IsNotFound(err):
			into.missing = true
			into.namespace = &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: m.target}}
		case apierrors.IsForbidden(err): // the restore takes the namespace as it is
			into.namespace = &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: m.target}}
		case err != nil:
			return nil, output.Explain(fmt.Sprintf("read namespace %q", m.target), err)
		case into.namespace.DeletionTimestamp != nil:
			return nil, fmt.Errorf("namespace %q is being deleted: wait until it is gone, or restore into another", m.target)
		default:
			if err := checkFree(ctx, c, m.target, name); err != nil {
				return nil, err
			}
		}
		targets = append(targets, into)
	}
	return targets, nil
}

// checkFree returns an error if a restore of that name exists.
func checkFree(ctx context.Context, c client.Reader, namespace, name string) error {
	err := c.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, &v1alpha1.BaselineRestore{})
	switch {
	case err == nil:
		return fmt.Errorf("%s", resource.AlreadyExists(resource.Restore, namespace, name))
	case apierr.IsObjectNotFound(err), apierrors.IsForbidden(err):
		return nil
	default:
		return output.Explain(fmt.Sprintf("read restore %q", name), err)
	}
}

// checkMayRestore asks the API server whether the restore into a missing namespace will be allowed, before the namespace is
// created: else an empty namespace would be left behind.
func checkMayRestore(ctx context.Context, c client.Client, backup string, targets []*target) error {
	for _, into := range targets {
		if !into.missing {
			continue
		}
		for _, asked := range []authorizationv1.ResourceAttributes{
			{Group: v1alpha1.GroupName, Resource: "baselinebackups", Name: backup, Verb: v1alpha1.VerbRestore},
			{Group: v1alpha1.GroupName, Resource: "baselinerestores", Namespace: into.namespace.Name, Verb: "create"},
		} {
			if err := resource.CheckAllowed(ctx, c, asked); err != nil {
				return err
			}
		}
	}
	return nil
}
