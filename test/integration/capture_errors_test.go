package integration

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/capture"
	"seedbed.dev/seedbed/test/cluster"
)

// TestCaptureContinuesWhenForbidden captures as a user who may list one resource of two, and not read the namespace.
func TestCaptureContinuesWhenForbidden(t *testing.T) {
	namespace, client := newNamespace(t, "forbidden"), clientFor(t, testCluster.Config())
	ctx := testContext(t)
	createConfigMaps(t, client, namespace, 2)
	if _, err := client.RbacV1().Roles(namespace).Create(ctx, &rbacv1.Role{
		ObjectMeta: metav1.ObjectMeta{Name: "capture"},
		Rules:      []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"configmaps"}, Verbs: []string{"list"}}},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.RbacV1().RoleBindings(namespace).Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "capture"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "capture"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "capture-user"}},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	config, err := testCluster.UserConfig(ctx, "capture-user", nil)
	if err != nil {
		t.Fatal(err)
	}
	user := clientFor(t, config)
	if err := cluster.Eventually(ctx, func(ctx context.Context) error {
		_, err := user.CoreV1().ConfigMaps(namespace).List(ctx, metav1.ListOptions{Limit: 1})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	got := captureWith(t, newCapturer(t, config), v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{namespace}, IncludedResources: []string{"secrets", "configmaps"}})
	wantMessages(t, "errors", got.Errors, "namespace "+namespace+" itself could not be read", "secrets in namespace "+namespace+" could not be listed")
	if diff := cmp.Diff([]string{"configmaps " + namespace + "/cm-00000", "configmaps " + namespace + "/cm-00001"}, got.objectNames()); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
}

// TestCaptureWithUnavailableAggregatedAPI breaks the server behind an API group.
func TestCaptureWithUnavailableAggregatedAPI(t *testing.T) {
	namespace, client := newNamespace(t, "aggregated"), newDynamicClient(t, testCluster.Config())
	createConfigMaps(t, clientFor(t, testCluster.Config()), namespace, 1)
	services := client.Resource(schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"})
	broken := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": map[string]any{"name": "v1.broken.example.com"},
		"spec": map[string]any{
			"group": "broken.example.com", "version": "v1", "groupPriorityMinimum": int64(100), "versionPriority": int64(100), "insecureSkipTLSVerify": true,
			"service": map[string]any{"namespace": namespace, "name": "nobody"},
		},
	}}
	if _, err := services.Create(testContext(t), broken, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	disco := newDiscovery(t, testCluster.Config())
	gone := func(want bool) {
		t.Helper()
		if err := cluster.Eventually(testContext(t), func(context.Context) error {
			if _, err := disco.ServerPreferredResources(); (err != nil) != want {
				return fmt.Errorf("discovery reports %w", err)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	defer func() {
		if err := services.Delete(testContext(t), broken.GetName(), metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		gone(false)
	}()
	gone(true)
	c := newCapturer(t, testCluster.Config())
	all := captureWith(t, c, v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{namespace}})
	wantMessages(t, "errors", all.Errors, "no answer from broken.example.com/v1, so that none of its objects are in this backup")
	if !slices.Contains(all.objectNames(), "configmaps "+namespace+"/cm-00000") {
		t.Error("the other resources are missing too")
	}
	named := captureWith(t, c, v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{namespace}, IncludedResources: []string{"configmaps"}})
	wantMessages(t, "errors", named.Errors)
	wantMessages(t, "warnings", named.Warnings, "no answer from broken.example.com/v1")
	if found, unknown, err := capture.Resolve(disco, []string{"configmaps", "deployments", "deploy.apps"}); err != nil || len(found) != 2 || len(unknown) != 0 {
		t.Errorf("resolved %v, %v, %v", found, unknown, err)
	}
	if _, _, err := capture.Resolve(disco, []string{"deploy"}); err == nil || !strings.Contains(err.Error(), "deployments.apps") {
		t.Errorf("a name that the broken group may have too: %v, want an error that names another", err)
	}
	if _, _, err := capture.Resolve(disco, []string{"cm", "gizmos"}); err == nil || !strings.Contains(err.Error(), "broken.example.com/v1") {
		t.Errorf("a name that may be of the broken group: %v, want an error", err)
	}
}

func TestCaptureResolvesResourceNames(t *testing.T) {
	disco := newDiscovery(t, testCluster.Config())
	found, unknown, err := capture.Resolve(disco, []string{"svc", "services", "Deployment", "deploy.apps", "netpol", "hpa", "servces", "nodes", "clusterroles"})
	if err != nil {
		t.Fatal(err)
	}
	want := []schema.GroupResource{
		{Resource: "services"}, {Group: "apps", Resource: "deployments"}, {Group: "networking.k8s.io", Resource: "networkpolicies"}, {Group: "autoscaling", Resource: "horizontalpodautoscalers"},
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"servces", "nodes", "clusterroles"}, unknown); diff != "" {
		t.Errorf("unknown (-want +got):\n%s", diff)
	}
	for _, names := range [][]string{nil, {"*"}, {"services", "*"}} {
		if found, unknown, err := capture.Resolve(disco, names); err != nil || len(unknown) != 0 || !slices.Equal(found, []schema.GroupResource{capture.Everything}) {
			t.Errorf("%q resolved to %v, %v, %v", names, found, unknown, err)
		}
	}
	names, err := capture.Names(disco)
	if err != nil || !slices.IsSorted(names) || !slices.Contains(names, "deployments.apps") || slices.Contains(names, "events") || slices.Contains(names, "nodes") {
		t.Errorf("the names are %q, %v", names, err)
	}
}

func TestCaptureReturnsFatalErrors(t *testing.T) {
	namespace := newNamespace(t, "ends")
	ctx, cancel := context.WithCancel(t.Context())
	config := interceptedConfig(func(request *http.Request) error {
		if strings.HasSuffix(request.URL.Path, "/secrets") {
			cancel()
		}
		return nil
	}, nil)
	_, err := newCapturer(t, config).Run(ctx, &v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{namespace}}, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
	down := interceptedConfig(func(*http.Request) error { return errNetwork }, nil)
	if _, err := newCapturer(t, down).Run(t.Context(), &v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{namespace}}, nil); !errors.Is(err, errNetwork) {
		t.Errorf("got %v, want the network's error", err)
	}
	invalid := &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Near"}}}
	if _, err := newCapturer(t, testCluster.Config()).Run(t.Context(), &v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{namespace}, LabelSelector: invalid}, nil); err == nil || !strings.Contains(err.Error(), "labelSelector") {
		t.Errorf("got %v, want an error about the selector", err)
	}
}
