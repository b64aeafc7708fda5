package flow

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// A namespace that ran before a label gave it a gated baseline keeps its pods, also when a guard cannot be restored.
func TestGateIgnoresNamespacesLabelledLater(t *testing.T) {
	w := gated(t)
	w.start("--gate")
	w.awaitGate()
	key := "team-" + w.suffix
	baseline := w.baseline(w.backup(w.source(roleBinding("cluster-admin")), "rolebindings").Name, selecting(key))
	edit := func(namespace *corev1.Namespace) { metav1.SetMetaDataLabel(&namespace.ObjectMeta, key, "x") }
	for name, label := range map[string]func(*world, *corev1.Namespace){
		"by update": func(w *world, namespace *corev1.Namespace) { w.change(namespace, func() { edit(namespace) }) },
		"by merge patch": func(w *world, namespace *corev1.Namespace) {
			patch := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"`+key+`":"x"}}}`))
			if err := w.Client.Patch(w.ctx(), namespace, patch, client.FieldOwner("labeller")); err != nil {
				w.t.Fatal(err)
			}
		},
		"by a changed value": func(w *world, namespace *corev1.Namespace) {
			w.change(namespace, func() { metav1.SetMetaDataLabel(&namespace.ObjectMeta, key, "y") })
			w.awaitAge(namespace)
			w.change(namespace, func() { edit(namespace) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, w.Installation)
			namespace := w.prepared()
			w.create(pod(namespace.Name, "first"))
			w.awaitAge(namespace)
			label(w, namespace)
			ready := w.awaitReady(namespace.Name, corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed)
			w.says(ready.Message, baseline.Name)
			_ = w.awaitPod(namespace.Name, false)
			w.create(pod(namespace.Name, "second"))
		})
	}
	t.Run("labelled at its creation", func(t *testing.T) {
		w := newWorld(t, w.Installation)
		target := labelled(w.name("target"), key, "x")
		w.create(target)
		w.awaitReady(target.Name, corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed)
		w.refused(w.awaitPod(target.Name, true), "is not ready for pods", baseline.Name)
	})
}
