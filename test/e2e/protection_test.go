//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"maps"
	"os"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

const (
	protectedBaseline = "e2e-protected"
	protectedLabel    = "seedbed-e2e-protected"
	// deletesWithin is the time in which a namespace with protected objects and running pods must be gone.
	deletesWithin = time.Minute
)

// testProtection requires that a tenant with the role "edit" changes no object of a baseline with drift Deny, and that everything which
// Kubernetes does by itself goes on: pods come and go, the Service follows them, and the namespace ends.
func testProtection(t *testing.T, e *env) {
	e.mustRun(t, "helm", "upgrade", e.release, e.chart, "--namespace", e.namespace, "--reuse-values", "--set", "protection.enabled=true")
	e.awaitPods(t)
	source := e.runName("protected-source")
	e.createObjects(t, append([]client.Object{&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: source}}}, newProtectedContent(t, source)...)...)
	e.mustRun(t, "seedbed", "backup", "create", protectedBaseline, "--include-namespaces", source, "--wait")
	e.mustRun(t, "kubectl", "delete", "namespace", source, "--wait=false")
	e.createObjects(t, &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: protectedBaseline}, Spec: v1alpha1.BaselineSpec{
		Backup: protectedBaseline, Enforcement: v1alpha1.EnforcementRequired, Drift: v1alpha1.DriftDeny,
		NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{protectedLabel: e.run}},
	}})
	for _, base := range []string{"protected", "protected-until-uninstall"} {
		e.createObjects(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: e.runName(base), Labels: map[string]string{protectedLabel: e.run}}})
		e.awaitCondition(t, e.runName(base), v1alpha1.ReasonRestored, corev1.ConditionTrue)
	}
	namespace := e.runName("protected")
	tenant := e.newEditor(t, namespace)
	e.requireProtected(t, namespace, tenant)
	e.requireEndpointsFollow(t, namespace, tenant)
	e.requireHarmlessLabel(t, namespace, tenant)
	e.requireAdministered(t, namespace)
	began := time.Now()
	e.mustRun(t, "kubectl", "delete", "namespace", namespace, "--wait", "--timeout", deletesWithin.String())
	t.Logf("the namespace was gone after %s", time.Since(began).Round(time.Millisecond))
}

// newProtectedContent returns a workload with its Service, a NetworkPolicy and a ConfigMap.
func newProtectedContent(t *testing.T, namespace string) []client.Object {
	t.Helper()
	meta := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: namespace, Name: name} }
	return []client.Object{
		&corev1.ConfigMap{ObjectMeta: meta("settings"), Data: map[string]string{"colour": "green"}},
		&networkingv1.NetworkPolicy{ObjectMeta: meta("guard"), Spec: networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeEgress}}},
		&corev1.Service{ObjectMeta: meta("web"), Spec: corev1.ServiceSpec{
			Selector: map[string]string{"app": "web"}, Ports: []corev1.ServicePort{{Port: 80, TargetPort: intstr.FromInt32(8080)}},
		}},
		newIdleDeployment(t, namespace, "web", nil),
	}
}

// newIdleDeployment returns a Deployment of one pod that runs until it is stopped, with labels of the pod.
func newIdleDeployment(t *testing.T, namespace, name string, podLabels map[string]string) *appsv1.Deployment {
	t.Helper()
	image := os.Getenv(readerImageEnv)
	if image == "" {
		t.Fatalf("%s is not set: it must be the image of test/e2e/reader, as make e2e sets it", readerImageEnv)
	}
	labels := map[string]string{"app": name}
	maps.Copy(labels, podLabels)
	return &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Spec: appsv1.DeploymentSpec{
		Replicas: new(int32(1)), Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": name}},
		Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{
			TerminationGracePeriodSeconds: new(int64(1)),
			Containers:                    []corev1.Container{{Name: "main", Image: image, ImagePullPolicy: corev1.PullIfNotPresent, Command: []string{"/reader", "/etc/hosts"}}},
		}},
	}}
}

// newEditor returns a client of a user who may edit a namespace, as the role "edit" that comes with Kubernetes allows.
func (e *env) newEditor(t *testing.T, namespace string) client.Client {
	t.Helper()
	user := e.runName("editor")
	e.createObjects(t, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "editor"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "edit"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
	})
	editor := e.impersonate(t, user)
	e.requireEventually(t, func(ctx context.Context) error { // RBAC takes a moment
		return editor.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "own"}})
	})
	return editor
}

