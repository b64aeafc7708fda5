package flow

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestPreviewWritesNothing(t *testing.T) {
	e := sharedInstallation(t)
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "token"}, Data: map[string][]byte{"token": []byte(secretValue)}}
	backup := e.createBackup(e.createSource(configMap("same"), configMap("differs"), configMap("missing"), secret)).Name
	baseline := e.createBaseline(backup, func(s *v1alpha1.BaselineSpec) { s.ExistingResources = v1alpha1.ExistingResourcesUpdate })
	differs := configMap("differs")
	differs.Data["key"] = "the tenant's"
	target := e.createTenantNamespace(configMap("same"), differs).Name
	e.awaitSettled(target)

	before := e.snapshotObjects(target, backup)
	for _, spec := range []v1alpha1.BaselinePreviewSpec{
		{Namespace: target, Backup: backup, ExistingResources: v1alpha1.ExistingResourcesUpdate, Objects: true},
		{Namespace: target, Baseline: baseline.Name, Objects: true},
		{Namespace: e.uniqueName("never"), Baseline: baseline.Name, Objects: true},
	} {
		preview := e.createPreview(spec) // as the API server stores it
		if preview.Counts.Created == 0 || preview.Digest != baseline.Status.Digest || len(preview.Objects) == 0 {
			t.Errorf("the preview of %+v is empty: %+v", spec, preview)
		}
		if text, err := json.Marshal(preview); err != nil || bytes.Contains(text, []byte(secretValue)) ||
			bytes.Contains(text, []byte(base64.StdEncoding.EncodeToString([]byte(secretValue)))) {
			t.Errorf("a Secret's value is in the answer, or it is none: %v", err)
		}
	}
	if diff := cmp.Diff(before, e.snapshotObjects(target, backup)); diff != "" {
		t.Errorf("a preview wrote something: %s", diff)
	}
	if e.objectExists(&corev1.Namespace{}, "", e.uniqueName("never")) {
		t.Error("a preview made its namespace")
	}
}

// awaitSettled waits until the controller manager has created its objects in a namespace.
func (e *env) awaitSettled(namespace string) {
	e.t.Helper()
	e.defaultAccount(namespace)
	e.eventually(func(ctx context.Context) error {
		return e.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "kube-root-ca.crt"}, &corev1.ConfigMap{})
	})
}

// snapshotObjects returns the version of each object of a namespace, and of each part of a stored backup.
func (e *env) snapshotObjects(namespace, backup string) map[string]string {
	e.t.Helper()
	found := map[string]string{}
	for _, secret := range e.listStored(backup) {
		found["store/"+secret.Name] = secret.ResourceVersion
	}
	target := &corev1.Namespace{}
	if !e.objectExists(target, "", namespace) {
		e.t.Fatalf("namespace %s is gone", namespace)
	}
	found["namespace"] = target.ResourceVersion
	client, err := discovery.NewDiscoveryClientForConfig(e.Cluster.Config())
	if err != nil {
		e.t.Fatal(err)
	}
	lists, err := client.ServerPreferredNamespacedResources()
	if err != nil {
		e.t.Fatal(err)
	}
	for _, list := range lists {
		for _, resource := range list.APIResources {
			if slices.Contains(resource.Verbs, "list") {
				maps.Copy(found, e.listVersions(namespace, list.GroupVersion, resource))
			}
		}
	}
	return found
}

func (e *env) listVersions(namespace, groupVersion string, resource metav1.APIResource) map[string]string {
	e.t.Helper()
	list := &unstructured.UnstructuredList{}
	list.SetAPIVersion(groupVersion)
	list.SetKind(resource.Kind + "List")
	if err := e.Client.List(e.ctx(), list, client.InNamespace(namespace)); err != nil {
		e.t.Fatalf("list %s: %v", resource.Name, err)
	}
	found := map[string]string{}
	for _, object := range list.Items {
		found[resource.Name+"/"+object.GetName()] = object.GetResourceVersion()
	}
	return found
}
