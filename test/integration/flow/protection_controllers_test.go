package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// The controllers of endpoints copy a Service's labels: its endpoints follow its pods all the same.
func TestProtectedServiceKeepsItsEndpoints(t *testing.T) {
	p := newProtection(t)
	p.createObjects(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "one"}}) // a pod without its node is in no EndpointSlice
	p.create(&corev1.Service{ObjectMeta: p.protectedMeta("front"), Spec: corev1.ServiceSpec{Selector: map[string]string{"app": "front"}, Ports: []corev1.ServicePort{{Port: 80}}}})
	p.runPod("front-1", "192.0.2.1")
	p.awaitEndpoints("192.0.2.1")
	p.runPod("front-2", "192.0.2.2")
	p.awaitEndpoints("192.0.2.1", "192.0.2.2")
	if err := p.tenant.Delete(p.ctx(), &corev1.Pod{ObjectMeta: p.meta("front-1")}, client.GracePeriodSeconds(0)); err != nil {
		t.Fatal(err)
	}
	p.awaitEndpoints("192.0.2.2")
}

// runPod makes a pod of the Service, and reports it ready as its kubelet would.
func (p *protection) runPod(name, ip string) {
	p.t.Helper()
	pod := newPod(p.namespace, name)
	pod.Labels, pod.Spec.NodeName = map[string]string{"app": "front"}, "one"
	if err := p.tenant.Create(p.ctx(), pod); err != nil {
		p.t.Fatal(err)
	}
	pod.Status.Phase, pod.Status.PodIP, pod.Status.PodIPs = corev1.PodRunning, ip, []corev1.PodIP{{IP: ip}}
	pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	if err := p.Client.Status().Update(p.ctx(), pod); err != nil {
		p.t.Fatal(err)
	}
}

