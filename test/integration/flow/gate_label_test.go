package flow

import (
	"context"
	"fmt"
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
	t.Run("before a long restore ends", func(t *testing.T) {
		w := newWorld(t, w.Installation)
		key, source := "team-"+w.suffix, w.name("source")
		objects := map[string]string{}
		for i := range 2000 {
			name := fmt.Sprintf("a-%04d", i)
			objects["configmaps/"+source+"/"+name] = fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":%q,"namespace":%q}}`, name, source)
		}
		w.baseline(w.adopt(source, w.archive(objects)).Name, selecting(key))
		namespace := w.prepared()
		w.create(pod(namespace.Name, "first"))
		w.awaitAge(namespace)
		w.change(namespace, func() { metav1.SetMetaDataLabel(&namespace.ObjectMeta, key, "x") })
		w.eventually(func(ctx context.Context) error {
			if err := w.Client.Get(ctx, client.ObjectKeyFromObject(namespace), namespace); err != nil {
				return err
			}
			if guarded := v1alpha1.FindNamespaceCondition(namespace.Status.Conditions, v1alpha1.ConditionBaselineGuarded); guarded == nil || guarded.Status != corev1.ConditionTrue {
				return fmt.Errorf("BaselineGuarded is %v", guarded)
			}
			return nil
		})
		if ready := v1alpha1.FindNamespaceCondition(namespace.Status.Conditions, v1alpha1.ConditionBaselineReady); ready != nil && ready.Status == corev1.ConditionTrue {
			t.Error("its pods were held until the end of the restore")
		}
		w.awaitReady(namespace.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	})
	t.Run("labelled at its creation", func(t *testing.T) {
		w := newWorld(t, w.Installation)
		target := labelled(w.name("target"), key, "x")
		w.create(target)
		w.awaitReady(target.Name, corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed)
		w.refused(w.awaitPod(target.Name, true), "is not ready for pods", baseline.Name)
	})
}
