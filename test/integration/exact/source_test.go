package exact

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// source is the namespace of the samples.
const source = "orchard"

// marked is an annotation of every sample, so that each has a field that can be changed.
const marked = "example.com/marked"

// order lists the resources that must come first or last: Pods need their ServiceAccount, a limit applies to later
// objects only, and a quota that was not counted yet refuses.
var order = map[string]int{"serviceaccounts": -2, "limitranges": -1, "resourcequotas": 2}

// createSource creates the source namespace with every sample in it, and waits until its controllers have settled.
func (e *env) createSource() {
	e.t.Helper()
	class := &schedulingv1.PriorityClass{ObjectMeta: metav1.ObjectMeta{Name: "exact"}, Value: 1000}
	e.createObjects(class, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-1"}})
	for _, definition := range e.readSamples(crds) {
		e.createObjects(definition)
	}
	e.createNamespace(source, "")
	e.awaitDefaults(source)
	resources := e.sampledResources()
	slices.SortStableFunc(resources, func(a, b string) int { return cmp.Compare(order[a], order[b]) })
	e.requireEventually(func(context.Context) error { return e.checkServed(resources) })
	kinds := e.listKinds()
	for _, resource := range resources {
		for _, sample := range e.readSamples(resource) {
			e.createSample(kinds[resource], sample)
		}
	}
	e.createClusterOwned(class)
	e.awaitSettled(source)
	// A Deployment with more than one revision.
	e.patchObject(kinds["deployments.apps"], "web", types.StrategicMergePatchType,
		`{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"registry.example.com/web:2"}]}}}}`)
	e.awaitSettled(source)
}

// checkServed returns an error if discovery lacks a sample's kind: a CRD takes a moment.
func (e *env) checkServed(resources []string) error {
	kinds := e.listKinds()
	for _, resource := range resources {
		if _, served := kinds[resource]; !served {
			return fmt.Errorf("%s is not served", resource)
		}
	}
	return nil
}

// createSample creates an object and writes the sample's status, which most kinds drop on create.
func (e *env) createSample(kind kind, sample *unstructured.Unstructured) {
	e.t.Helper()
	resource := e.dynamic.Resource(kind.GroupVersionResource).Namespace(source)
	sample.SetNamespace(source)
	status, hasStatus := sample.Object["status"].(map[string]any)
	annotations := sample.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[marked] = "sample"
	sample.SetAnnotations(annotations)
	_, err := resource.Create(e.newContext(), sample, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) && sample.GetKind() == "ServiceAccount" {
		e.requireEventually(func(ctx context.Context) error {
			made, err := resource.Get(ctx, sample.GetName(), metav1.GetOptions{})
			e.requireNoError(err)
			sample.SetResourceVersion(made.GetResourceVersion())
			_, err = resource.Update(ctx, sample, metav1.UpdateOptions{})
			return err
		})
		return
	}
	if err != nil {
		e.t.Fatalf("creating %s/%s: %v", kind.name, sample.GetName(), err)
	}
	if !hasStatus {
		return
	}
	e.writeStatus(kind, source, sample.GetName(), status)
}

// writeStatus adds to an object's status, in competition with its controller if it has one.
func (e *env) writeStatus(kind kind, namespace, name string, status map[string]any) {
	e.t.Helper()
	resource := e.dynamic.Resource(kind.GroupVersionResource).Namespace(namespace)
	e.requireEventually(func(ctx context.Context) error {
		object, err := resource.Get(ctx, name, metav1.GetOptions{})
		e.requireNoError(err)
		current, _ := object.Object["status"].(map[string]any)
		if current == nil {
			current = map[string]any{}
		}
		maps.Copy(current, status)
		object.Object["status"] = current
		_, err = resource.UpdateStatus(ctx, object, metav1.UpdateOptions{})
		return err
	})
}

func (e *env) patchObject(kind kind, name string, how types.PatchType, patch string) {
	e.t.Helper()
	_, err := e.dynamic.Resource(kind.GroupVersionResource).Namespace(source).Patch(e.newContext(), name, how, []byte(patch), metav1.PatchOptions{})
	e.requireNoError(err)
}

// createClusterOwned creates a ConfigMap with a cluster-scoped controller, which cannot be in the backup.
func (e *env) createClusterOwned(owner *schedulingv1.PriorityClass) {
	e.t.Helper()
	e.createObjects(&corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: source, Name: "owned-by-cluster",
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(owner, schedulingv1.SchemeGroupVersion.WithKind("PriorityClass"))},
		},
		Data: map[string]string{"key": "value"},
	})
}

// awaitDefaults waits for the objects that the controller manager creates in every namespace.
func (e *env) awaitDefaults(namespace string) {
	e.t.Helper()
	e.requireEventually(func(ctx context.Context) error {
		_, account := e.core.CoreV1().ServiceAccounts(namespace).Get(ctx, "default", metav1.GetOptions{})
		_, root := e.core.CoreV1().ConfigMaps(namespace).Get(ctx, "kube-root-ca.crt", metav1.GetOptions{})
		return errors.Join(account, root)
	})
}

// awaitSettled waits until the controllers have handled every object in a namespace.
func (e *env) awaitSettled(namespace string) {
	e.t.Helper()
	e.requireEventually(func(context.Context) error {
		var busy []error
		objects := e.listAll(namespace)
		for key, object := range objects {
			if what := pendingWork(object, objects); what != "" {
				busy = append(busy, fmt.Errorf("%s: %s", key, what))
			}
		}
		return errors.Join(busy...)
	})
}

// pendingWork returns the work that a controller has still to do for an object; empty if none.
func pendingWork(object *unstructured.Unstructured, all map[string]*unstructured.Unstructured) string {
	observed, _, _ := unstructured.NestedInt64(object.Object, "status", "observedGeneration")
	wanted, _, _ := unstructured.NestedInt64(object.Object, "spec", "replicas")
	made, _, _ := unstructured.NestedInt64(object.Object, "status", "replicas")
	switch object.GetKind() {
	case "DaemonSet", "PodDisruptionBudget":
		if observed < object.GetGeneration() {
			return "was not observed"
		}
	case "Deployment", "ReplicaSet", "StatefulSet", "ReplicationController":
		if observed < object.GetGeneration() || made < wanted {
			return fmt.Sprintf("has %d of %d replicas", made, wanted)
		}
	case "Job":
		_, started, _ := unstructured.NestedString(object.Object, "status", "startTime")
		suspended, _, _ := unstructured.NestedBool(object.Object, "spec", "suspend")
		if !started && !suspended {
			return "did not start"
		}
	case "HorizontalPodAutoscaler":
		if conditions, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions"); len(conditions) == 0 {
			return "was not judged"
		}
	case "ResourceQuota":
		if _, counted, _ := unstructured.NestedMap(object.Object, "status", "used"); !counted {
			return "was not counted"
		}
	case "Service":
		selector, _, _ := unstructured.NestedMap(object.Object, "spec", "selector")
		if len(selector) > 0 && all["endpoints/"+object.GetName()] == nil {
			return "has no endpoints"
		}
	}
	return ""
}
