package flow

import (
	"context"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// A grant to an earlier team never stays beside the new one: a binding that somebody else has extended is kept as it is, and named.
func TestRelabelledBindingIsReplacedOrKept(t *testing.T) {
	e := sharedInstallation(t)
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "team"}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"},
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: "team"}, {APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: "auditors"}},
	}
	f := &fleet{env: e, size: 2, label: e.uniqueName("fleet")}
	f.baseline = e.createBaseline(e.createBackup(e.createSource(binding), "rolebindings.rbac.authorization.k8s.io").Name, func(spec *v1alpha1.BaselineSpec) {
		f.selectByLabel(spec)
		spec.Rollout = &v1alpha1.BaselineRollout{}
		spec.Values = []v1alpha1.BaselineValue{{
			Target: v1alpha1.ObjectTarget{Group: rbacv1.GroupName, Kind: "RoleBinding"}, Path: "/subjects/team/name", Expression: "target.labels[?'team'].orValue('none')",
		}}
	})
	f.createNamespaces()
	f.settle()
	subjects := func(i int) string {
		live := &rbacv1.RoleBinding{}
		if err := f.Client.Get(f.ctx(), client.ObjectKey{Namespace: f.namespaceName(i), Name: "team"}, live); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, subject := range live.Subjects {
			names = append(names, subject.Name)
		}
		return strings.Join(names, " ")
	}
	extended := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: f.namespaceName(1), Name: "team"}}
	f.updateObject(extended, func() {
		extended.Subjects = append(extended.Subjects, rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "alice"})
	})
	for i, want := range []string{"billing auditors", "none auditors alice"} {
		first := f.readRecord(i)
		f.labelNamespace(i, "team", "billing")
		update := f.awaitUpdate(i, first).Update
		if got := subjects(i); got != want {
			t.Errorf("namespace %d has the subjects %s, want %s", i, got, want)
		}
		if i == 1 && (update.Counts.Kept != 1 || !strings.HasPrefix(update.Objects[0].Reason, "subjects was changed by ")) {
			t.Errorf("the update is %+v", update)
		}
	}
}

// A rule that is added while a namespace lacks its label keeps that object there and names it; the rollout goes on.
func TestAddedRuleKeepsWhatItCannotCompute(t *testing.T) {
	f := newValued(sharedInstallation(t), nil)
	f.settle()
	f.labelNamespace(0, "team", "payments")
	f.updateObject(f.baseline, func() {
		f.baseline.Spec.Values = append(f.baseline.Spec.Values, v1alpha1.BaselineValue{
			Target: v1alpha1.ObjectTarget{Kind: "ConfigMap", Name: "extra"}, Path: "/data/team", Expression: "target.labels['team']",
		})
	})
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	if team := f.getConfigMap(f.namespaceName(0), "extra").Data["team"]; team != "payments" {
		t.Errorf("the team is %q", team)
	}
	record := f.readRecord(1)
	if update := record.Update; !record.IsComplete() || update.Counts.Kept != 1 || update.Objects[0].Object != "configmaps/extra" ||
		!strings.Contains(update.Objects[0].Reason, "the namespace has no label team") {
		t.Errorf("the update is %+v", update)
	}
	f.labelNamespace(1, "team", "billing")
	f.awaitUpdate(1, record)
	if team := f.getConfigMap(f.namespaceName(1), "extra").Data["team"]; team != "billing" {
		t.Errorf("the team is %q", team)
	}
}

// Namespaces keep their revision when a backup has equal content, and get the values of another label all the same.
func TestValuesFollowAfterAnEqualBackup(t *testing.T) {
	f := newValued(sharedInstallation(t), nil).settle()
	held := f.readRecord(0).Revision.Hash
	f.replaceBackup(func(e *env, source string) {
		settings := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: source, Name: "settings"}}
		e.updateObject(settings, func() {
			metav1.SetMetaDataAnnotation(&settings.ObjectMeta, "kubectl.kubernetes.io/last-applied-configuration", "{}")
		})
	})
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	if now := f.readRecord(0).Revision.Hash; now != held || f.baseline.Status.RevisionHash == held {
		t.Fatalf("it holds %s, before %s; the present revision is %s", now, held, f.baseline.Status.RevisionHash)
	}
	f.labelNamespace(0, "tier", "gold")
	f.awaitTier(0, "gold")
}

// Whoever labels a namespace takes no object of a Required baseline out of the audit: neither by a label that is missing, nor by one that
// has changed, nor one that was left out at first.
func TestLabelsHideNoDrift(t *testing.T) {
	f := newValued(sharedInstallation(t), func(spec *v1alpha1.BaselineSpec) {
		spec.Enforcement, spec.Rollout = v1alpha1.EnforcementRequired, nil
		spec.Values = append(spec.Values, v1alpha1.BaselineValue{
			Target: v1alpha1.ObjectTarget{Kind: "Secret", Name: "db"}, Path: "/data/team", Expression: "target.labels['team']",
		})
	})
	f.labelNamespace(0, "team", "a")
	f.labelNamespace(1, "team", "b")
	f.awaitReady(f.namespaceName(0), corev1.ConditionTrue, v1alpha1.ReasonRestored)
	f.awaitReady(f.namespaceName(1), corev1.ConditionTrue, v1alpha1.ReasonRestored)
	f.awaitReady(f.namespaceName(2), corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed) // it lacks the label
	f.labelNamespace(1, "tier", "gold")                                                   // its values are outdated: there is no rollout
	tenant := client.WithFieldOwner(f.Client, "kubectl-edit")
	for i := range f.size {
		f.patchAs(tenant, f.getSettings(i), `{"data":{"shared":"no"}}`)
		f.patchAs(tenant, f.getConfigMap(f.namespaceName(i), "extra"), `{"data":{"a":"changed"}}`)
	}
	f.eventually(func(ctx context.Context) error { // the second label changes the record once more
		if audit := f.audit(); int(audit.Namespaces) != f.size {
			return fmt.Errorf("audited: %+v", audit)
		}
		for i := range f.size {
			if shared, extra := f.getSettings(i).Data["shared"], f.getConfigMap(f.namespaceName(i), "extra").Data["a"]; shared != "yes" || extra == "changed" {
				return fmt.Errorf("namespace %d has %q and %q", i, shared, extra)
			}
		}
		return nil
	})
	if tier := f.getSettings(1).Data["tier"]; tier != "bronze-"+f.namespaceName(1) {
		t.Errorf("the audit brought the values of another label: %s", tier)
	}
}
