package integration

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/capture"
	"seedbed.dev/seedbed/pkg/store"
	"seedbed.dev/seedbed/test/cluster"
)

var gadgets = schema.GroupVersionResource{Group: "capture.example.com", Version: "v2", Resource: "gadgets"}

// defineGadgets defines a custom resource with two versions, of which the API server prefers v2.
func defineGadgets(t *testing.T) {
	t.Helper()
	client := newDynamicClient(t, testCluster.Config())
	definitions := client.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	version := func(name string, storage bool) any {
		return map[string]any{"name": name, "served": true, "storage": storage, "schema": map[string]any{
			"openAPIV3Schema": map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true},
		}}
	}
	definition := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": map[string]any{"name": "gadgets.capture.example.com"},
		"spec": map[string]any{
			"group": gadgets.Group, "scope": "Namespaced", "versions": []any{version("v1", true), version("v2", false)},
			"names": map[string]any{"plural": "gadgets", "singular": "gadget", "kind": "Gadget", "shortNames": []any{"gdg"}},
		},
	}}
	if _, err := definitions.Create(testContext(t), definition, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := cleanupContext(t)
		if err := definitions.Delete(ctx, definition.GetName(), metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	disco := newDiscovery(t, testCluster.Config())
	if err := cluster.Eventually(testContext(t), func(context.Context) error {
		names, err := capture.Names(disco)
		if err == nil && !slices.Contains(names, gadgets.GroupResource().String()) {
			err = errors.New("gadgets are not served")
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// populateNamespace creates one object of each of many kinds in a namespace.
func populateNamespace(t *testing.T, client kubernetes.Interface, namespace string) {
	t.Helper()
	ctx := testContext(t)
	web := metav1.ObjectMeta{Name: "web", Labels: map[string]string{"app": "web"}}
	_, service := client.CoreV1().Services(namespace).Create(ctx, &corev1.Service{
		ObjectMeta: web, Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "example.com"},
	}, metav1.CreateOptions{})
	_, configMap := client.CoreV1().ConfigMaps(namespace).Create(ctx, &corev1.ConfigMap{ObjectMeta: web, Data: map[string]string{"html": "<b>&</b>"}}, metav1.CreateOptions{})
	_, secret := client.CoreV1().Secrets(namespace).Create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "api"}, StringData: map[string]string{"key": "s3cret"}}, metav1.CreateOptions{})
	_, role := client.RbacV1().Roles(namespace).Create(ctx, &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "seedbed:read er"}}, metav1.CreateOptions{})
	replicas := int32(0)
	_, deployment := client.AppsV1().Deployments(namespace).Create(ctx, &appsv1.Deployment{ObjectMeta: web, Spec: appsv1.DeploymentSpec{
		Replicas: &replicas,
		Selector: &metav1.LabelSelector{MatchLabels: web.Labels},
		Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: web.Labels}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: "web"}}}},
	}}, metav1.CreateOptions{})
	_, event := client.CoreV1().Events(namespace).Create(ctx, &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{Name: "web"}, InvolvedObject: corev1.ObjectReference{Kind: "Service", Namespace: namespace, Name: "web"},
	}, metav1.CreateOptions{})
	_, gadget := newDynamicClient(t, testCluster.Config()).Resource(gadgets).Namespace(namespace).Create(ctx, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "capture.example.com/v2", "kind": "Gadget", "metadata": map[string]any{"name": "web"}, "spec": map[string]any{"size": int64(9007199254740993), "ratio": 0.1},
	}}, metav1.CreateOptions{})
	if err := errors.Join(service, configMap, secret, role, deployment, event, gadget); err != nil {
		t.Fatal(err)
	}
	if _, err := store.NewSecrets(client, namespace).Put(ctx, "other", nil, []byte("another backup")); err != nil {
		t.Fatal(err)
	}
}

