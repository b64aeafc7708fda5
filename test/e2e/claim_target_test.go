//go:build e2e

package e2e

import (
	"context"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// lure is a baseline of the attacker's own namespace, so its content is theirs to choose.
const lure = "lure"

// testNoWritesElsewhere fills a source namespace with objects that refer to others outside of it, restores it, and compares the
// rest of the cluster. Names and annotations that do not name a baseline are refused.
func testNoWritesElsewhere(t *testing.T, e *env) {
	a, ctx := e.newAttacker(t, "smuggler", []string{lure}), e.newContext(t)
	for _, object := range e.outwardObjects(t, a.home) {
		if err := a.Create(ctx, object); err != nil {
			t.Fatalf("creating %T: %v", object, err)
		}
		t.Cleanup(func() { // or the namespace could not be deleted
			if err := e.Patch(context.WithoutCancel(ctx), object, client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`))); err != nil {
				t.Error(err)
			}
		})
	}
	e.createBaselineOf(t, lure, a.home)
	for _, value := range []string{"../" + lure, lure + "/../" + vault, "*", lure + "," + lure, `{"` + lure + `":"` + e.namespace + `"}`} {
		if err := a.Create(ctx, e.newAskingNamespace("malformed", value)); !apierrors.IsForbidden(err) {
			t.Errorf("annotation %q: %v; want it refused", value, err)
		}
	}
	before := e.resourceVersions(t)
	target := e.runName("smuggled")
	if err := a.Create(ctx, e.newAskingNamespace("smuggled", lure)); err != nil {
		t.Fatal(err)
	}
	e.awaitCondition(t, target, v1alpha1.ReasonRestored, corev1.ConditionTrue)
	after := e.resourceVersions(t)
	maps.DeleteFunc(after, func(object objectKey, _ string) bool {
		return object.namespace == target
	})
	deleted := e.terminatingNamespaces(t, before) // another run's, whose objects disappear at any time
	for _, objects := range []map[objectKey]string{before, after} {
		maps.DeleteFunc(objects, func(object objectKey, _ string) bool { return deleted[object.namespace] })
		// Seedbed's memory of reviewed Baselines, which it writes some time after one is created.
		delete(objects, objectKey{kind: "Secret", namespace: e.namespace, name: "seedbed-authorization"})
	}
	e.requireNoOutwardReferences(t, target)
	if diff := cmp.Diff(before, after, cmp.AllowUnexported(objectKey{})); diff != "" {
		t.Errorf("something else has changed: %s", diff)
	}
}

// outwardObjects returns objects of a tenant's namespace that refer to foreign objects.
func (e *env) outwardObjects(t *testing.T, namespace string) []client.Object {
	t.Helper()
	owner := &corev1.Namespace{}
	if err := e.Get(e.newContext(t), client.ObjectKey{Name: e.runName(vault)}, owner); err != nil {
		t.Fatal(err)
	}
	meta := metav1.ObjectMeta{
		Namespace: namespace, Name: "pointer", Labels: map[string]string{"kubernetes.io/metadata.name": e.runName(vault)},
		Finalizers:      []string{"example.org/held"},
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Namespace", Name: owner.Name, UID: owner.UID}},
	}
	return []client.Object{
		&corev1.ConfigMap{ObjectMeta: meta, Data: map[string]string{"namespace": e.runName(vault)}},
		&corev1.Service{ObjectMeta: meta, Spec: corev1.ServiceSpec{
			Type: corev1.ServiceTypeExternalName, ExternalName: "db." + e.runName(vault) + ".svc.cluster.local",
		}},
		&corev1.PersistentVolumeClaim{ObjectMeta: meta, Spec: corev1.PersistentVolumeClaimSpec{
			VolumeName: "another-teams", StorageClassName: new(""), AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources: corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Mi")}},
		}},
	}
}

// requireNoOutwardReferences checks the copies' references that act by themselves: owner, finalizer, volume.
func (e *env) requireNoOutwardReferences(t *testing.T, namespace string) {
	t.Helper()
	claim, settings := &corev1.PersistentVolumeClaim{}, &corev1.ConfigMap{}
	for _, object := range []client.Object{claim, settings} {
		if err := e.Get(e.newContext(t), client.ObjectKey{Namespace: namespace, Name: "pointer"}, object); err != nil {
			t.Fatal(err)
		}
		if len(object.GetOwnerReferences()) > 0 || slices.Contains(object.GetFinalizers(), "example.org/held") {
			t.Errorf("%T has the owners %v and the finalizers %v", object, object.GetOwnerReferences(), object.GetFinalizers())
		}
	}
	if claim.Spec.VolumeName != "" {
		t.Errorf("the claim names volume %s", claim.Spec.VolumeName)
	}
}

// objectKey identifies an object in the cluster.
type objectKey struct{ kind, namespace, name string }

// terminatingNamespaces returns those of the namespaces that are terminating or deleted.
func (e *env) terminatingNamespaces(t *testing.T, before map[objectKey]string) map[string]bool {
	t.Helper()
	deleted := map[string]bool{}
	for object := range before {
		deleted[object.namespace] = object.namespace != ""
	}
	namespaces := &corev1.NamespaceList{}
	if err := e.List(e.newContext(t), namespaces); err != nil {
		t.Fatal(err)
	}
	for _, namespace := range namespaces.Items {
		deleted[namespace.Name] = namespace.DeletionTimestamp != nil
	}
	return deleted
}

// resourceVersions returns the resource versions of the kinds that a restore could write.
func (e *env) resourceVersions(t *testing.T) map[objectKey]string {
	t.Helper()
	versions := map[objectKey]string{}
	for group, kinds := range map[schema.GroupVersion][]string{
		{Version: "v1"}:                                        {"ConfigMap", "Secret", "Service", "ServiceAccount", "PersistentVolume", "PersistentVolumeClaim", "Pod"},
		{Group: "apps", Version: "v1"}:                         {"Deployment", "DaemonSet", "StatefulSet"},
		{Group: "rbac.authorization.k8s.io", Version: "v1"}:    {"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"},
		{Group: "admissionregistration.k8s.io", Version: "v1"}: {"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"},
		{Group: "apiextensions.k8s.io", Version: "v1"}:         {"CustomResourceDefinition"},
	} {
		for _, kind := range kinds {
			list := &metav1.PartialObjectMetadataList{}
			list.SetGroupVersionKind(group.WithKind(kind + "List"))
			if err := e.List(e.newContext(t), list); err != nil {
				t.Fatal(err)
			}
			for _, item := range list.Items {
				versions[objectKey{kind, item.Namespace, item.Name}] = item.ResourceVersion
			}
		}
	}
	return versions
}
