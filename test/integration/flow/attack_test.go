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

func TestBaselineNeedsRestorePermission(t *testing.T) {
	e := sharedInstallation(t)
	backup := e.createBackup(e.createSource(configMap("a")))
	target := e.uniqueName("target")
	e.createObjects(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: target}})
	writes := []rbacv1.PolicyRule{newRule("create,get,update,patch", v1alpha1.GroupName, "baselines"), newRule("create", v1alpha1.GroupName, "baselinerestores")}
	tenant := e.newUser("tenant", writes...)
	byBaseline := func(name string) client.Object {
		return &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName(name)}, Spec: v1alpha1.BaselineSpec{Backup: backup.Name}}
	}
	byHand := func(name string) client.Object {
		return &v1alpha1.BaselineRestore{ObjectMeta: metav1.ObjectMeta{Namespace: target, Name: name}, Spec: v1alpha1.BaselineRestoreSpec{Backup: backup.Name}}
	}
	e.requireRefused(tenant.Create(e.ctx(), byBaseline("stolen")), "restore", backup.Name)
	e.requireRefused(tenant.Create(e.ctx(), byHand("stolen")), "restore", backup.Name)

	changed := byBaseline("changed").(*v1alpha1.Baseline)
	changed.Spec.Backup = e.uniqueName("not-there-yet")
	e.createObjects(changed)
	raw := client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{"spec":{"backup":%q}}`, backup.Name))
	e.requireRefused(tenant.Patch(e.ctx(), changed, raw), "restore", backup.Name)

	permitted := e.newUser("permitted", append(writes, newRule(v1alpha1.VerbRestore, v1alpha1.GroupName, "baselinebackups", backup.Name))...)
	for _, object := range []client.Object{byBaseline("permitted"), byHand("permitted")} {
		if err := permitted.Create(e.ctx(), object); err != nil {
			t.Errorf("by somebody who may: %v", err)
		}
	}
}

func TestAllowedNamespacesAreEnforced(t *testing.T) {
	e := sharedInstallation(t)
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a"))).Name, func(s *v1alpha1.BaselineSpec) {
		s.AllowedNamespaces = &metav1.LabelSelector{MatchLabels: map[string]string{"tier": "gold"}}
	})
	e.requireRefused(e.Client.Create(e.ctx(), annotatedNamespace(e.uniqueName("outside"), baseline.Name)), baseline.Name, "allowedNamespaces")
	inside := annotatedNamespace(e.uniqueName("inside"), baseline.Name)
	inside.Labels = map[string]string{"tier": "gold"}
	e.createObjects(inside)
	e.awaitReady(inside.Name, corev1.ConditionTrue, "")
}

func TestBackupOfSecretsNeedsListPermission(t *testing.T) {
	e := sharedInstallation(t)
	source := e.createSource(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "token"}}, configMap("a"))
	tenant := e.newUser("tenant", newRule("create", v1alpha1.GroupName, "baselinebackups"), newRule("list", "", "configmaps"))
	backup := func(name string, resources ...string) client.Object {
		return &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName(name)}, Spec: v1alpha1.BaselineBackupSpec{
			IncludedNamespaces: []string{source}, IncludedResources: resources,
		}}
	}
	e.requireRefused(tenant.Create(e.ctx(), backup("secrets", "secrets")), "secrets", source)
	e.requireRefused(tenant.Create(e.ctx(), backup("both", "configmaps", "secrets")), "secrets", source)
	e.requireRefused(tenant.Create(e.ctx(), backup("everything")), "everything")
	if err := tenant.Create(e.ctx(), backup("mine", "configmaps")); err != nil {
		t.Errorf("what the tenant may list: %v", err)
	}
}

func TestClusterScopedObjectIsNeverRestored(t *testing.T) {
	e := sharedInstallation(t)
	name := e.uniqueName("smuggled")
	role := fmt.Sprintf(`{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":%q%%s},"rules":[{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}]}`, name)
	source := e.uniqueName("source")
	content := e.newArchive(map[string]string{
		"clusterroles.rbac.authorization.k8s.io//" + name:               fmt.Sprintf(role, ""),
		"clusterroles.rbac.authorization.k8s.io/" + source + "/" + name: fmt.Sprintf(role, fmt.Sprintf(`,"namespace":%q`, source)),
		"configmaps/" + source + "/a":                                   fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":%q}}`, source),
	})
	backup := e.adoptContent(source, content)
	target := e.uniqueName("target")
	e.createObjects(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: target}})
	record := &v1alpha1.BaselineRestore{ObjectMeta: metav1.ObjectMeta{Namespace: target, Name: "by-hand"}, Spec: v1alpha1.BaselineRestoreSpec{Backup: backup.Name}}
	e.createObjects(record)
	e.awaitPhase(record, &record.Status.Conditions, v1alpha1.PhasePartiallyFailed)
	if record.Status.Counts.Created != 1 || len(record.Status.Errors) != 1 {
		t.Errorf("status: %+v", record.Status)
	}
	e.requireContains(fmt.Sprint(record.Status.Errors), "cluster-scoped")
	if e.objectExists(&rbacv1.ClusterRole{}, "", name) {
		t.Error("the ClusterRole was written")
	}
}
