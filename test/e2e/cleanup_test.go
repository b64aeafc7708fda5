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

// resources are Seedbed's, as its CRDs name them.
var resources = []string{"baselines", "baselinebackups", "baselinerecords", "baselinerestores", "baselinepreviews"}

// cleanUp leaves the cluster as it was, whatever the test came to.
func (w *world) cleanUp(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.deleteBackups(ctx); err != nil {
		t.Error(err)
	}
	// The hooks make ready for a removal that nothing was deleted before, and wait for an image that may not be there.
	out, err := w.command(ctx, "helm", "uninstall", w.release, "--namespace", w.namespace, "--ignore-not-found", "--no-hooks", "--wait")
	if err != nil {
		t.Errorf("helm uninstall: %v: %s", err, out)
	}
	if err := w.letGo(ctx); err != nil {
		t.Error(err)
	}
	for _, resource := range resources {
		if err := client.IgnoreNotFound(w.Delete(ctx, definitionOf(resource))); err != nil {
			t.Errorf("delete the CRD of %s: %v", resource, err)
		}
	}
	for _, name := range authorization.Policies() {
		meta := metav1.ObjectMeta{Name: name}
		for _, object := range []client.Object{&admissionregistrationv1.ValidatingAdmissionPolicyBinding{ObjectMeta: meta}, &admissionregistrationv1.ValidatingAdmissionPolicy{ObjectMeta: meta}} {
			if err := client.IgnoreNotFound(w.Delete(ctx, object)); err != nil {
				t.Errorf("delete %T %s: %v", object, name, err)
			}
		}
	}
	began := time.Now()
	if err := w.deleteOwn(ctx); err != nil {
		t.Error(err)
	}
	t.Logf("removing namespaces took %s", time.Since(began).Round(time.Millisecond))
}

// deletedWithin is how long the controller has for letting backups go.
const deletedWithin = 30 * time.Second

// deleteBackups deletes baselines and backups while there is a controller that lets backups go.
func (w *world) deleteBackups(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, deletedWithin)
	defer cancel()
	for _, object := range []client.Object{&v1alpha1.Baseline{}, &v1alpha1.BaselineBackup{}} {
		if err := ignoreNotInstalled(w.DeleteAllOf(ctx, object)); err != nil {
			return fmt.Errorf("delete every %T: %w", object, err)
		}
	}
	return cluster.Eventually(ctx, func(ctx context.Context) error {
		backups := &v1alpha1.BaselineBackupList{}
		if err := ignoreNotInstalled(w.List(ctx, backups)); err != nil {
			return err
		}
		if len(backups.Items) > 0 {
			return fmt.Errorf("%d backups are still there", len(backups.Items))
		}
		return nil
	})
}

func ignoreNotInstalled(err error) error {
	if meta.IsNoMatchError(err) {
		return nil
	}
	return client.IgnoreNotFound(err)
}

// letGo takes the finalizers off the backups that are left, for the CRD's deletion to end.
func (w *world) letGo(ctx context.Context) error {
	backups := &v1alpha1.BaselineBackupList{}
	if err := ignoreNotInstalled(w.List(ctx, backups)); err != nil {
		return err
	}
	for i := range backups.Items {
		patch := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`))
		if err := client.IgnoreNotFound(w.Patch(ctx, &backups.Items[i], patch)); err != nil {
			return err
		}
	}
	return nil
}

// deleteOwn deletes what begins with this run's name. It waits until the namespaces are gone, but for those of the loads:
// a small cluster deletes two of their hundreds in a second, and nothing holds them but that.
func (w *world) deleteOwn(ctx context.Context) error {
	remove := func(object client.Object) error { return client.IgnoreNotFound(w.Delete(ctx, object)) }
	var problems []error
	for _, list := range []client.ObjectList{&corev1.NamespaceList{}, &rbacv1.ClusterRoleList{}, &rbacv1.ClusterRoleBindingList{}} {
		problems = append(problems, w.eachOwn(ctx, list, false, remove))
	}
	problems = append(problems, cluster.Eventually(ctx, func(ctx context.Context) error {
		return w.eachOwn(ctx, &corev1.NamespaceList{}, false, func(object client.Object) error {
			return fmt.Errorf("namespace %s is still there", object.GetName())
		})
	}))
	problems = append(problems, w.eachOwn(ctx, &corev1.NamespaceList{}, true, remove))
	return errors.Join(problems...)
}

// eachOwn does something for each object of the list that is this run's: those that a load made, or the others.
func (w *world) eachOwn(ctx context.Context, list client.ObjectList, ofLoads bool, do func(client.Object) error) error {
	if err := w.List(ctx, list); err != nil {
		return err
	}
	items, err := meta.ExtractList(list)
	if err != nil {
		return err
	}
	for _, item := range items {
		object := item.(client.Object)
		if _, ofLoad := object.GetLabels()[loadLabel]; ofLoad == ofLoads && strings.HasPrefix(object.GetName(), w.run+"-") {
			if err := do(object); err != nil {
				return err
			}
		}
	}
	return nil
}
