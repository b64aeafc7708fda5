package flow

import (
	"context"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// A baseline does not replace objects that Velero restores.
func TestVeleroNamespaceIsHeld(t *testing.T) {
	e := newInstallation(t)
	e.startController()
	e.defineRestores()
	for _, test := range []struct {
		name string
		run  func(*testing.T, *env)
	}{
		{"an Optional baseline waits and then keeps what is there", testOptionalBaselineWaitsForVelero},
		{"a Required baseline does not wait and is restored once more", testRequiredBaselineIsRestoredTwice},
		{"a Required and an Optional baseline in one namespace", testRequiredBesideOptional},
		{"only Restores that may be making the namespace hold it", testRestoresThatHoldNothing},
		{"a namespace that was there before is not held", testOtherNamespacesAreNotHeld},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newEnv(t, e.Installation)) })
	}
}

func useUpdate(s *v1alpha1.BaselineSpec) { s.ExistingResources = v1alpha1.ExistingResourcesUpdate }

// requireByLabel returns an edit of a Baseline's spec: Required, for namespaces with the label.
func requireByLabel(key string) func(*v1alpha1.BaselineSpec) {
	return func(s *v1alpha1.BaselineSpec) {
		s.Enforcement = v1alpha1.EnforcementRequired
		s.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{key: "x"}}
	}
}

// tenantConfigMap returns a ConfigMap that a baseline restored and its tenant changed.
func tenantConfigMap(name string, baseline *v1alpha1.Baseline) *corev1.ConfigMap {
	changed := configMap(name)
	changed.Data["key"] = "the tenant's"
	changed.Labels = map[string]string{v1alpha1.LabelBaseline: baseline.Name, v1alpha1.LabelBackup: baseline.Spec.Backup}
	return changed
}

func testOptionalBaselineWaitsForVelero(t *testing.T, e *env) {
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a"), configMap("b")), "configmaps").Name, useUpdate)
	target := annotatedNamespace(e.uniqueName("target"), baseline.Name)
	restore := e.createRunningRestore(target.Name)
	e.restoredBy(e.newVeleroClient(), target, tenantConfigMap("a", baseline))
	e.requireContains(e.awaitVeleroHold(target.Name, restore), baseline.Name, "at the latest until")
	if e.objectExists(&corev1.ConfigMap{}, target.Name, "b") {
		t.Error("it is restored while Velero restores")
	}

	e.setPhase(restore, "Completed")
	e.awaitReady(target.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	e.awaitKey(target.Name, "a", "the tenant's")
	e.awaitKey(target.Name, "b", "value of b")
	if counts := e.getRecord(target.Name, baseline.Name).Result.Counts; counts.Kept != 1 || counts.Created != 1 {
		t.Errorf("the record counts %+v, want one kept and one created", counts)
	}
}

func testRequiredBaselineIsRestoredTwice(t *testing.T, e *env) {
	key := "team-" + e.suffix
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a"), configMap("b")), "configmaps").Name, requireByLabel(key))
	target := labelledNamespace(e.uniqueName("target"), key, "x")
	restore := e.createRunningRestore(target.Name)
	e.restoredBy(e.newVeleroClient(), target)
	e.awaitReady(target.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	if !e.getRecord(target.Name, baseline.Name).Result.Provisional {
		t.Error("the record does not tell that it is restored once more")
	}
	// Velero writes over it, as with --existing-resource-policy=update.
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: target.Name, Name: "a"}}
	e.updateObject(object, func() { object.Data["key"] = "the tenant's" })

	e.setPhase(restore, "PartiallyFailed")
	e.awaitKey(target.Name, "a", "value of a")
	e.awaitRecord(target.Name, baseline.Name, func(record *v1alpha1.BaselineRecord) error {
		if result := record.Result; result.Provisional || result.Attempts != 2 || result.Phase != v1alpha1.PhaseCompleted || result.Counts.Updated != 1 {
			return fmt.Errorf("the result is %+v", result)
		}
		return nil
	})
	// That was once.
	e.updateObject(object, func() { object.Data["key"] = "the tenant's again" })
	e.updateObject(target, func() { metav1.SetMetaDataLabel(&target.ObjectMeta, "any", "change") })
	other := e.withOwnNames()
	again := other.createBaseline(other.createBackup(other.createSource(configMap("c")), "configmaps").Name, nil)
	e.requestBaselines(target, again.Name)
	e.awaitKey(target.Name, "c", "value of c")
	e.awaitKey(target.Name, "a", "the tenant's again")
}

