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

func TestAPreviewWritesNothing(t *testing.T) {
	w := shared(t)
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "token"}, Data: map[string][]byte{"token": []byte(secretValue)}}
	backup := w.backup(w.source(configMap("same"), configMap("differs"), configMap("missing"), secret)).Name
	baseline := w.baseline(backup, func(s *v1alpha1.BaselineSpec) { s.ExistingResources = v1alpha1.ExistingResourcesUpdate })
	differs := configMap("differs")
	differs.Data["key"] = "the tenant's"
	target := w.prepared(configMap("same"), differs).Name
	w.settled(target)

	before := w.everything(target, backup)
	for _, spec := range []v1alpha1.BaselinePreviewSpec{
		{Namespace: target, Backup: backup, ExistingResources: v1alpha1.ExistingResourcesUpdate, Objects: true},
		{Namespace: target, Baseline: baseline.Name, Objects: true},
		{Namespace: w.name("never"), Baseline: baseline.Name, Objects: true},
	} {
		preview := w.preview(spec) // as the API server stores it
		if preview.Counts.Created == 0 || preview.Digest != baseline.Status.Digest || len(preview.Objects) == 0 {
			t.Errorf("the preview of %+v is empty: %+v", spec, preview)
		}
		if text, err := json.Marshal(preview); err != nil || bytes.Contains(text, []byte(secretValue)) ||
			bytes.Contains(text, []byte(base64.StdEncoding.EncodeToString([]byte(secretValue)))) {
			t.Errorf("a Secret's value is in the answer, or it is none: %v", err)
		}
	}
	if diff := cmp.Diff(before, w.everything(target, backup)); diff != "" {
		t.Errorf("a preview wrote something: %s", diff)
	}
	if w.there(&corev1.Namespace{}, "", w.name("never")) {
		t.Error("a preview made its namespace")
	}
}

// settled waits until a namespace has what the controller manager puts into it.
func (w *world) settled(namespace string) {
	w.t.Helper()
	w.defaultAccount(namespace)
	w.eventually(func(ctx context.Context) error {
		return w.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "kube-root-ca.crt"}, &corev1.ConfigMap{})
	})
}

// everything is each object of a namespace, and each part of a stored backup, with its version.
func (w *world) everything(namespace, backup string) map[string]string {
	w.t.Helper()
	found := map[string]string{}
	for _, secret := range w.stored(backup) {
		found["store/"+secret.Name] = secret.ResourceVersion
	}
	target := &corev1.Namespace{}
	if !w.there(target, "", namespace) {
		w.t.Fatalf("namespace %s is gone", namespace)
	}
	found["namespace"] = target.ResourceVersion
	client, err := discovery.NewDiscoveryClientForConfig(w.Cluster.Config())
	if err != nil {
		w.t.Fatal(err)
	}
	lists, err := client.ServerPreferredNamespacedResources()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, list := range lists {
		for _, resource := range list.APIResources {
			if slices.Contains(resource.Verbs, "list") {
				maps.Copy(found, w.versions(namespace, list.GroupVersion, resource))
			}
		}
	}
	return found
}

func (w *world) versions(namespace, groupVersion string, resource metav1.APIResource) map[string]string {
	w.t.Helper()
	list := &unstructured.UnstructuredList{}
	list.SetAPIVersion(groupVersion)
	list.SetKind(resource.Kind + "List")
	if err := w.Client.List(w.ctx(), list, client.InNamespace(namespace)); err != nil {
		w.t.Fatalf("list %s: %v", resource.Name, err)
	}
	found := map[string]string{}
	for _, object := range list.Items {
		found[resource.Name+"/"+object.GetName()] = object.GetResourceVersion()
	}
	return found
}
