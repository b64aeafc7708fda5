//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/authorization"
	"seedbed.dev/seedbed/test/cluster"
)

// resources are the plural names of Seedbed's CRDs.
var resources = []string{"baselines", "baselinebackups", "baselinerecords", "baselinerestores", "baselinepreviews"}

// cleanUp removes the installation and the run's objects, also after a failure.
func (e *env) cleanUp(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), fleetTimeout)
	defer cancel()
	if err := e.deleteBackups(ctx); err != nil {
		t.Error(err)
	}
	// The hooks check for a removal that nothing was deleted before, and wait for an image that may be missing.
	out, err := e.runCommand(ctx, "helm", "uninstall", e.release, "--namespace", e.namespace, "--ignore-not-found", "--no-hooks", "--wait")
	if err != nil {
		t.Errorf("helm uninstall: %v: %s", err, out)
	}
	if err := e.removeFinalizers(ctx); err != nil {
		t.Error(err)
	}
	for _, resource := range resources {
		if err := client.IgnoreNotFound(e.Delete(ctx, crdOf(resource))); err != nil {
			t.Errorf("deleting the CRD of %s: %v", resource, err)
		}
	}
	// The next test refuses a cluster that has them.
	if err := cluster.Eventually(ctx, e.checkCRDsGone); err != nil {
		t.Error(err)
	}
	for _, name := range authorization.Policies() {
		meta := metav1.ObjectMeta{Name: name}
		for _, object := range []client.Object{&admissionregistrationv1.ValidatingAdmissionPolicyBinding{ObjectMeta: meta}, &admissionregistrationv1.ValidatingAdmissionPolicy{ObjectMeta: meta}} {
			if err := client.IgnoreNotFound(e.Delete(ctx, object)); err != nil {
				t.Errorf("deleting %T %s: %v", object, name, err)
			}
		}
	}
	began := time.Now()
	if err := e.deleteRunObjects(ctx); err != nil {
		t.Error(err)
	}
	t.Logf("removing namespaces took %s", time.Since(began).Round(time.Millisecond))
}

func (e *env) checkCRDsGone(ctx context.Context) error {
	for _, resource := range resources {
		switch err := e.Get(ctx, client.ObjectKey{Name: crdOf(resource).GetName()}, crdOf(resource)); {
		case err == nil:
			return fmt.Errorf("the CRD of %s is still there", resource)
		case client.IgnoreNotFound(err) != nil:
			return err
		}
	}
	return nil
}

// deletedWithin bounds the time in which the controller removes the backups' finalizers.
const deletedWithin = 30 * time.Second

// deleteBackups deletes baselines and backups while a controller runs that removes the backups' finalizers.
func (e *env) deleteBackups(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, deletedWithin)
	defer cancel()
	if err := ignoreNotInstalled(e.DeleteAllOf(ctx, &v1alpha1.Baseline{})); err != nil {
		return fmt.Errorf("deleting every Baseline: %w", err)
	}
	return cluster.Eventually(ctx, func(ctx context.Context) error {
		backups := &v1alpha1.BaselineBackupList{}
		if err := ignoreNotInstalled(e.List(ctx, backups)); err != nil {
			return err
		}
		for i := range backups.Items {
			if err := e.deleteHeldBackup(ctx, &backups.Items[i]); err != nil {
				return fmt.Errorf("deleting BaselineBackup %s: %w", backups.Items[i].Name, err)
			}
		}
		if len(backups.Items) > 0 {
			return fmt.Errorf("%d backups are still there", len(backups.Items))
		}
		return nil
	})
}

// deleteHeldBackup deletes a backup that namespaces may hold.
func (e *env) deleteHeldBackup(ctx context.Context, backup *v1alpha1.BaselineBackup) error {
	held := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:"true"}}}`, v1alpha1.AnnotationDeleteHeld)
	if err := e.Patch(ctx, backup, client.RawPatch(types.MergePatchType, held)); err != nil {
		return client.IgnoreNotFound(err)
	}
	return client.IgnoreNotFound(e.Delete(ctx, backup))
}

func ignoreNotInstalled(err error) error {
	if meta.IsNoMatchError(err) {
		return nil
	}
	return client.IgnoreNotFound(err)
}

// removeFinalizers removes the finalizers of the remaining backups, because they would block the CRD's deletion.
func (e *env) removeFinalizers(ctx context.Context) error {
	backups := &v1alpha1.BaselineBackupList{}
	if err := ignoreNotInstalled(e.List(ctx, backups)); err != nil {
		return err
	}
	for i := range backups.Items {
		patch := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`))
		if err := client.IgnoreNotFound(e.Patch(ctx, &backups.Items[i], patch)); err != nil {
			return err
		}
	}
	return nil
}

// deleteRunObjects deletes the objects whose names begin with this run's prefix. It waits for the namespaces, except those of the
// loads: a small cluster deletes two of their hundreds in a second, and only that delays them.
func (e *env) deleteRunObjects(ctx context.Context) error {
	remove := func(object client.Object) error { return client.IgnoreNotFound(e.Delete(ctx, object)) }
	var problems []error
	for _, list := range []client.ObjectList{&corev1.NamespaceList{}, &rbacv1.ClusterRoleList{}, &rbacv1.ClusterRoleBindingList{}} {
		problems = append(problems, e.forEachRunObject(ctx, list, false, remove))
	}
	problems = append(problems, cluster.Eventually(ctx, func(ctx context.Context) error {
		return e.forEachRunObject(ctx, &corev1.NamespaceList{}, false, func(object client.Object) error {
			return fmt.Errorf("namespace %s is still there", object.GetName())
		})
	}))
	problems = append(problems, e.forEachRunObject(ctx, &corev1.NamespaceList{}, true, remove))
	return errors.Join(problems...)
}

// forEachRunObject calls do for each object of the list that is this run's: those of the loads, or the others.
func (e *env) forEachRunObject(ctx context.Context, list client.ObjectList, ofLoads bool, do func(client.Object) error) error {
	if err := e.List(ctx, list); err != nil {
		return err
	}
	items, err := meta.ExtractList(list)
	if err != nil {
		return err
	}
	for _, item := range items {
		object := item.(client.Object)
		if _, ofLoad := object.GetLabels()[loadLabel]; ofLoad == ofLoads && strings.HasPrefix(object.GetName(), e.run+"-") {
			if err := do(object); err != nil {
				return err
			}
		}
	}
	return nil
}