func testRequiredBesideOptional(t *testing.T, e *env) {
	key, other := "team-"+e.suffix, e.withOwnNames()
	guard := e.createBaseline(e.createBackup(e.createSource(configMap("guard")), "configmaps").Name, requireByLabel(key))
	web := other.createBaseline(other.createBackup(other.createSource(configMap("web")), "configmaps").Name, nil)
	target := annotatedNamespace(e.uniqueName("target"), web.Name)
	target.Labels = map[string]string{key: "x"}
	restore := e.createRunningRestore(target.Name)
	e.restoredBy(e.newVeleroClient(), target, tenantConfigMap("web", web))
	e.awaitVeleroHold(target.Name, restore)
	e.awaitKey(target.Name, "guard", "value of guard")

	e.setPhase(restore, "Completed")
	e.awaitReady(target.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	e.awaitKey(target.Name, "web", "the tenant's")
	if result := e.getRecord(target.Name, guard.Name).Result; result.Provisional || result.Attempts != 2 {
		t.Errorf("the Required baseline's result is %+v, want that of a second attempt", result)
	}
}

func testRestoresThatHoldNothing(t *testing.T, e *env) {
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a")), "configmaps").Name, nil)
	tests := []struct {
		name  string
		phase string
		edit  func(restore *unstructured.Unstructured, target string)
		held  bool
	}{
		{name: "Velero has not seen it yet", held: true},
		{name: "it is new", phase: "New", held: true},
		{name: "it waits for its plugins", phase: "WaitingForPluginOperations"},
		{name: "it is Completed", phase: "Completed"},
		{name: "it is of other namespaces", phase: "InProgress", edit: func(restore *unstructured.Unstructured, target string) {
			_ = unstructured.SetNestedStringSlice(restore.Object, []string{target + "-not"}, "spec", "includedNamespaces")
		}},
		{name: "another namespace goes under its name", phase: "InProgress", held: true, edit: func(restore *unstructured.Unstructured, target string) {
			_ = unstructured.SetNestedStringSlice(restore.Object, []string{"source"}, "spec", "includedNamespaces")
			_ = unstructured.SetNestedStringMap(restore.Object, map[string]string{"source": target}, "spec", "namespaceMapping")
		}},
		{name: "its own namespace goes under another name", phase: "InProgress", edit: func(restore *unstructured.Unstructured, target string) {
			_ = unstructured.SetNestedStringMap(restore.Object, map[string]string{target: "copy"}, "spec", "namespaceMapping")
		}},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := newEnv(t, e.Installation)
			target := annotatedNamespace(e.uniqueName("target"), baseline.Name)
			restore := veleroRestore(e.uniqueName(fmt.Sprintf("restore-%d", i)), target.Name)
			if test.edit != nil {
				test.edit(restore, target.Name)
			}
			e.createObjects(restore)
			if test.phase != "" {
				e.setPhase(restore, test.phase)
			}
			e.restoredBy(e.newVeleroClient(), target)
			if test.held {
				e.awaitVeleroHold(target.Name, restore)
				e.deleteObjects(restore)
			}
			e.awaitReady(target.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
		})
	}
}

func testOtherNamespacesAreNotHeld(_ *testing.T, e *env) {
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a")), "configmaps").Name, nil)
	target := annotatedNamespace(e.uniqueName("target"), baseline.Name)
	e.createRunningRestore(target.Name)
	e.createObjects(target)
	e.awaitReady(target.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
}

// The work after a hold does not depend on the process that held.
func TestHoldForVeleroOutlivesItsController(t *testing.T) {
	e := newInstallation(t)
	controller := e.startController()
	e.defineRestores()
	other := e.withOwnNames()
	guard := e.createBaseline(e.createBackup(e.createSource(configMap("guard")), "configmaps").Name, requireByLabel("guarded"))
	web := other.createBaseline(other.createBackup(other.createSource(configMap("web"), configMap("gap")), "configmaps").Name, useUpdate)
	target := annotatedNamespace("target", web.Name)
	target.Labels = map[string]string{"guarded": "x"}
	restore := e.createRunningRestore("target", "unseen")
	e.restoredBy(e.newVeleroClient(), target, tenantConfigMap("web", web))
	e.awaitVeleroHold("target", restore)
	e.awaitKey("target", "guard", "value of guard")
	controller.Kill()

	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "target", Name: "guard"}}
	e.updateObject(object, func() { object.Data["key"] = "the tenant's" })
	// This one is made and complete before any controller sees it.
	e.restoredBy(e.newVeleroClient(), annotatedNamespace("unseen", web.Name), tenantConfigMap("web", web))
	e.setPhase(restore, "Completed")
	e.startController()
	e.awaitReady("target", corev1.ConditionTrue, v1alpha1.ReasonRestored)
	e.awaitKey("target", "guard", "value of guard")
	e.awaitReady("unseen", corev1.ConditionTrue, v1alpha1.ReasonRestored)
	for _, name := range []string{"target", "unseen"} {
		e.awaitKey(name, "web", "the tenant's")
		e.awaitKey(name, "gap", "value of gap")
	}
	if e.getRecord("target", guard.Name).Result.Provisional {
		t.Error("the Required baseline is still to be restored once more")
	}
}

