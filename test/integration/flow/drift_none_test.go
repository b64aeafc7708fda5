package flow

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// newWorkload returns a Deployment of a container.
func newWorkload() *appsv1.Deployment {
	labels := map[string]string{"app": "web"}
	return &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: appsv1.DeploymentSpec{
		Replicas: new(int32(1)), Selector: &metav1.LabelSelector{MatchLabels: labels},
		Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app:1"}}}},
	}}
}

// newService returns a Service for the Pods of the workload.
func newService() *corev1.Service {
	return &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: corev1.ServiceSpec{
		Selector: map[string]string{"app": "web"}, Ports: []corev1.ServicePort{{Name: "http", Port: 80}},
	}}
}

// serveMutations starts a webhook that adds an annotation and a value to every Secret.
func (f *fleet) serveMutations() (url string, ca []byte) {
	f.t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		var review admissionv1.AdmissionReview
		if err := json.NewDecoder(in.Body).Decode(&review); err != nil {
			http.Error(out, err.Error(), http.StatusBadRequest)
			return
		}
		kind := admissionv1.PatchTypeJSONPatch
		review.Response = &admissionv1.AdmissionResponse{
			UID: review.Request.UID, Allowed: true, PatchType: &kind,
			Patch: []byte(`[{"op":"add","path":"/metadata/annotations","value":{"example.com/webhook":"yes"}},{"op":"add","path":"/data/injected","value":"eA=="},{"op":"replace","path":"/data/password","value":"eA=="}]`),
		}
		review.Request = nil
		out.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(out).Encode(review)
	}))
	f.t.Cleanup(server.Close)
	return server.URL, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
}

// installMutations has a webhook change each Secret that is created in the namespaces, and a policy each ConfigMap and Deployment that
// is created or updated there.
func (f *fleet) installMutations() {
	f.t.Helper()
	selector := &metav1.LabelSelector{MatchLabels: map[string]string{f.label: "yes"}}
	fail, none, allScopes := admissionregistrationv1.Fail, admissionregistrationv1.SideEffectClassNone, admissionregistrationv1.NamespacedScope
	rule := func(group, resource string, operations ...admissionregistrationv1.OperationType) admissionregistrationv1.RuleWithOperations {
		return admissionregistrationv1.RuleWithOperations{
			Operations: append(operations, admissionregistrationv1.Create),
			Rule:       admissionregistrationv1.Rule{APIGroups: []string{group}, APIVersions: []string{"*"}, Resources: []string{resource}, Scope: &allScopes},
		}
	}
	url, ca := f.serveMutations()
	name := f.uniqueName("mutate")
	policy := func(name, group, resource, expression string) *admissionregistrationv1.MutatingAdmissionPolicy {
		return &admissionregistrationv1.MutatingAdmissionPolicy{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: admissionregistrationv1.MutatingAdmissionPolicySpec{
			FailurePolicy: &fail, ReinvocationPolicy: admissionregistrationv1.NeverReinvocationPolicy,
			MatchConstraints: &admissionregistrationv1.MatchResources{
				NamespaceSelector: selector, ResourceRules: []admissionregistrationv1.NamedRuleWithOperations{{RuleWithOperations: rule(group, resource, admissionregistrationv1.Update)}},
			},
			Mutations: []admissionregistrationv1.Mutation{{
				PatchType: admissionregistrationv1.PatchTypeApplyConfiguration, ApplyConfiguration: &admissionregistrationv1.ApplyConfiguration{Expression: expression},
			}},
		}}
	}
	binding := func(name string) *admissionregistrationv1.MutatingAdmissionPolicyBinding {
		return &admissionregistrationv1.MutatingAdmissionPolicyBinding{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: admissionregistrationv1.MutatingAdmissionPolicyBindingSpec{PolicyName: name}}
	}
	f.createObjects(
		&admissionregistrationv1.MutatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: name}, Webhooks: []admissionregistrationv1.MutatingWebhook{{
			Name: "secrets.example.com", FailurePolicy: &fail, SideEffects: &none, AdmissionReviewVersions: []string{"v1"}, NamespaceSelector: selector,
			ClientConfig: admissionregistrationv1.WebhookClientConfig{URL: &url, CABundle: ca}, Rules: []admissionregistrationv1.RuleWithOperations{rule("", "secrets")},
		}}},
		policy(name+"-maps", "", "configmaps", `Object{metadata: Object.metadata{annotations: {"example.com/policy": "yes"}}, data: {"key": "of the policy", "injected": "x"}}`), binding(name+"-maps"),
		policy(name+"-sidecars", "apps", "deployments", `Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{containers: [Object.spec.template.spec.containers{name: "sidecar", image: "sidecar:1"}]}}}}`), binding(name+"-sidecars"),
	)
	probe := labelledNamespace(f.uniqueName("probe"), f.label, "yes")
	probe.Annotations = map[string]string{v1alpha1.AnnotationBaseline: v1alpha1.NoBaseline}
	f.createObjects(probe)
	f.eventually(func(ctx context.Context) error { // the API server learns of them by a watch
		settings, secret, workload := configMap("probe"), newPassword("x"), newWorkload()
		for _, object := range []client.Object{settings, secret, workload} {
			object.SetNamespace(probe.Name)
			if err := f.Client.Create(ctx, object, client.DryRunAll); err != nil {
				return err
			}
		}
		if settings.Data["injected"] == "" || len(secret.Data["injected"]) == 0 || len(workload.Spec.Template.Spec.Containers) != 2 {
			return errors.New("the mutations are not in force yet")
		}
		return nil
	})
	f.deleteObjects(probe)
	f.awaitGone(probe)
}