// awaitEndpoints waits until the EndpointSlices and the Endpoints of the Service have these addresses, and the label.
func (p *protection) awaitEndpoints(want ...string) {
	p.t.Helper()
	p.eventually(func(ctx context.Context) error {
		var slicesOf discoveryv1.EndpointSliceList
		if err := p.Client.List(ctx, &slicesOf, client.InNamespace(p.namespace), client.MatchingLabels{discoveryv1.LabelServiceName: "front", v1alpha1.LabelProtected: "web"}); err != nil {
			return err
		}
		var got []string
		for _, slice := range slicesOf.Items {
			for _, endpoint := range slice.Endpoints {
				got = append(got, endpoint.Addresses...)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			return fmt.Errorf("the EndpointSlices have %q, want %q", got, want)
		}
		return p.checkEndpoints(ctx, want)
	})
}

func (p *protection) checkEndpoints(ctx context.Context, want []string) error {
	endpoints := &corev1.Endpoints{} //nolint:staticcheck // its controller copies the labels too
	if err := p.Client.Get(ctx, client.ObjectKey{Namespace: p.namespace, Name: "front"}, endpoints); err != nil {
		return err
	}
	var got []string
	for _, subset := range endpoints.Subsets {
		for _, address := range subset.Addresses {
			got = append(got, address.IP)
		}
	}
	slices.Sort(got)
	if endpoints.Labels[v1alpha1.LabelProtected] != "web" || !slices.Equal(got, want) {
		return fmt.Errorf("the Endpoints have %q and labels %v, want %q", got, endpoints.Labels, want)
	}
	return nil
}

// A template with the label harms neither its controllers nor its tenant.
func TestTemplateWithProtectionDoesNoHarm(t *testing.T) {
	p := newProtection(t)
	hostile := map[string]string{v1alpha1.LabelProtected: "web"}
	deployment := newScaledDown(p.meta("front"), hostile)
	if err := p.tenant.Create(p.ctx(), deployment); err != nil {
		t.Fatal(err)
	}
	p.requireAllowed(p.tenant.SubResource("scale").Patch(p.ctx(), deployment.DeepCopy(), mergePatch(`{"spec":{"replicas":2}}`)), "scaling")
	p.awaitLabelled(&corev1.PodList{}, 2)
	p.awaitLabelled(&appsv1.ReplicaSetList{}, 1)

	var pods corev1.PodList
	if err := p.tenant.List(p.ctx(), &pods, client.InNamespace(p.namespace)); err != nil {
		t.Fatal(err)
	}
	p.requireAllowed(p.tenant.SubResource("eviction").Create(p.ctx(), &pods.Items[0], &policyv1.Eviction{}), "an eviction, as of a drain")
	p.requireAllowed(p.tenant.Delete(p.ctx(), &pods.Items[1], client.GracePeriodSeconds(0)), "a deletion of a pod")
	// What is orphaned has no controller any more, and belongs to the tenant.
	if err := p.tenant.Delete(p.ctx(), deployment, client.PropagationPolicy(metav1.DeletePropagationOrphan)); err != nil {
		t.Fatal(err)
	}
	p.awaitGone(deployment)
	p.requireAllowed(p.tenant.DeleteAllOf(p.ctx(), &appsv1.ReplicaSet{}, client.InNamespace(p.namespace), client.PropagationPolicy(metav1.DeletePropagationBackground)), "deleting ReplicaSets")
	p.awaitLabelled(&appsv1.ReplicaSetList{}, 0)
}

// awaitLabelled waits until the namespace has that many labelled objects of a kind.
func (p *protection) awaitLabelled(list client.ObjectList, want int) {
	p.t.Helper()
	p.eventually(func(ctx context.Context) error {
		if err := p.Client.List(ctx, list, client.InNamespace(p.namespace), client.HasLabels{v1alpha1.LabelProtected}); err != nil {
			return err
		}
		count := 0
		switch l := list.(type) {
		case *corev1.PodList:
			count = len(l.Items)
		case *appsv1.ReplicaSetList:
			count = len(l.Items)
		}
		if count != want {
			return fmt.Errorf("%d objects of %T, want %d", count, list, want)
		}
		return nil
	})
}

// A protected Deployment rolls: its controller writes annotations of it and of its ReplicaSets.
func TestProtectedDeploymentRolls(t *testing.T) {
	p := newProtection(t)
	deployment := newScaledDown(p.protectedMeta("front"), nil)
	p.create(deployment)
	awaitRevision := func(want string) {
		p.eventually(func(ctx context.Context) error {
			if err := p.Client.Get(ctx, client.ObjectKeyFromObject(deployment), deployment); err != nil {
				return err
			}
			if got := deployment.Annotations["deployment.kubernetes.io/revision"]; got != want || deployment.Status.ObservedGeneration != deployment.Generation {
				return fmt.Errorf("revision %q of generation %d, want %q", got, deployment.Status.ObservedGeneration, want)
			}
			return nil
		})
	}
	awaitRevision("1")
	p.requireAllowed(p.seedbed.Patch(p.ctx(), deployment.DeepCopy(), mergePatch(`{"spec":{"template":{"metadata":{"annotations":{"a":"b"}}}}}`)), "an update by Seedbed")
	awaitRevision("2")
}

// The garbage collector deletes a protected object with its owner.
func TestProtectedObjectIsCollected(t *testing.T) {
	p := newProtection(t)
	owner := &corev1.ConfigMap{ObjectMeta: p.meta("owner")}
	p.create(owner)
	dependent := &corev1.ConfigMap{ObjectMeta: p.protectedMeta("dependent")}
	dependent.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: owner.Name, UID: owner.UID}}
	p.create(dependent)
	p.requireChangeRefused(p.tenant.Delete(p.ctx(), dependent.DeepCopy()), "ConfigMap", "dependent")
	p.requireAllowed(p.tenant.Delete(p.ctx(), owner), "deleting the owner")
	p.awaitGone(dependent)
}

// A tenant's controller lets go of an object that is being deleted.
func TestProtectedObjectLosesItsFinalizer(t *testing.T) {
	p := newProtection(t)
	held := &corev1.ConfigMap{ObjectMeta: p.protectedMeta("held")}
	held.Finalizers = []string{"example.org/hold"}
	p.create(held)
	p.requireChangeRefused(p.tenant.Patch(p.ctx(), held.DeepCopy(), mergePatch(`{"metadata":{"finalizers":null}}`)), "ConfigMap", "held")
	p.requireAllowed(p.seedbed.Delete(p.ctx(), held.DeepCopy()), "a deletion by Seedbed")
	p.requireAllowed(p.tenant.Patch(p.ctx(), held, mergePatch(`{"metadata":{"finalizers":null}}`)), "removing the finalizer")
	p.awaitGone(held)
}

