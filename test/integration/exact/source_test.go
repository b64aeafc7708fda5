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

// source is the namespace that the samples are written for.
const source = "orchard"

// marked is an annotation that every sample gets, so that each has something that can be changed.
const marked = "example.com/marked"

// order is what has to come first or last: Pods need their ServiceAccount, a limit is for those that come
// after it, and a quota that was not counted yet refuses.
var order = map[string]int{"serviceaccounts": -2, "limitranges": -1, "resourcequotas": 2}

// makeSource makes the source namespace with every sample in it, and waits until its controllers have nothing more
// to do.
func (w *world) makeSource() {
	w.t.Helper()
	class := &schedulingv1.PriorityClass{ObjectMeta: metav1.ObjectMeta{Name: "exact"}, Value: 1000}
	w.create(class, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-1"}})
	for _, definition := range w.samples(crds) {
		w.create(definition)
	}
	w.namespace(source, "")
	w.awaitDefaults(source)
	resources := w.sampled()
	slices.SortStableFunc(resources, func(a, b string) int { return cmp.Compare(order[a], order[b]) })
	w.eventually(func(context.Context) error { return w.missing(resources) })
	kinds := w.kinds()
	for _, resource := range resources {
		for _, sample := range w.samples(resource) {
			w.createSample(kinds[resource], sample)
		}
	}
	w.ownedByCluster(class)
	w.settle(source)
	// A Deployment that has been rolled out more than once.
	w.patch(kinds["deployments.apps"], "web", types.StrategicMergePatchType,
		`{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"registry.example.com/web:2"}]}}}}`)
	w.settle(source)
}

// missing says whether discovery lacks a sample's kind: a CRD takes a moment.
func (w *world) missing(resources []string) error {
	kinds := w.kinds()
	for _, resource := range resources {
		if _, served := kinds[resource]; !served {
			return fmt.Errorf("%s is not served", resource)
		}
	}
	return nil
}

// createSample creates an object and gives it the status that the sample has: most kinds take that apart.
func (w *world) createSample(kind kind, sample *unstructured.Unstructured) {
	w.t.Helper()
	resource := w.dynamic.Resource(kind.GroupVersionResource).Namespace(source)
	sample.SetNamespace(source)
	status, hasStatus := sample.Object["status"].(map[string]any)
	annotations := sample.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[marked] = "sample"
	sample.SetAnnotations(annotations)
	_, err := resource.Create(w.ctx(), sample, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) && sample.GetKind() == "ServiceAccount" {
		w.eventually(func(ctx context.Context) error {
			made, err := resource.Get(ctx, sample.GetName(), metav1.GetOptions{})
			w.must(err)
			sample.SetResourceVersion(made.GetResourceVersion())
			_, err = resource.Update(ctx, sample, metav1.UpdateOptions{})
			return err
		})
		return
	}
	if err != nil {
		w.t.Fatalf("create %s/%s: %v", kind.name, sample.GetName(), err)
	}
	if !hasStatus {
		return
	}
	w.writeStatus(kind, source, sample.GetName(), status)
}

// writeStatus adds to an object's status, against its controller where there is one.
func (w *world) writeStatus(kind kind, namespace, name string, status map[string]any) {
	w.t.Helper()
	resource := w.dynamic.Resource(kind.GroupVersionResource).Namespace(namespace)
	w.eventually(func(ctx context.Context) error {
		object, err := resource.Get(ctx, name, metav1.GetOptions{})
		w.must(err)
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

func (w *world) patch(kind kind, name string, how types.PatchType, patch string) {
	w.t.Helper()
	_, err := w.dynamic.Resource(kind.GroupVersionResource).Namespace(source).Patch(w.ctx(), name, how, []byte(patch), metav1.PatchOptions{})
	w.must(err)
}

// ownedByCluster makes a ConfigMap whose controller is cluster-scoped, so that it cannot be in the backup.
func (w *world) ownedByCluster(owner *schedulingv1.PriorityClass) {
	w.t.Helper()
	w.create(&corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: source, Name: "owned-by-cluster",
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(owner, schedulingv1.SchemeGroupVersion.WithKind("PriorityClass"))},
		},
		Data: map[string]string{"key": "value"},
	})
}

// awaitDefaults waits for what the controller manager puts into every namespace.
func (w *world) awaitDefaults(namespace string) {
	w.t.Helper()
	w.eventually(func(ctx context.Context) error {
		_, account := w.core.CoreV1().ServiceAccounts(namespace).Get(ctx, "default", metav1.GetOptions{})
		_, root := w.core.CoreV1().ConfigMaps(namespace).Get(ctx, "kube-root-ca.crt", metav1.GetOptions{})
		return errors.Join(account, root)
	})
}

// settle waits until the controllers have seen everything in a namespace.
func (w *world) settle(namespace string) {
	w.t.Helper()
	w.eventually(func(context.Context) error {
		var busy []error
		objects := w.listAll(namespace)
		for key, object := range objects {
			if what := unsettled(object, objects); what != "" {
				busy = append(busy, fmt.Errorf("%s: %s", key, what))
			}
		}
		return errors.Join(busy...)
	})
}

// unsettled says what a controller has still to do about an object.
func unsettled(object *unstructured.Unstructured, all map[string]*unstructured.Unstructured) string {
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
