package flow

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/cluster"
)

// unprotectedKinds are those that controllers write.
var unprotectedKinds = []string{
	"pods", "endpoints", "events", "persistentvolumeclaims", "endpointslices.discovery.k8s.io", "events.events.k8s.io",
	"leases.coordination.k8s.io", "replicasets.apps", "controllerrevisions.apps", "jobs.batch",
}

// servedResource is a namespaced resource of the API server, with its subresources that can be patched.
type servedResource struct {
	schema.GroupVersionKind
	name         string
	subresources []string
}

// listServed returns the namespaced resources, in every version.
func (p *protection) listServed() []servedResource {
	p.t.Helper()
	core, err := discovery.NewDiscoveryClientForConfig(p.Cluster.Config())
	if err != nil {
		p.t.Fatal(err)
	}
	_, lists, err := core.ServerGroupsAndResources()
	if err != nil {
		p.t.Fatal(err)
	}
	var served []servedResource
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			p.t.Fatal(err)
		}
		for _, r := range list.APIResources {
			if r.Namespaced && !strings.Contains(r.Name, "/") && slices.Contains(r.Verbs, "create") && slices.Contains(r.Verbs, "delete") {
				served = append(served, servedResource{version.WithKind(r.Kind), version.WithResource(r.Name).GroupResource().String(), subresourcesOf(list, r.Name)})
			}
		}
	}
	return served
}

func subresourcesOf(list *metav1.APIResourceList, resource string) (names []string) {
	for _, r := range list.APIResources {
		if name, found := strings.CutPrefix(r.Name, resource+"/"); found && slices.Contains(r.Verbs, "patch") {
			names = append(names, name)
		}
	}
	return names
}

// newSample returns the first sample of a resource, protected; nil if there is none in its version.
func (p *protection) newSample(served servedResource) *unstructured.Unstructured {
	p.t.Helper()
	root, err := cluster.Root()
	if err != nil {
		p.t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(root, "test", "testdata", "kinds", served.name+".yaml"))
	if err != nil {
		return nil
	}
	first, _, _ := strings.Cut(strings.ReplaceAll(string(content), "orchard", p.namespace), "\n---\n")
	sample := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(first), sample); err != nil {
		p.t.Fatal(err)
	}
	if sample.GroupVersionKind() != served.GroupVersionKind {
		return nil
	}
	sample.SetNamespace(p.namespace)
	labels := sample.GetLabels()
	if labels == nil {
		labels = map[string]string{}
	}
	labels[v1alpha1.LabelProtected] = "web"
	sample.SetLabels(labels)
	return sample
}

// newMaker returns a client that may create every sample, with the label: a RoleBinding too whose Role is not there.
func (p *protection) newMaker() client.Client {
	p.t.Helper()
	config := p.Cluster.Config()
	config.Impersonate.UserName, config.Impersonate.Groups = "maker", []string{"system:masters", "system:serviceaccounts:kube-system"}
	maker, err := client.New(config, client.Options{})
	if err != nil {
		p.t.Fatal(err)
	}
	return maker
}

// Every kind that the API server serves is protected, or among those that controllers write; and no subresource is a way around:
// some of them write labels and owners.
func TestProtectionOfEveryKind(t *testing.T) {
	p := newProtection(t)
	maker, tried, written := p.newMaker(), 0, 0
	for _, served := range p.listServed() {
		sample := p.newSample(served)
		if sample == nil {
			continue
		}
		tried++
		t.Run(served.name, func(t *testing.T) {
			p := p.withTest(t)
			if err := maker.Create(p.ctx(), sample); err != nil {
				t.Fatal(err)
			}
			isProtected := !slices.Contains(unprotectedKinds, served.name)
			err := p.owner.Patch(p.ctx(), sample.DeepCopy(), mergePatch(`{"metadata":{"annotations":{"a":"b"}}}`))
			if isProtected {
				p.requireChangeRefused(err, served.Kind, sample.GetName())
				p.requireNoWayAround(served, sample)
				written += len(served.subresources)
				p.requireChangeRefused(p.owner.Delete(p.ctx(), sample), served.Kind, sample.GetName())
				return
			}
			p.requireAllowed(err, "a change")
			p.requireAllowed(p.owner.Patch(p.ctx(), sample, mergePatch(`{"metadata":{"labels":{"seedbed.dev/protected":null}}}`)), "no label")
			p.requireAllowed(p.owner.Delete(p.ctx(), sample), "a deletion")
		})
	}
	if tried < 25 || written < 10 {
		t.Errorf("only %d kinds with %d subresources were tried", tried, written)
	}
}

