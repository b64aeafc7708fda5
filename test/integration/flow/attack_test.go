package flow

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestABackupIsHandedOutOnlyByWhoMayRestoreIt(t *testing.T) {
	w := shared(t)
	backup := w.backup(w.source(configMap("a")))
	target := w.name("target")
	w.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: target}})
	writes := []rbacv1.PolicyRule{may("create,get,update,patch", v1alpha1.GroupName, "baselines"), may("create", v1alpha1.GroupName, "baselinerestores")}
	tenant := w.user("tenant", writes...)
	byBaseline := func(name string) client.Object {
		return &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: w.name(name)}, Spec: v1alpha1.BaselineSpec{Backup: backup.Name}}
	}
	byHand := func(name string) client.Object {
		return &v1alpha1.BaselineRestore{ObjectMeta: metav1.ObjectMeta{Namespace: target, Name: name}, Spec: v1alpha1.BaselineRestoreSpec{Backup: backup.Name}}
	}
	w.refused(tenant.Create(w.ctx(), byBaseline("stolen")), "restore", backup.Name)
	w.refused(tenant.Create(w.ctx(), byHand("stolen")), "restore", backup.Name)

	changed := byBaseline("changed").(*v1alpha1.Baseline)
	changed.Spec.Backup = w.name("not-there-yet")
	w.create(changed)
	raw := client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{"spec":{"backup":%q}}`, backup.Name))
	w.refused(tenant.Patch(w.ctx(), changed, raw), "restore", backup.Name)

	permitted := w.user("permitted", append(writes, may(v1alpha1.VerbRestore, v1alpha1.GroupName, "baselinebackups", backup.Name))...)
	for _, object := range []client.Object{byBaseline("permitted"), byHand("permitted")} {
		if err := permitted.Create(w.ctx(), object); err != nil {
			t.Errorf("by somebody who may: %v", err)
		}
	}
}

func TestANamespaceOutsideAllowedNamespacesIsRefused(t *testing.T) {
	w := shared(t)
	baseline := w.baseline(w.backup(w.source(configMap("a"))).Name, func(s *v1alpha1.BaselineSpec) {
		s.AllowedNamespaces = &metav1.LabelSelector{MatchLabels: map[string]string{"tier": "gold"}}
	})
	w.refused(w.Client.Create(w.ctx(), asking(w.name("outside"), baseline.Name)), baseline.Name, "allowedNamespaces")
	inside := asking(w.name("inside"), baseline.Name)
	inside.Labels = map[string]string{"tier": "gold"}
	w.create(inside)
	w.awaitReady(inside.Name, corev1.ConditionTrue, "")
}

func TestSecretsAreBackedUpOnlyByWhoMayListThem(t *testing.T) {
	w := shared(t)
	source := w.source(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "token"}}, configMap("a"))
	tenant := w.user("tenant", may("create", v1alpha1.GroupName, "baselinebackups"), may("list", "", "configmaps"))
	backup := func(name string, resources ...string) client.Object {
		return &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: w.name(name)}, Spec: v1alpha1.BaselineBackupSpec{
			IncludedNamespaces: []string{source}, IncludedResources: resources,
		}}
	}
	w.refused(tenant.Create(w.ctx(), backup("secrets", "secrets")), "secrets", source)
	w.refused(tenant.Create(w.ctx(), backup("both", "configmaps", "secrets")), "secrets", source)
	w.refused(tenant.Create(w.ctx(), backup("everything")), "everything")
	if err := tenant.Create(w.ctx(), backup("mine", "configmaps")); err != nil {
		t.Errorf("what the tenant may list: %v", err)
	}
}

func TestAClusterScopedObjectInTheArchiveIsNeverWritten(t *testing.T) {
	w := shared(t)
	name := w.name("smuggled")
	role := fmt.Sprintf(`{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":%q%%s},"rules":[{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}]}`, name)
	source := w.name("source")
	content := w.archive(map[string]string{
		"clusterroles.rbac.authorization.k8s.io//" + name:               fmt.Sprintf(role, ""),
		"clusterroles.rbac.authorization.k8s.io/" + source + "/" + name: fmt.Sprintf(role, fmt.Sprintf(`,"namespace":%q`, source)),
		"configmaps/" + source + "/a":                                   fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":%q}}`, source),
	})
	backup := w.adopt(source, content)
	target := w.name("target")
	w.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: target}})
	record := &v1alpha1.BaselineRestore{ObjectMeta: metav1.ObjectMeta{Namespace: target, Name: "by-hand"}, Spec: v1alpha1.BaselineRestoreSpec{Backup: backup.Name}}
	w.create(record)
	w.awaitPhase(record, &record.Status.Conditions, v1alpha1.PhasePartiallyFailed)
	if record.Status.Counts.Created != 1 || len(record.Status.Errors) != 1 {
		t.Errorf("status: %+v", record.Status)
	}
	w.says(fmt.Sprint(record.Status.Errors), "cluster-scoped")
	if w.there(&rbacv1.ClusterRole{}, "", name) {
		t.Error("the ClusterRole was written")
	}
}
