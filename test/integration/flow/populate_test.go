package flow

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestAnnotatedNamespaceIsPopulated(t *testing.T) {
	e := sharedInstallation(t)
	source := e.createSource(
		configMap("settings"),
		&corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "db"}, Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 5432}}, Selector: map[string]string{"app": "db"}}},
		&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "app"}},
		&rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "reader"}, Rules: []rbacv1.PolicyRule{newRule("get,list", "", "configmaps")}},
	)
	e.createObjects(&rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: source, Name: "reads"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "reader"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: "app", Namespace: source}},
	}, &networkingv1.NetworkPolicy{
		ObjectMeta: metav1.ObjectMeta{Namespace: source, Name: "own"},
		Spec: networkingv1.NetworkPolicySpec{Ingress: []networkingv1.NetworkPolicyIngressRule{{From: []networkingv1.NetworkPolicyPeer{{
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: source}},
		}}}}},
	})
	baseline := e.createBaseline(e.createBackup(source).Name, nil)
	target := e.uniqueName("target")
	e.createObjects(annotatedNamespace(target, baseline.Name))
	e.awaitReady(target, corev1.ConditionTrue, v1alpha1.ReasonRestored)

	settings := &corev1.ConfigMap{}
	binding := &rbacv1.RoleBinding{}
	policy := &networkingv1.NetworkPolicy{}
	service := &corev1.Service{}
	for name, object := range map[string]client.Object{"settings": settings, "reads": binding, "own": policy, "db": service} {
		if err := e.Client.Get(e.ctx(), client.ObjectKey{Namespace: target, Name: name}, object); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(map[string]string{"key": "value of settings"}, settings.Data); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{v1alpha1.LabelBaseline: baseline.Name, v1alpha1.LabelBackup: baseline.Spec.Backup}, settings.Labels); diff != "" {
		t.Errorf("marks: %s", diff)
	}
	if got := binding.Subjects[0].Namespace; got != target {
		t.Errorf("the binding's subject is in %s, want %s", got, target)
	}
	if got := policy.Spec.Ingress[0].From[0].NamespaceSelector.MatchLabels[corev1.LabelMetadataName]; got != target {
		t.Errorf("the policy lets in %s, want %s", got, target)
	}
	record := e.getRecord(target, baseline.Name)
	if counts := record.Result.Counts; counts.Failed != 0 || counts.Created < 6 || record.Result.Digest == "" {
		t.Errorf("record: %+v", record.Result)
	}
}

func TestSelectedNamespaceIsPopulatedUnlessItDeclines(t *testing.T) {
	e := sharedInstallation(t)
	key := "team-" + e.suffix
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a"))).Name, func(s *v1alpha1.BaselineSpec) {
		s.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{key: "x"}}
	})
	selected, declines, other := labelledNamespace(e.uniqueName("selected"), key, "x"), labelledNamespace(e.uniqueName("declines"), key, "x"), labelledNamespace(e.uniqueName("other"), key, "y")
	declines.Annotations = map[string]string{v1alpha1.AnnotationBaseline: v1alpha1.NoBaseline}
	e.createObjects(other, declines, selected)
	e.awaitReady(selected.Name, corev1.ConditionTrue, "")
	if record := e.getRecord(selected.Name, baseline.Name); record.NamespaceUID() != selected.UID {
		t.Errorf("the record is for %s, want %s", record.NamespaceUID(), selected.UID)
	}
	for _, untouched := range []*corev1.Namespace{other, declines} {
		before := untouched.ResourceVersion
		if err := e.Client.Get(e.ctx(), client.ObjectKeyFromObject(untouched), untouched); err != nil {
			t.Fatal(err)
		}
		if untouched.ResourceVersion != before {
			t.Errorf("namespace %s was written to: %v", untouched.Name, untouched.Status.Conditions)
		}
	}
}

func TestLaterLabelSelectsNamespace(t *testing.T) {
	e := sharedInstallation(t)
	key := "team-" + e.suffix
	e.createBaseline(e.createBackup(e.createSource(configMap("a"))).Name, func(s *v1alpha1.BaselineSpec) {
		s.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{key: "x"}}
	})
	target := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("target")}}
	e.createObjects(target)
	e.updateObject(target, func() { metav1.SetMetaDataLabel(&target.ObjectMeta, key, "x") })
	e.awaitReady(target.Name, corev1.ConditionTrue, "")
}

func TestExistingNamespacesNeedPopulate(t *testing.T) {
	e := sharedInstallation(t)
	key := "team-" + e.suffix
	older := labelledNamespace(e.uniqueName("older"), key, "x")
	e.createObjects(older)
	e.awaitLaterSecond(older.CreationTimestamp)
	backup := e.createBackup(e.createSource(configMap("a")))
	baseline := e.createBaseline(backup.Name, func(s *v1alpha1.BaselineSpec) {
		s.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{key: "x"}}
	})
	newer := labelledNamespace(e.uniqueName("newer"), key, "x")
	e.createObjects(newer)
	e.awaitReady(newer.Name, corev1.ConditionTrue, "")
	if found, err := e.readyCondition(e.ctx(), older.Name); err != nil || found != nil {
		t.Fatalf("the older namespace has the condition %v (%v), want none", found, err)
	}
	e.updateObject(baseline, func() { baseline.Spec.ExistingNamespaces = v1alpha1.ExistingNamespacesPopulate })
	e.awaitReady(older.Name, corev1.ConditionTrue, "")
}

func TestDeletedRecordRestartsRestore(t *testing.T) {
	e := sharedInstallation(t)
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a"), configMap("b"))).Name, nil)
	target := e.uniqueName("target")
	e.createObjects(annotatedNamespace(target, baseline.Name))
	e.awaitReady(target, corev1.ConditionTrue, "")
	gone := configMap("a")
	gone.Namespace = target
	e.deleteObjects(gone, e.getRecord(target, baseline.Name))
	e.eventually(func(ctx context.Context) error {
		if err := e.Client.Get(ctx, client.ObjectKey{Namespace: target, Name: "a"}, &corev1.ConfigMap{}); err != nil {
			return fmt.Errorf("what was deleted is not back: %w", err)
		}
		return nil
	})
}