// A Restore whose Velero died stays InProgress for ever.
func TestHoldForVeleroIsBounded(t *testing.T) {
	e := newInstallation(t)
	e.startController("--velero-hold-at-most=15s")
	e.defineRestores()
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a")), "configmaps").Name, nil)
	restore := e.createRunningRestore("target")
	e.restoredBy(e.newVeleroClient(), annotatedNamespace("target", baseline.Name))
	e.awaitVeleroHold("target", restore)
	e.awaitReady("target", corev1.ConditionTrue, v1alpha1.ReasonRestored)
}

// Without Velero, or without the permission to read its Restores, no namespace is held.
func TestNamespaceIsNotHeldWithoutVelero(t *testing.T) {
	e := newInstallation(t)
	controller := e.startController()
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a"), configMap("b")), "configmaps").Name, useUpdate)
	e.restoredBy(e.newVeleroClient(), annotatedNamespace("without-velero", baseline.Name))
	e.awaitReady("without-velero", corev1.ConditionTrue, v1alpha1.ReasonRestored)

	e.defineRestores()
	e.forbidRestores()
	e.createRunningRestore("forbidden", "off")
	e.restoredBy(e.newVeleroClient(), annotatedNamespace("forbidden", baseline.Name))
	e.awaitReady("forbidden", corev1.ConditionTrue, v1alpha1.ReasonRestored)

	controller.Stop()
	e.startController("--velero-namespace=")
	e.restoredBy(e.newVeleroClient(), annotatedNamespace("off", baseline.Name))
	e.awaitReady("off", corev1.ConditionTrue, v1alpha1.ReasonRestored)
}

// Held namespaces cost the API server one list of Restores every five seconds, however many they are.
func TestRestoresAreListedOnceForAllHeldNamespaces(t *testing.T) {
	e := newExclusiveInstallation(t)
	e.startController()
	e.defineRestores()
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a")), "configmaps").Name, nil)
	restore := e.createRunningRestore()
	velero := e.newVeleroClient()
	name := func(i int) string { return fmt.Sprintf("target-%02d", i) }
	const many = 60
	e.sideBySide(many, func(i int) {
		if err := velero.Create(e.ctx(), annotatedNamespace(name(i), baseline.Name)); err != nil {
			t.Error(err)
		}
	})
	for i := range many {
		e.awaitVeleroHold(name(i), restore)
	}
	before := e.restoreLists()
	// Two more polls.
	e.eventually(func(context.Context) error {
		if lists := e.restoreLists(); lists < before+2 {
			return fmt.Errorf("%v lists", lists)
		}
		return nil
	})
	e.setPhase(restore, "Completed")
	for i := range many {
		e.awaitReady(name(i), corev1.ConditionTrue, v1alpha1.ReasonRestored)
	}
	lists := e.restoreLists()
	t.Logf("%v lists of Restores for %d namespaces, %v of them before all were held", lists, many, before)
	if lists > 12 {
		t.Errorf("%v lists of Restores for %d namespaces", lists, many)
	}
}

// Velero would restore a restore by hand, which would run again.
func TestRestoreByHandIsKeptOutOfVelerosBackups(t *testing.T) {
	e := sharedInstallation(t)
	backup := e.createBackup(e.createSource(configMap("a")), "configmaps")
	for name, create := range map[string]func(namespace string){
		"by kubectl": func(namespace string) {
			e.createObjects(&v1alpha1.BaselineRestore{
				ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "restore"}, Spec: v1alpha1.BaselineRestoreSpec{Backup: backup.Name},
			})
		},
		"by the tool": func(namespace string) {
			e.runTool("restore", "create", "restore", "--from-backup", backup.Name, "-n", namespace)
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t, e.Installation)
			target := e.createTenantNamespace()
			create(target.Name)
			e.eventually(func(ctx context.Context) error {
				restore := &v1alpha1.BaselineRestore{}
				err := e.Client.Get(ctx, client.ObjectKey{Namespace: target.Name, Name: "restore"}, restore)
				if err == nil && (restore.Labels[v1alpha1.LabelExcludeFromBackup] != "true" || restore.Status.Phase != v1alpha1.PhaseCompleted) {
					err = fmt.Errorf("its labels are %v, and it is %s", restore.Labels, restore.Status.Phase)
				}
				return err
			})
		})
	}
}
