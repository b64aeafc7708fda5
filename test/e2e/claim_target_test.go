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
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// lure is a baseline of the attacker's own namespace: they decide what is in it.
const lure = "lure"

// writesNothingElsewhere fills a source namespace with what points out of it, has it restored, and looks whether anything
// else in the cluster has changed. Names and annotations that do not name a baseline are refused.
func writesNothingElsewhere(t *testing.T, w *world) {
	a, ctx := w.attacker(t, "smuggler", []string{lure}), w.context(t)
	for _, object := range w.pointers(t, a.home) {
		if err := a.Create(ctx, object); err != nil {
			t.Fatalf("create %T: %v", object, err)
		}
		t.Cleanup(func() { // or the namespace could not be deleted
			if err := w.Patch(context.WithoutCancel(ctx), object, client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`))); err != nil {
				t.Error(err)
			}
		})
	}
	w.createBaselineOf(t, lure, a.home)
	for _, value := range []string{"../" + lure, lure + "/../" + vault, "*", lure + "," + lure, `{"` + lure + `":"` + w.namespace + `"}`} {
		if err := a.Create(ctx, w.asking("malformed", value)); !apierrors.IsForbidden(err) {
			t.Errorf("annotation %q: %v; want it refused", value, err)
		}
	}
	before := w.versions(t)
	target := w.name("smuggled")
	if err := a.Create(ctx, w.asking("smuggled", lure)); err != nil {
		t.Fatal(err)
	}
	w.awaitCondition(t, target, v1alpha1.ReasonRestored, corev1.ConditionTrue)
	after := w.versions(t)
	maps.DeleteFunc(after, func(object thing, _ string) bool {
		return object.namespace == target
	})
	deleted := w.deletedNamespaces(t, before) // another run's, of which something goes at any time
	for _, objects := range []map[thing]string{before, after} {
		maps.DeleteFunc(objects, func(object thing, _ string) bool { return deleted[object.namespace] })
	}
	w.pointsNowhere(t, target)
	if diff := cmp.Diff(before, after, cmp.AllowUnexported(thing{})); diff != "" {
		t.Errorf("something else has changed: %s", diff)
	}
}

// pointers are objects of a tenant's that name what is not theirs.
func (w *world) pointers(t *testing.T, namespace string) []client.Object {
	t.Helper()
	owner := &corev1.Namespace{}
	if err := w.Get(w.context(t), client.ObjectKey{Name: w.name(vault)}, owner); err != nil {
		t.Fatal(err)
	}
	meta := metav1.ObjectMeta{
		Namespace: namespace, Name: "pointer", Labels: map[string]string{"kubernetes.io/metadata.name": w.name(vault)},
		Finalizers:      []string{"example.org/held"},
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Namespace", Name: owner.Name, UID: owner.UID}},
	}
	return []client.Object{
		&corev1.ConfigMap{ObjectMeta: meta, Data: map[string]string{"namespace": w.name(vault)}},
		&corev1.Service{ObjectMeta: meta, Spec: corev1.ServiceSpec{
			Type: corev1.ServiceTypeExternalName, ExternalName: "db." + w.name(vault) + ".svc.cluster.local",
		}},
		&corev1.PersistentVolumeClaim{ObjectMeta: meta, Spec: corev1.PersistentVolumeClaimSpec{
			VolumeName: "another-teams", StorageClassName: ptr.To(""), AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources: corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Mi")}},
		}},
	}
}

// pointsNowhere looks at the copies of what would reach out by itself: an owner, a finalizer, a volume.
func (w *world) pointsNowhere(t *testing.T, namespace string) {
	t.Helper()
	claim, settings := &corev1.PersistentVolumeClaim{}, &corev1.ConfigMap{}
	for _, object := range []client.Object{claim, settings} {
		if err := w.Get(w.context(t), client.ObjectKey{Namespace: namespace, Name: "pointer"}, object); err != nil {
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

// thing is an object in the cluster.
type thing struct{ kind, namespace, name string }

// deletedNamespaces are those that are going, or gone.
func (w *world) deletedNamespaces(t *testing.T, before map[thing]string) map[string]bool {
	t.Helper()
	deleted := map[string]bool{}
	for object := range before {
		deleted[object.namespace] = object.namespace != ""
	}
	namespaces := &corev1.NamespaceList{}
	if err := w.List(w.context(t), namespaces); err != nil {
		t.Fatal(err)
	}
	for _, namespace := range namespaces.Items {
		deleted[namespace.Name] = namespace.DeletionTimestamp != nil
	}
	return deleted
}

// versions are the resource versions of what a restore could write.
func (w *world) versions(t *testing.T) map[thing]string {
	t.Helper()
	versions := map[thing]string{}
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
			if err := w.List(w.context(t), list); err != nil {
				t.Fatal(err)
			}
			for _, item := range list.Items {
				versions[thing{kind, item.Namespace, item.Name}] = item.ResourceVersion
			}
		}
	}
	return versions
}