func TestCaptureSelects(t *testing.T) {
	client := clientFor(t, testCluster.Config())
	defineGadgets(t)
	foo, bar := newNamespace(t, "foo"), newNamespace(t, "bar")
	populateNamespace(t, client, foo)
	awaitDefaults(t, client, foo)
	createConfigMaps(t, client, bar, 1)
	awaitDefaults(t, client, bar)
	both := []string{foo, bar}
	app := &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}
	tests := map[string]struct {
		spec             v1alpha1.BaselineBackupSpec
		want             []string
		warnings, errors []string
	}{
		"everything": {
			spec: v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{foo}, ExcludedResources: []string{"replicasets"}},
			want: []string{"configmaps foo/web", "deployments.apps foo/web", "gadgets.capture.example.com foo/web", "namespaces /foo",
				"roles.rbac.authorization.k8s.io foo/seedbed:read er", "secrets foo/api", "services foo/web"},
		},
		"by short name, singular and group": {
			spec: v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{foo}, IncludedResources: []string{"svc", "gdg", "deployment", "roles.rbac.authorization.k8s.io"}},
			want: []string{"deployments.apps foo/web", "gadgets.capture.example.com foo/web", "namespaces /foo", "roles.rbac.authorization.k8s.io foo/seedbed:read er", "services foo/web"},
		},
		"by version": {
			spec: v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{foo}, IncludedResources: []string{"deployments.v1.apps", "gadgets.v2.capture.example.com"}},
			want: []string{"deployments.apps foo/web", "gadgets.capture.example.com foo/web", "namespaces /foo"},
		},
		"by label": {
			spec: v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{foo}, LabelSelector: app, ExcludedResources: []string{"replicasets"}},
			want: []string{"configmaps foo/web", "deployments.apps foo/web", "namespaces /foo", "services foo/web"},
		},
		"all but some": {
			spec: v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{foo}, ExcludedResources: []string{"secrets", "rs", "roles", "deploy", "gadget"}},
			want: []string{"configmaps foo/web", "namespaces /foo", "services foo/web"},
		},
		"of two namespaces": {
			spec: v1alpha1.BaselineBackupSpec{IncludedNamespaces: both, IncludedResources: []string{"cm", "svc"}},
			want: []string{"configmaps bar/cm-00000", "configmaps foo/web", "namespaces /bar", "namespaces /foo", "services foo/web"},
		},
		"unknown resources": {
			spec:     v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{foo}, IncludedResources: []string{"svc", "servces", "ev", "ns"}, ExcludedResources: []string{"scerets"}},
			want:     []string{"namespaces /foo", "services foo/web"},
			errors:   []string{`"ev" is not backed up`, `"ns" is not backed up`, `"servces" is no resource of this cluster`},
			warnings: []string{`"scerets" excludes nothing`},
		},
		"a namespace that does not exist": {
			spec:   v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{"no-such-namespace", foo}, IncludedResources: []string{"svc"}},
			want:   []string{"namespaces /foo", "services foo/web"},
			errors: []string{"namespace no-such-namespace does not exist"},
		},
		"nothing": {
			spec: v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{bar}, IncludedResources: []string{"svc"}},
			want: []string{"namespaces /bar"},
		},
	}
	c := newCapturer(t, testCluster.Config())
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := captureWith(t, c, test.spec)
			var names []string
			for _, name := range got.objectNames() {
				names = append(names, strings.NewReplacer(foo, "foo", bar, "bar").Replace(name))
			}
			if diff := cmp.Diff(test.want, names); diff != "" {
				t.Errorf("objects (-want +got):\n%s", diff)
			}
			wantMessages(t, "errors", got.Errors, test.errors...)
			wantMessages(t, "warnings", got.Warnings, test.warnings...)
			counted := int32(0)
			for _, count := range got.Counts {
				counted += count.Count
			}
			if counted != got.Items {
				t.Errorf("%v add up to %d, not to %d", got.Counts, counted, got.Items)
			}
		})
	}
	t.Run("objects as they are", func(t *testing.T) { wantUncleaned(t, c, foo) })
}

// wantUncleaned compares the stored objects with the API server's.
func wantUncleaned(t *testing.T, c *capture.Capturer, namespace string) {
	t.Helper()
	client := newDynamicClient(t, testCluster.Config())
	resources := map[string]schema.GroupVersionResource{
		"services": corev1.SchemeGroupVersion.WithResource("services"), "configmaps": corev1.SchemeGroupVersion.WithResource("configmaps"),
		gadgets.GroupResource().String(): gadgets, "namespaces": corev1.SchemeGroupVersion.WithResource("namespaces"),
	}
	got := captureWith(t, c, v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{namespace}, IncludedResources: []string{"services", "cm", "gadgets"}})
	if len(got.items) < len(resources) {
		t.Errorf("%d objects, want one of each of %d resources at least", len(got.items), len(resources))
	}
	for _, item := range got.items {
		live, err := client.Resource(resources[item.Resource]).Namespace(item.Namespace).Get(testContext(t), item.Name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		stored := &unstructured.Unstructured{}
		if err := stored.UnmarshalJSON(item.Content); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(live.Object, stored.Object); diff != "" {
			t.Errorf("%s %s (-live +stored):\n%s", item.Resource, item.Name, diff)
		}
		if stored.GetUID() == "" || len(stored.GetManagedFields()) == 0 {
			t.Errorf("%s %s was cleaned", item.Resource, item.Name)
		}
		if want := resources[item.Resource].Version; item.Version != want {
			t.Errorf("%s %s has version %q, want %q", item.Resource, item.Name, item.Version, want)
		}
	}
}

func TestCaptureSkipsTerminatingObjects(t *testing.T) {
	namespace, client := newNamespace(t, "deleted"), clientFor(t, testCluster.Config())
	ctx := testContext(t)
	held := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "held", Finalizers: []string{"example.com/hold"}}}
	held, err := client.CoreV1().ConfigMaps(namespace).Create(ctx, held, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.CoreV1().ConfigMaps(namespace).Delete(ctx, "held", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		release := []byte(`{"metadata":{"finalizers":null}}`)
		if _, err := client.CoreV1().ConfigMaps(namespace).Patch(ctx, held.Name, "application/merge-patch+json", release, metav1.PatchOptions{}); err != nil {
			t.Error(err)
		}
	}()
	spec := v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{namespace}, IncludedResources: []string{"configmaps"}}
	got := captureWith(t, newCapturer(t, testCluster.Config()), spec)
	wantMessages(t, "warnings", got.Warnings, "configmaps "+namespace+"/held is being deleted")
	wantMessages(t, "errors", got.Errors)
	if slices.Contains(got.objectNames(), "configmaps "+namespace+"/held") {
		t.Error("it is in the backup")
	}

	if err := client.CoreV1().Namespaces().Delete(ctx, namespace, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	got = captureWith(t, newCapturer(t, testCluster.Config()), spec)
	wantMessages(t, "errors", got.Errors, "namespace "+namespace+" is being deleted")
}
