//go:build e2e

package e2e

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// populated is the condition of a namespace that holds its baselines.
var populated = corev1.NamespaceCondition{
	Type: v1alpha1.ConditionBaselineReady, Status: corev1.ConditionTrue, Reason: v1alpha1.ReasonRestored, Message: "forged",
	LastTransitionTime: metav1.Now(),
}

// testForgedStatus forges the marks of a populated namespace: its condition and its record. The condition is refused even where
// RBAC grants `namespaces/status`, which no role of Seedbed's or of Kubernetes' for tenants does.
func testForgedStatus(t *testing.T, e *env) {
	a, ctx := e.newAttacker(t, "forger", []string{baseline}), e.newContext(t)
	early := e.newAskingNamespace("forged-early", "none")
	early.Status.Conditions = []corev1.NamespaceCondition{populated}
	if err := a.Create(ctx, early); err != nil {
		t.Fatal(err)
	}
	if len(early.Status.Conditions) > 0 {
		t.Errorf("a create kept the conditions %v", early.Status.Conditions)
	}
	target := e.runName("annotated") // holds a record of Seedbed's
	record := &v1alpha1.BaselineRecord{ObjectMeta: metav1.ObjectMeta{Namespace: target, Name: baseline}}
	requireForbidden(t, map[string]func() error{
		"the condition":            func() error { return forgeStatus(ctx, a, early.Name) },
		"the condition, elsewhere": func() error { return forgeStatus(ctx, a, target) },
		"a record's result": func() error {
			return a.Patch(ctx, record, client.RawPatch("application/merge-patch+json", []byte(`{"result":{"phase":"Completed"}}`)))
		},
		"a record's deletion":         func() error { return a.Delete(ctx, record) },
		"a record in their namespace": func() error { return a.Create(ctx, forgedRecord(a.home, baseline, "any")) },
	})
	e.requireGrantedWritesRefused(t)
}

// requireGrantedWritesRefused requires refusals of writes that RBAC grants to the user.
func (e *env) requireGrantedWritesRefused(t *testing.T) {
	t.Helper()
	ctx := e.newContext(t)
	granted := e.newAttacker(t, "granted-forger", []string{baseline}, policyRule("patch", "", "namespaces/status"), policyRule("create,update", v1alpha1.GroupName, "baselinerecords"), policyRule("create", v1alpha1.GroupName, "baselinerestores"))
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: e.runName("forged")}}
	if err := granted.Create(ctx, namespace); err != nil {
		t.Fatal(err)
	}
	requireForbidden(t, map[string]func() error{
		"a record": func() error {
			return granted.Create(ctx, forgedRecord(namespace.Name, baseline, string(namespace.UID)))
		},
		"a record of other name": func() error {
			return granted.Create(ctx, forgedRecord(namespace.Name, "other", string(namespace.UID)))
		},
		"a restore by hand":                       func() error { return granted.Create(ctx, forgedRestore(namespace.Name, baseline)) },
		"the condition":                           func() error { return forgeStatus(ctx, granted, namespace.Name) },
		"the condition, where something is amiss": func() error { return forgeStatus(ctx, granted, e.runName("climbed")) },
	})
	e.annotateNamespace(t, namespace.Name, `"`+baseline+`"`)
	e.requireEventually(t, func(ctx context.Context) error { return e.checkContent(ctx, namespace.Name) })
	e.awaitCondition(t, e.runName("climbed"), v1alpha1.ReasonRestoreFailed, corev1.ConditionFalse)
}

func forgeStatus(ctx context.Context, c client.Client, name string) error {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	forged := namespace.DeepCopy()
	forged.Status.Conditions = []corev1.NamespaceCondition{populated}
	return c.Status().Patch(ctx, forged, client.StrategicMergeFrom(namespace))
}

func forgedRecord(namespace, name, uid string) *v1alpha1.BaselineRecord {
	return &v1alpha1.BaselineRecord{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: name,
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Namespace", Name: namespace, UID: types.UID(uid)}},
		},
		Result: v1alpha1.RestoreResult{Phase: v1alpha1.PhaseCompleted, Attempts: 1}, Seal: "0123456789abcdef.forged",
	}
}

func forgedRestore(namespace, name string) *v1alpha1.BaselineRestore {
	return &v1alpha1.BaselineRestore{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Spec: v1alpha1.BaselineRestoreSpec{Backup: backup},
	}
}