// requireNoWayAround fails the test if a write of a subresource takes the label off an object, or gives it a controller.
func (p *protection) requireNoWayAround(served servedResource, sample *unstructured.Unstructured) {
	p.t.Helper()
	for _, subresource := range served.subresources {
		for _, patch := range []string{
			`{"metadata":{"labels":{"seedbed.dev/protected":null}}}`,
			`{"metadata":{"labels":{"seedbed.dev/protected":""}}}`,
			`{"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"a","uid":"1","controller":true}]}}`,
		} {
			err := p.owner.SubResource(subresource).Patch(p.ctx(), sample.DeepCopy(), mergePatch("%s", patch))
			now := sample.DeepCopy()
			if getErr := p.Client.Get(p.ctx(), client.ObjectKeyFromObject(now), now); getErr != nil {
				p.t.Fatal(getErr)
			}
			if now.GetLabels()[v1alpha1.LabelProtected] != "web" || len(now.GetOwnerReferences()) > 0 {
				p.t.Errorf("%s by %s wrote it: %v; err: %v", patch, subresource, now.Object["metadata"], err)
			}
		}
	}
}

// Controllers report a status and autoscalers set replicas, whoever they are.
func TestProtectionAllowsStatusAndScale(t *testing.T) {
	p := newProtection(t)
	service := &corev1.Service{ObjectMeta: p.protectedMeta("front"), Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeLoadBalancer, Ports: []corev1.ServicePort{{Port: 80}}}}
	deployment := newScaledDown(p.protectedMeta("front"), nil)
	p.create(service, deployment)
	p.requireAllowed(p.owner.Status().Patch(p.ctx(), service, mergePatch(`{"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.1"}]}}}`)), "the status of a Service")
	p.requireAllowed(p.tenant.SubResource("scale").Patch(p.ctx(), deployment.DeepCopy(), mergePatch(`{"spec":{"replicas":3}}`)), "the scale of a Deployment")
	p.requireChangeRefused(p.tenant.Patch(p.ctx(), deployment.DeepCopy(), mergePatch(`{"spec":{"replicas":2}}`)), "Deployment", "front")
	if err := p.Client.Get(p.ctx(), client.ObjectKeyFromObject(deployment), deployment); err != nil || *deployment.Spec.Replicas != 3 {
		t.Errorf("%d replicas, %v", *deployment.Spec.Replicas, err)
	}
}

// newScaledDown returns a Deployment without replicas, whose pods have the labels.
func newScaledDown(meta metav1.ObjectMeta, labels map[string]string) *appsv1.Deployment {
	replicas := int32(0)
	template := map[string]string{"app": meta.Name}
	maps.Copy(template, labels)
	return &appsv1.Deployment{ObjectMeta: meta, Spec: appsv1.DeploymentSpec{
		Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": meta.Name}},
		Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: template}, Spec: newPod("", "").Spec},
	}}
}

// The version that a request names makes no difference.
func TestProtectionInEveryVersion(t *testing.T) {
	p := newProtection(t)
	p.create(&autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: p.protectedMeta("front"), Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
		ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "front"}, MaxReplicas: 3,
	}})
	for _, object := range []client.Object{&autoscalingv1.HorizontalPodAutoscaler{ObjectMeta: p.meta("front")}, &autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: p.meta("front")}} {
		p.requireChangeRefused(p.tenant.Patch(p.ctx(), object, mergePatch(`{"spec":{"maxReplicas":9}}`)), "HorizontalPodAutoscaler", "front")
		p.requireChangeRefused(p.tenant.Delete(p.ctx(), object), "HorizontalPodAutoscaler", "front")
	}
}

// A custom resource is protected too, with and without its status subresource.
func TestProtectionOfCustomResource(t *testing.T) {
	p := newProtection(t)
	schemaOfAll := map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}
	p.createObjects(&unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": map[string]any{"name": "parcels.example.org"},
		"spec": map[string]any{
			"group": "example.org", "scope": "Namespaced", "names": map[string]any{"plural": "parcels", "kind": "Parcel"},
			"versions": []any{map[string]any{
				"name": "v1", "served": true, "storage": true, "subresources": map[string]any{"status": map[string]any{}},
				"schema": map[string]any{"openAPIV3Schema": schemaOfAll},
			}},
		},
	}})
	parcel := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "example.org/v1", "kind": "Parcel", "spec": map[string]any{"size": int64(1)}}}
	parcel.SetNamespace(p.namespace)
	parcel.SetName("first")
	parcel.SetLabels(map[string]string{v1alpha1.LabelProtected: "web"})
	p.eventually(func(ctx context.Context) error { return p.seedbed.Create(ctx, parcel) }) // once the kind is served
	for _, patch := range []string{`{"spec":{"size":2}}`, `{"metadata":{"labels":null}}`, `{"metadata":{"finalizers":["example.org/a"]}}`} {
		p.requireChangeRefused(p.owner.Patch(p.ctx(), parcel.DeepCopy(), mergePatch("%s", patch)), "Parcel", "first")
	}
	p.requireAllowed(p.owner.Status().Patch(p.ctx(), parcel.DeepCopy(), mergePatch(`{"status":{"ready":true}}`)), "the status")
	p.requireChangeRefused(p.owner.DeleteAllOf(p.ctx(), parcel.DeepCopy(), client.InNamespace(p.namespace)), "Parcel", "first")
}
