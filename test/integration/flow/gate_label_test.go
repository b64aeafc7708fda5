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
	e := newGatedInstallation(t)
	e.startController("--gate")
	e.awaitGate()
	key := "team-" + e.suffix
	baseline := e.createBaseline(e.createBackup(e.createSource(roleBinding("cluster-admin")), "rolebindings").Name, selectByLabel(key))
	edit := func(namespace *corev1.Namespace) { metav1.SetMetaDataLabel(&namespace.ObjectMeta, key, "x") }
	for name, label := range map[string]func(*env, *corev1.Namespace){
		"by update": func(e *env, namespace *corev1.Namespace) { e.updateObject(namespace, func() { edit(namespace) }) },
		"by merge patch": func(e *env, namespace *corev1.Namespace) {
			patch := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"`+key+`":"x"}}}`))
			if err := e.Client.Patch(e.ctx(), namespace, patch, client.FieldOwner("labeller")); err != nil {
				e.t.Fatal(err)
			}
		},
		"by a changed value": func(e *env, namespace *corev1.Namespace) {
			e.updateObject(namespace, func() { metav1.SetMetaDataLabel(&namespace.ObjectMeta, key, "y") })
			e.awaitAge(namespace)
			e.updateObject(namespace, func() { edit(namespace) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t, e.Installation)
			namespace := e.createTenantNamespace()
			e.createObjects(newPod(namespace.Name, "first"))
			e.awaitAge(namespace)
			label(e, namespace)
			ready := e.awaitReady(namespace.Name, corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed)
			e.requireContains(ready.Message, baseline.Name)
			_ = e.awaitPod(namespace.Name, false)
			e.createObjects(newPod(namespace.Name, "second"))
		})
	}
	t.Run("before a long restore ends", func(t *testing.T) {
		e := newEnv(t, e.Installation)
		key, source := "team-"+e.suffix, e.uniqueName("source")
		objects := map[string]string{}
		for i := range 2000 {
			name := fmt.Sprintf("a-%04d", i)
			objects["configmaps/"+source+"/"+name] = fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":%q,"namespace":%q}}`, name, source)
		}
		e.createBaseline(e.adoptContent(source, e.newArchive(objects)).Name, selectByLabel(key))
		namespace := e.createTenantNamespace()
		e.createObjects(newPod(namespace.Name, "first"))
		e.awaitAge(namespace)
		e.updateObject(namespace, func() { metav1.SetMetaDataLabel(&namespace.ObjectMeta, key, "x") })
		e.eventually(func(ctx context.Context) error {
			if err := e.Client.Get(ctx, client.ObjectKeyFromObject(namespace), namespace); err != nil {
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
		e.awaitReady(namespace.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	})
	t.Run("labelled at its creation", func(t *testing.T) {
		e := newEnv(t, e.Installation)
		target := labelledNamespace(e.uniqueName("target"), key, "x")
		e.createObjects(target)
		e.awaitReady(target.Name, corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed)
		e.requireRefused(e.awaitPod(target.Name, true), "is not ready for pods", baseline.Name)
	})
}
