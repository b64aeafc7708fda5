package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/archive"
	"seedbed.dev/seedbed/pkg/capture"
	"seedbed.dev/seedbed/pkg/store"
	"seedbed.dev/seedbed/test/cluster"
)

func capturer(t *testing.T, config *rest.Config) *capture.Capturer {
	t.Helper()
	return capture.New(discoveryOf(t, config), dynamicOf(t, config), capture.Options{})
}

func discoveryOf(t *testing.T, config *rest.Config) discovery.DiscoveryInterface {
	t.Helper()
	client, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func dynamicOf(t *testing.T, config *rest.Config) dynamic.Interface {
	t.Helper()
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// captured is a result and what is in its archive.
type captured struct {
	*capture.Result
	items []archive.Item
}

// names gives "resource namespace/name" of every object but those that the cluster makes by itself.
func (c captured) names() []string {
	var names []string
	for _, item := range c.items {
		if item.Name == "kube-root-ca.crt" || item.Resource == "serviceaccounts" && item.Name == "default" {
			continue
		}
		names = append(names, item.Resource+" "+item.Namespace+"/"+item.Name)
	}
	return names
}

func captureWith(t *testing.T, c *capture.Capturer, spec v1alpha1.BaselineBackupSpec) captured {
	t.Helper()
	result, err := c.Run(deadline(t), &spec, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := captured{Result: result}
	version, err := archive.Read(bytes.NewReader(result.Content), archive.DefaultLimits, func(item archive.Item) error {
		got.items = append(got.items, item)
		return nil
	})
	if err != nil || version != "1.1.0" || result.FormatVersion != "1.1.0" {
		t.Fatalf("the archive has version %q, the result says %q: %v", version, result.FormatVersion, err)
	}
	return got
}

func wantMessages(t *testing.T, kind string, got []string, want ...string) {
	t.Helper()
	if len(got) != len(want) || !slices.IsSorted(got) {
		t.Errorf("%s are %q, want %d in order", kind, got, len(want))
		return
	}
	for i, message := range got {
		if !strings.Contains(message, want[i]) {
			t.Errorf("of %s %q is no %q", kind, message, want[i])
		}
	}
}

// settled waits for what the cluster puts into every namespace, so that two captures see the same.
func settled(t *testing.T, client kubernetes.Interface, namespace string) {
	t.Helper()
	if !testCluster.HasControllerManager() {
		return
	}
	err := cluster.Eventually(deadline(t), func(ctx context.Context) error {
		_, account := client.CoreV1().ServiceAccounts(namespace).Get(ctx, "default", metav1.GetOptions{})
		_, certificate := client.CoreV1().ConfigMaps(namespace).Get(ctx, "kube-root-ca.crt", metav1.GetOptions{})
		return errors.Join(account, certificate)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func createConfigMaps(t *testing.T, client kubernetes.Interface, namespace string, count int) {
	t.Helper()
	ctx, numbers := deadline(t), make(chan int)
	var workers sync.WaitGroup
	for range 16 {
		workers.Go(func() {
			for number := range numbers {
				configMap := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("cm-%05d", number)}}
				if _, err := client.CoreV1().ConfigMaps(namespace).Create(ctx, configMap, metav1.CreateOptions{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for number := range count {
		numbers <- number
	}
	close(numbers)
	workers.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

func TestCaptureListsInPages(t *testing.T) {
	const count = 1200
	namespace, client := newNamespace(t, "pages"), clientFor(t, testCluster.Config())
	settled(t, client, namespace)
	createConfigMaps(t, client, namespace, count)
	tests := map[string]struct {
		expire bool
		pages  []string
		late   bool
	}{
		"consistently":                       {pages: []string{"500", "500 continued", "500 continued"}},
		"and begins again when they expired": {expire: true, pages: []string{"500", "500 continued", "all"}, late: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var pages []string
			config := testCluster.Config()
			config.Wrap(func(next http.RoundTripper) http.RoundTripper {
				return roundTrip(func(request *http.Request) (*http.Response, error) {
					if !strings.HasSuffix(request.URL.Path, namespace+"/configmaps") {
						return next.RoundTrip(request)
					}
					pages = append(pages, describePage(request))
					if len(pages) != 2 {
						return next.RoundTrip(request)
					}
					late := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "late"}}
					if _, err := client.CoreV1().ConfigMaps(namespace).Create(request.Context(), late, metav1.CreateOptions{}); err != nil {
						return nil, err
					}
					if test.expire {
						return expired(request)
					}
					return next.RoundTrip(request)
				})
			})
			defer func() {
				if err := client.CoreV1().ConfigMaps(namespace).Delete(deadline(t), "late", metav1.DeleteOptions{}); err != nil {
					t.Error(err)
				}
			}()
			got := captureWith(t, capturer(t, config), v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{namespace}, IncludedResources: []string{"cm"}})
			wantPages(t, got, pages, test.pages)
			names := got.names()
			want := count + 1 // and the namespace
			if test.late {
				want++
			}
			if slices.Contains(names, "configmaps "+namespace+"/late") != test.late || len(names) != want {
				t.Errorf("%d objects, want %d; an object that came while the pages were read is in it: %t", len(names), want, !test.late)
			}
		})
	}
}

func wantPages(t *testing.T, got captured, pages, want []string) {
	t.Helper()
	if diff := cmp.Diff(want, pages); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	wantMessages(t, "errors", got.Errors)
	wantMessages(t, "warnings", got.Warnings)
	if int(got.Items) != len(got.items)-1 || len(got.Counts) != 1 || got.Counts[0] != (v1alpha1.ResourceCount{Resource: "configmaps", Count: got.Items}) {
		t.Errorf("%d items, %v by resource, %d in the archive with the namespace", got.Items, got.Counts, len(got.items))
	}
	if !slices.IsSorted(got.names()[:len(got.names())-1]) {
		t.Error("the objects are not in order")
	}
}

func describePage(request *http.Request) string {
	query := request.URL.Query()
	switch {
	case query.Get("continue") != "":
		return query.Get("limit") + " continued"
	case query.Get("limit") != "":
		return query.Get("limit")
	}
	return "all"
}

// roundTrip is a transport that is one function.
type roundTrip func(*http.Request) (*http.Response, error)

func (r roundTrip) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// expired is the API server's answer to a continue token that is minutes old, which is too long to wait for.
func expired(request *http.Request) (*http.Response, error) {
	status := apierrors.NewResourceExpired("The provided continue parameter is too old").ErrStatus
	status.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}
	body, err := json.Marshal(status)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		Status: "410 Gone", StatusCode: http.StatusGone, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: request,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body)),
	}, nil
}

func TestCaptureTellsProgressAndIsDeterministic(t *testing.T) {
	namespace, client := newNamespace(t, "progress"), clientFor(t, testCluster.Config())
	settled(t, client, namespace)
	createConfigMaps(t, client, namespace, 600)
	c := capturer(t, testCluster.Config())
	spec := v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{namespace}, ExcludedResources: []string{"leases"}}
	var steps [][2]int32
	first, err := c.Run(deadline(t), &spec, func(found, written int32) { steps = append(steps, [2]int32{found, written}) })
	if err != nil {
		t.Fatal(err)
	}
	last := [2]int32{}
	for _, step := range steps {
		if step[0] < last[0] || step[1] < last[1] || step[1] > step[0] {
			t.Errorf("after %v comes %v", last, step)
		}
		last = step
	}
	if last != [2]int32{first.Items, first.Items} || !slices.Contains(steps, [2]int32{500, 0}) {
		t.Errorf("progress was %v for %d items", steps, first.Items)
	}
	second, err := c.Run(deadline(t), &spec, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Content, second.Content) {
		t.Error("the same objects gave different archives")
	}
}

var gadgets = schema.GroupVersionResource{Group: "capture.example.com", Version: "v2", Resource: "gadgets"}

// defineGadgets makes a custom resource with two versions, of which the API server prefers v2.
func defineGadgets(t *testing.T) {
	t.Helper()
	client := dynamicOf(t, testCluster.Config())
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
	if _, err := definitions.Create(deadline(t), definition, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := definitions.Delete(ctx, definition.GetName(), metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	disco := discoveryOf(t, testCluster.Config())
	if err := cluster.Eventually(deadline(t), func(context.Context) error {
		names, err := capture.Names(disco)
		if err == nil && !slices.Contains(names, gadgets.GroupResource().String()) {
			err = errors.New("gadgets are not served")
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// furnish fills a namespace with one of many things.
func furnish(t *testing.T, client kubernetes.Interface, namespace string) {
	t.Helper()
	ctx := deadline(t)
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
	_, gadget := dynamicOf(t, testCluster.Config()).Resource(gadgets).Namespace(namespace).Create(ctx, &unstructured.Unstructured{Object: map[string]any{
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
	furnish(t, client, foo)
	settled(t, client, foo)
	createConfigMaps(t, client, bar, 1)
	settled(t, client, bar)
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
	c := capturer(t, testCluster.Config())
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := captureWith(t, c, test.spec)
			var names []string
			for _, name := range got.names() {
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

// wantUncleaned compares what is stored with what the API server gives for the same object.
func wantUncleaned(t *testing.T, c *capture.Capturer, namespace string) {
	t.Helper()
	client := dynamicOf(t, testCluster.Config())
	resources := map[string]schema.GroupVersionResource{
		"services": corev1.SchemeGroupVersion.WithResource("services"), "configmaps": corev1.SchemeGroupVersion.WithResource("configmaps"),
		gadgets.GroupResource().String(): gadgets, "namespaces": corev1.SchemeGroupVersion.WithResource("namespaces"),
	}
	got := captureWith(t, c, v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{namespace}, IncludedResources: []string{"services", "cm", "gadgets"}})
	if len(got.items) < len(resources) {
		t.Errorf("%d objects, want one of each of %d resources at least", len(got.items), len(resources))
	}
	for _, item := range got.items {
		live, err := client.Resource(resources[item.Resource]).Namespace(item.Namespace).Get(deadline(t), item.Name, metav1.GetOptions{})
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

func TestCaptureLeavesOutWhatIsBeingDeleted(t *testing.T) {
	namespace, client := newNamespace(t, "deleted"), clientFor(t, testCluster.Config())
	ctx := deadline(t)
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
	got := captureWith(t, capturer(t, testCluster.Config()), spec)
	wantMessages(t, "warnings", got.Warnings, "configmaps "+namespace+"/held is being deleted")
	wantMessages(t, "errors", got.Errors)
	if slices.Contains(got.names(), "configmaps "+namespace+"/held") {
		t.Error("it is in the backup")
	}

	if err := client.CoreV1().Namespaces().Delete(ctx, namespace, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	got = captureWith(t, capturer(t, testCluster.Config()), spec)
	wantMessages(t, "errors", got.Errors, "namespace "+namespace+" is being deleted")
}

// TestCaptureGoesOnWhenForbidden captures as a user who may list one resource of two, and not read the namespace.
func TestCaptureGoesOnWhenForbidden(t *testing.T) {
	namespace, client := newNamespace(t, "forbidden"), clientFor(t, testCluster.Config())
	ctx := deadline(t)
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
	got := captureWith(t, capturer(t, config), v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{namespace}, IncludedResources: []string{"secrets", "configmaps"}})
	wantMessages(t, "errors", got.Errors, "namespace "+namespace+" itself could not be read", "secrets in namespace "+namespace+" could not be listed")
	if diff := cmp.Diff([]string{"configmaps " + namespace + "/cm-00000", "configmaps " + namespace + "/cm-00001"}, got.names()); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
}

// TestCaptureWithoutAnAggregatedAPI takes away the server behind an API group.
func TestCaptureWithoutAnAggregatedAPI(t *testing.T) {
	namespace, client := newNamespace(t, "aggregated"), dynamicOf(t, testCluster.Config())
	createConfigMaps(t, clientFor(t, testCluster.Config()), namespace, 1)
	services := client.Resource(schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"})
	broken := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": map[string]any{"name": "v1.broken.example.com"},
		"spec": map[string]any{
			"group": "broken.example.com", "version": "v1", "groupPriorityMinimum": int64(100), "versionPriority": int64(100), "insecureSkipTLSVerify": true,
			"service": map[string]any{"namespace": namespace, "name": "nobody"},
		},
	}}
	if _, err := services.Create(deadline(t), broken, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	disco := discoveryOf(t, testCluster.Config())
	gone := func(want bool) {
		t.Helper()
		if err := cluster.Eventually(deadline(t), func(context.Context) error {
			if _, err := disco.ServerPreferredResources(); (err != nil) != want {
				return fmt.Errorf("discovery says %w", err)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	defer func() {
		if err := services.Delete(deadline(t), broken.GetName(), metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		gone(false)
	}()
	gone(true)
	c := capturer(t, testCluster.Config())
	all := captureWith(t, c, v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{namespace}})
	wantMessages(t, "errors", all.Errors, "no answer from broken.example.com/v1, so that none of its objects are in this backup")
	if !slices.Contains(all.names(), "configmaps "+namespace+"/cm-00000") {
		t.Error("the other resources are missing too")
	}
	named := captureWith(t, c, v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{namespace}, IncludedResources: []string{"configmaps"}})
	wantMessages(t, "errors", named.Errors)
	wantMessages(t, "warnings", named.Warnings, "no answer from broken.example.com/v1")
	if found, unknown, err := capture.Resolve(disco, []string{"cm", "deploy"}); err != nil || len(found) != 2 || len(unknown) != 0 {
		t.Errorf("resolved %v, %v, %v", found, unknown, err)
	}
	if _, _, err := capture.Resolve(disco, []string{"cm", "gizmos"}); err == nil || !strings.Contains(err.Error(), "broken.example.com/v1") {
		t.Errorf("a name that may be of the broken group: %v, want an error", err)
	}
}

func TestCaptureResolves(t *testing.T) {
	disco := discoveryOf(t, testCluster.Config())
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

func TestCaptureEnds(t *testing.T) {
	namespace := newNamespace(t, "ends")
	ctx, cancel := context.WithCancel(t.Context())
	config := intercepted(func(request *http.Request) error {
		if strings.HasSuffix(request.URL.Path, "/secrets") {
			cancel()
		}
		return nil
	}, nil)
	_, err := capturer(t, config).Run(ctx, &v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{namespace}}, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
	down := intercepted(func(*http.Request) error { return errNetwork }, nil)
	if _, err := capturer(t, down).Run(t.Context(), &v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{namespace}}, nil); !errors.Is(err, errNetwork) {
		t.Errorf("got %v, want the network's error", err)
	}
	invalid := &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Near"}}}
	if _, err := capturer(t, testCluster.Config()).Run(t.Context(), &v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{namespace}, LabelSelector: invalid}, nil); err == nil || !strings.Contains(err.Error(), "labelSelector") {
		t.Errorf("got %v, want an error about the selector", err)
	}
}