// requireProtected has a tenant delete, change and unlabel each object, and make one with the label.
func (e *env) requireProtected(t *testing.T, namespace string, tenant client.Client) {
	t.Helper()
	settings := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "settings"}}
	e.requireEventually(t, func(ctx context.Context) error { // the API server learns of the policy by a watch
		if err := tenant.Delete(ctx, settings, client.DryRunAll); !apierrors.IsForbidden(err) {
			return fmt.Errorf("deleting a protected ConfigMap: %w", err)
		}
		return nil
	})
	requireRefusedFor := func(reason, action string, err error) {
		t.Helper()
		if !apierrors.IsForbidden(err) {
			t.Fatalf("%s: %v; want it refused", action, err)
		}
		requireContains(t, err.Error(), reason)
		t.Logf("%s: %v", action, err)
	}
	requireRefused := func(action string, err error) {
		t.Helper()
		requireRefusedFor(fmt.Sprintf("belongs to the Required baseline %q", protectedBaseline), action, err)
	}
	ctx := e.newContext(t)
	for _, object := range newProtectedContent(t, namespace) {
		requireRefused(fmt.Sprintf("deleting %T", object), tenant.Delete(ctx, object))
		patch := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"seedbed.dev/protected":null,"seedbed.dev/baseline":null}}}`))
		requireRefused(fmt.Sprintf("unlabelling %T", object), tenant.Patch(ctx, object, patch))
	}
	patch := client.RawPatch(types.MergePatchType, []byte(`{"data":{"colour":"red"}}`))
	requireRefused("changing the ConfigMap", tenant.Patch(ctx, settings, patch))
	requireRefused("deleting all ConfigMaps", tenant.DeleteAllOf(ctx, &corev1.ConfigMap{}, client.InNamespace(namespace), client.MatchingLabels{v1alpha1.LabelProtected: protectedBaseline}))
	requireRefusedFor("only Seedbed sets it", "making one with the label", tenant.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
		Namespace: namespace, Name: "theirs", Labels: map[string]string{v1alpha1.LabelProtected: protectedBaseline},
	}}))
}

// requireEndpointsFollow scales the workload and deletes a pod of it: the endpoints of the protected Service follow.
func (e *env) requireEndpointsFollow(t *testing.T, namespace string, tenant client.Client) {
	t.Helper()
	e.awaitEndpoints(t, namespace, 1, nil)
	scale := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"replicas":2}}`))
	workload := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "web"}}
	if err := tenant.SubResource("scale").Patch(e.newContext(t), workload, scale); err != nil {
		t.Fatalf("scaling is not prevented, and was: %v", err)
	}
	pods := sets.List(e.awaitEndpoints(t, namespace, 2, nil))
	if err := tenant.Delete(e.newContext(t), &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: pods[0]}}); err != nil {
		t.Fatalf("deleting a pod: %v", err)
	}
	e.awaitEndpoints(t, namespace, 2, sets.New(pods[0]))
}

// awaitEndpoints waits until the Service has that many ready endpoints, none of them one of the gone pods, and returns their pods.
func (e *env) awaitEndpoints(t *testing.T, namespace string, count int, gone sets.Set[string]) (pods sets.Set[string]) {
	t.Helper()
	e.requireEventually(t, func(ctx context.Context) error {
		slices := &discoveryv1.EndpointSliceList{}
		if err := e.List(ctx, slices, client.InNamespace(namespace), client.MatchingLabels{discoveryv1.LabelServiceName: "web"}); err != nil {
			return err
		}
		pods = sets.New[string]()
		for i := range slices.Items {
			for _, endpoint := range slices.Items[i].Endpoints {
				if endpoint.TargetRef != nil && endpoint.Conditions.Ready != nil && *endpoint.Conditions.Ready {
					pods.Insert(endpoint.TargetRef.Name)
				}
			}
		}
		if pods.Len() != count || pods.HasAny(sets.List(gone)...) {
			return fmt.Errorf("the Service has the endpoints %q", sets.List(pods))
		}
		return nil
	})
	return pods
}

// requireHarmlessLabel has a tenant run pods that bear the label of protected objects: they start, and go when they are deleted.
func (e *env) requireHarmlessLabel(t *testing.T, namespace string, tenant client.Client) {
	t.Helper()
	hostile := newIdleDeployment(t, namespace, "hostile", map[string]string{v1alpha1.LabelProtected: protectedBaseline})
	if err := tenant.Create(e.newContext(t), hostile); err != nil {
		t.Fatal(err)
	}
	selector := client.MatchingLabels{"app": "hostile"}
	e.requireEventually(t, func(ctx context.Context) error {
		if err := e.Get(ctx, client.ObjectKeyFromObject(hostile), hostile); err != nil || hostile.Status.ReadyReplicas == 1 {
			return err
		}
		return fmt.Errorf("the Deployment has %+v", hostile.Status)
	})
	if err := tenant.Delete(e.newContext(t), hostile); err != nil {
		t.Fatal(err)
	}
	e.requireEventually(t, func(ctx context.Context) error {
		pods := &corev1.PodList{}
		if err := e.List(ctx, pods, client.InNamespace(namespace), selector); err != nil || len(pods.Items) == 0 {
			return err
		}
		return fmt.Errorf("%d pods are left", len(pods.Items))
	})
}

// requireAdministered deletes an object as an administrator, who may: the audit puts it back.
func (e *env) requireAdministered(t *testing.T, namespace string) {
	t.Helper()
	e.mustRun(t, "kubectl", "-n", namespace, "delete", "configmap", "settings")
	requireContains(t, e.mustRun(t, "seedbed", "baseline", "audit", protectedBaseline, "--wait"), namespace+": configmaps/settings put back (deleted)")
}

// requireUnprotected requires that a namespace whose objects were protected can be changed and deleted after an uninstall.
func (e *env) requireUnprotected(t *testing.T) {
	t.Helper()
	namespace := e.runName("protected-until-uninstall")
	tenant := e.newEditor(t, namespace)
	for _, object := range newProtectedContent(t, namespace) {
		e.requireEventually(t, func(ctx context.Context) error { // API servers enforce a deleted policy a little longer
			if err := tenant.Delete(ctx, object); err != nil {
				return fmt.Errorf("deleting %T after the uninstall: %w", object, err)
			}
			return nil
		})
	}
	e.mustRun(t, "kubectl", "delete", "namespace", namespace, "--wait", "--timeout", deletesWithin.String())
}