// Whatever gives an object other values than the backup's, and is no tenant's change, is no drift: mutations of admission while
// Seedbed writes, autoscalers, writers of the status, controllers' annotations, and copies of the labels. It holds where nobody else
// has written an object, and where an object must be read because somebody has.
func TestNoDrift(t *testing.T) {
	f := &fleet{env: sharedInstallation(t), size: 4}
	f.label = f.uniqueName("fleet")
	f.installMutations()
	source := f.createSource(configMap("settings"), newPassword("ours"), newWorkload(), newService(), roleBinding("view"))
	backup := f.createBackup(source, "configmaps", "secrets", "deployments", "services", "rolebindings")
	f.baseline = f.createBaseline(backup.Name, func(spec *v1alpha1.BaselineSpec) {
		f.selectByLabel(spec)
		required(spec)
	})
	f.createNamespaces()
	f.awaitNumbers(f.allCurrent())
	f.requireAudit(0)

	touched := f.namespaceName(0) // each of its objects has another writer
	manager := f.asManager("kube-controller-manager")
	for _, object := range []client.Object{configMap("settings"), newPassword(""), newWorkload(), newService(), roleBinding("view")} {
		object.SetNamespace(touched)
		edit(f, manager, object, func(object client.Object) {
			annotations := map[string]string{"example.com/revision": "1"}
			maps.Copy(annotations, object.GetAnnotations())
			object.SetAnnotations(annotations)
		})
	}
	for _, namespace := range []string{touched, f.namespaceName(1)} {
		f.scale(namespace, 5)
		f.setStatus(namespace)
		f.copyLabels(namespace)
	}
	f.requireAudit(0)
	for i := range f.size {
		f.requireDrift(i)
	}
	f.requireAudit(0)
	workload := newWorkload()
	workload.Namespace = touched
	edit(f, f.asManager("editor"), workload, func(d *appsv1.Deployment) { d.Spec.Template.Spec.Containers[0].Image = "theirs:1" })
	edit(f, f.asManager("editor"), f.getSecret(f.namespaceName(1)), func(s *corev1.Secret) { s.Data["own"] = []byte("x") })
	f.requireAudit(2) // so the objects are compared
	secret := f.getSecret(f.namespaceName(1)).Data
	if len(secret) != 2 || string(secret["password"]) != "x" || string(secret["injected"]) != "x" {
		t.Errorf("after the correction the Secret lacks values of the webhook, or has the tenant's: %d keys", len(secret))
	}
	edit(f, f.asManager("editor"), workload, func(d *appsv1.Deployment) {
		if image := d.Spec.Template.Spec.Containers[0].Image; image != "app:1" || *d.Spec.Replicas != 5 || len(d.Spec.Template.Spec.Containers) != 2 {
			t.Errorf("after the correction: image %s, %d replicas, %d containers", image, *d.Spec.Replicas, len(d.Spec.Template.Spec.Containers))
		}
	})
}

// scale sets the replicas of the workload as an autoscaler does.
func (f *fleet) scale(namespace string, replicas int32) {
	f.t.Helper()
	workload := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "web"}}
	f.eventually(func(ctx context.Context) error {
		scale := &autoscalingv1.Scale{}
		if err := f.Client.SubResource("scale").Get(ctx, workload, scale); err != nil {
			return err
		}
		scale.Spec.Replicas = replicas
		return f.Client.SubResource("scale").Update(ctx, workload, client.WithSubResourceBody(scale), client.FieldOwner("horizontal-pod-autoscaler"))
	})
}

// setStatus writes the status of the Service as a load balancer's controller does.
func (f *fleet) setStatus(namespace string) {
	f.t.Helper()
	service := &corev1.Service{}
	f.eventually(func(ctx context.Context) error {
		if err := f.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "web"}, service); err != nil {
			return err
		}
		service.Status.Conditions = []metav1.Condition{{Type: "Provisioned", Status: metav1.ConditionTrue, Reason: "Done", LastTransitionTime: metav1.Now()}}
		return f.Client.Status().Update(ctx, service, client.FieldOwner("load-balancer"))
	})
}

// copyLabels creates children of the workload with all of its labels, as operators do.
func (f *fleet) copyLabels(namespace string) {
	f.t.Helper()
	workload := &appsv1.Deployment{}
	if err := f.Client.Get(f.ctx(), client.ObjectKey{Namespace: namespace, Name: "web"}, workload); err != nil {
		f.t.Fatal(err)
	}
	for i := range 2 {
		child := configMap(fmt.Sprintf("child-%d", i))
		child.Namespace, child.Labels = namespace, workload.Labels
		f.createObjects(child)
	}
}