// A namespace with protected objects goes as any other.
func TestProtectedNamespaceIsDeleted(t *testing.T) {
	p := newProtection(t)
	held := &corev1.ConfigMap{ObjectMeta: p.protectedMeta("held")}
	held.Finalizers = []string{"example.org/hold"}
	p.create(held, &corev1.Secret{ObjectMeta: p.protectedMeta("login")}, newScaledDown(p.protectedMeta("front"), nil),
		&corev1.ServiceAccount{ObjectMeta: p.protectedMeta("app")}, &corev1.Service{ObjectMeta: p.protectedMeta("front"), Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80}}}})
	operator := p.newOperator()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: p.namespace}}
	p.deleteObjects(namespace)
	p.eventually(func(ctx context.Context) error {
		if err := p.Client.Get(ctx, client.ObjectKeyFromObject(held), held); err != nil {
			return err
		}
		if held.DeletionTimestamp == nil {
			return errors.New("the ConfigMap is not deleted yet")
		}
		return nil
	})
	p.requireAllowed(operator.Patch(p.ctx(), held, mergePatch(`{"metadata":{"finalizers":null}}`)), "removing the finalizer of what is being deleted")
	p.awaitGone(namespace)
}

// newOperator returns a client of a user who may write ConfigMaps in every namespace: the RoleBindings of one that is being deleted
// go with it.
func (p *protection) newOperator() client.Client {
	p.t.Helper()
	return p.newUser("operator", newRule("create,patch,delete", "", "configmaps"))
}

// In a namespace that is being deleted users may delete what the namespace controller has not deleted yet.
func TestProtectionEndsWithItsNamespace(t *testing.T) {
	p := newProtection(t)
	left := &corev1.ConfigMap{ObjectMeta: p.protectedMeta("left")}
	p.create(left)
	p.holdConfigMaps()
	operator := p.newOperator()
	p.requireChangeRefused(operator.Delete(p.ctx(), left.DeepCopy()), "ConfigMap", "left")
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: p.namespace}}
	p.deleteObjects(namespace)
	// The policy reads the namespace from the API server's cache.
	p.eventually(func(ctx context.Context) error {
		return operator.Patch(ctx, left.DeepCopy(), mergePatch(`{"data":{"key":"x"}}`))
	})
	p.requireAllowed(operator.Delete(p.ctx(), left), "a deletion in a namespace that is being deleted")
}

// holdConfigMaps refuses to let the namespace controller delete ConfigMaps.
func (p *protection) holdConfigMaps() {
	p.t.Helper()
	const controller = "system:serviceaccount:kube-system:namespace-controller"
	policy := &admissionregistrationv1.ValidatingAdmissionPolicy{ObjectMeta: metav1.ObjectMeta{Name: "hold"}}
	policy.Spec.MatchConstraints = &admissionregistrationv1.MatchResources{ResourceRules: []admissionregistrationv1.NamedRuleWithOperations{{
		RuleWithOperations: admissionregistrationv1.RuleWithOperations{
			Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Delete},
			Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"configmaps"}},
		},
	}}}
	policy.Spec.Validations = []admissionregistrationv1.Validation{{Expression: "request.userInfo.username != '" + controller + "'"}}
	p.createObjects(policy, &admissionregistrationv1.ValidatingAdmissionPolicyBinding{ObjectMeta: policy.ObjectMeta, Spec: admissionregistrationv1.ValidatingAdmissionPolicyBindingSpec{
		PolicyName: "hold", ValidationActions: []admissionregistrationv1.ValidationAction{admissionregistrationv1.Deny},
	}})
	config := p.Cluster.Config()
	config.Impersonate.UserName = controller
	impersonator, err := client.New(config, client.Options{})
	if err != nil {
		p.t.Fatal(err)
	}
	p.createObjects(&corev1.ConfigMap{ObjectMeta: p.meta("probe")})
	p.eventually(func(ctx context.Context) error {
		if err := impersonator.Delete(ctx, &corev1.ConfigMap{ObjectMeta: p.meta("probe")}, client.DryRunAll); !apierrors.IsInvalid(err) {
			return fmt.Errorf("the namespace controller is not refused yet: %w", err)
		}
		return nil
	})
}

// What Seedbed leaves behind when it is uninstalled can be changed and deleted, in whichever order the two objects go.
func TestProtectionEndsWithItsPolicy(t *testing.T) {
	meta := metav1.ObjectMeta{Name: "seedbed-protection"}
	for name, first := range map[string]client.Object{
		"the binding first": &admissionregistrationv1.ValidatingAdmissionPolicyBinding{ObjectMeta: meta},
		"the policy first":  &admissionregistrationv1.ValidatingAdmissionPolicy{ObjectMeta: meta},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProtection(t)
			left := &corev1.ConfigMap{ObjectMeta: p.protectedMeta("left")}
			p.create(left)
			p.requireChangeRefused(p.tenant.Delete(p.ctx(), left.DeepCopy()), "ConfigMap", "left")
			p.deleteObjects(first)
			p.eventually(func(ctx context.Context) error { return p.tenant.Delete(ctx, left.DeepCopy()) })
		})
	}
}
