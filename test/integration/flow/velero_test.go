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

// A baseline does not win over what Velero brings back.
func TestNamespaceThatVeleroMakesIsHeld(t *testing.T) {
	w := own(t)
	w.start()
	w.defineRestores()
	for _, test := range []struct {
		name string
		run  func(*testing.T, *world)
	}{
		{"an Optional baseline waits and then keeps what is there", testOptionalBaselineWaitsForVelero},
		{"a Required baseline does not wait and is restored once more", testRequiredBaselineIsRestoredTwice},
		{"a Required and an Optional baseline in one namespace", testRequiredBesideOptional},
		{"only Restores that may be making the namespace hold it", testRestoresThatHoldNothing},
		{"a namespace that was there before is not held", testNamespaceOfAnotherMakerIsNotHeld},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newWorld(t, w.Installation)) })
	}
}

func updating(s *v1alpha1.BaselineSpec) { s.ExistingResources = v1alpha1.ExistingResourcesUpdate }

// required returns an edit of a Baseline's spec: Required, for namespaces with the label.
func required(key string) func(*v1alpha1.BaselineSpec) {
	return func(s *v1alpha1.BaselineSpec) {
		s.Enforcement = v1alpha1.EnforcementRequired
		s.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{key: "x"}}
	}
}

// tenants is a ConfigMap that a baseline brought and its tenant changed.
func tenants(name string, baseline *v1alpha1.Baseline) *corev1.ConfigMap {
	changed := configMap(name)
	changed.Data["key"] = "the tenant's"
	changed.Labels = map[string]string{v1alpha1.LabelBaseline: baseline.Name, v1alpha1.LabelBackup: baseline.Spec.Backup}
	return changed
}

func testOptionalBaselineWaitsForVelero(t *testing.T, w *world) {
	baseline := w.baseline(w.backup(w.source(configMap("a"), configMap("b")), "configmaps").Name, updating)
	target := asking(w.name("target"), baseline.Name)
	restore := w.restoring(target.Name)
	w.restoredBy(w.velero(), target, tenants("a", baseline))
	w.says(w.waiting(target.Name, restore), baseline.Name, "at the latest until")
	if w.there(&corev1.ConfigMap{}, target.Name, "b") {
		t.Error("it is restored while Velero restores")
	}

	w.setPhase(restore, "Completed")
	w.awaitReady(target.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	w.awaitKey(target.Name, "a", "the tenant's")
	w.awaitKey(target.Name, "b", "value of b")
	if counts := w.record(target.Name, baseline.Name).Result.Counts; counts.Kept != 1 || counts.Created != 1 {
		t.Errorf("the record counts %+v, want one kept and one created", counts)
	}
}

func testRequiredBaselineIsRestoredTwice(t *testing.T, w *world) {
	key := "team-" + w.suffix
	baseline := w.baseline(w.backup(w.source(configMap("a"), configMap("b")), "configmaps").Name, required(key))
	target := labelled(w.name("target"), key, "x")
	restore := w.restoring(target.Name)
	w.restoredBy(w.velero(), target)
	w.awaitReady(target.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	if !w.record(target.Name, baseline.Name).Result.Provisional {
		t.Error("the record does not tell that it is restored once more")
	}
	// Velero writes over it, as with --existing-resource-policy=update.
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: target.Name, Name: "a"}}
	w.change(object, func() { object.Data["key"] = "the tenant's" })

	w.setPhase(restore, "PartiallyFailed")
	w.awaitKey(target.Name, "a", "value of a")
	w.awaitRecord(target.Name, baseline.Name, func(record *v1alpha1.BaselineRecord) error {
		if result := record.Result; result.Provisional || result.Attempts != 2 || result.Phase != v1alpha1.PhaseCompleted || result.Counts.Updated != 1 {
			return fmt.Errorf("the result is %+v", result)
		}
		return nil
	})
	// That was once.
	w.change(object, func() { object.Data["key"] = "the tenant's again" })
	w.change(target, func() { metav1.SetMetaDataLabel(&target.ObjectMeta, "any", "change") })
	other := w.another()
	again := other.baseline(other.backup(other.source(configMap("c")), "configmaps").Name, nil)
	w.ask(target, again.Name)
	w.awaitKey(target.Name, "c", "value of c")
	w.awaitKey(target.Name, "a", "the tenant's again")
}

func testRequiredBesideOptional(t *testing.T, w *world) {
	key, other := "team-"+w.suffix, w.another()
	guard := w.baseline(w.backup(w.source(configMap("guard")), "configmaps").Name, required(key))
	web := other.baseline(other.backup(other.source(configMap("web")), "configmaps").Name, nil)
	target := asking(w.name("target"), web.Name)
	target.Labels = map[string]string{key: "x"}
	restore := w.restoring(target.Name)
	w.restoredBy(w.velero(), target, tenants("web", web))
	w.waiting(target.Name, restore)
	w.awaitKey(target.Name, "guard", "value of guard")

	w.setPhase(restore, "Completed")
	w.awaitReady(target.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	w.awaitKey(target.Name, "web", "the tenant's")
	if result := w.record(target.Name, guard.Name).Result; result.Provisional || result.Attempts != 2 {
		t.Errorf("the Required baseline's result is %+v, want that of a second attempt", result)
	}
}

func testRestoresThatHoldNothing(t *testing.T, w *world) {
	baseline := w.baseline(w.backup(w.source(configMap("a")), "configmaps").Name, nil)
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
			w := newWorld(t, w.Installation)
			target := asking(w.name("target"), baseline.Name)
			restore := veleroRestore(w.name(fmt.Sprintf("restore-%d", i)), target.Name)
			if test.edit != nil {
				test.edit(restore, target.Name)
			}
			w.create(restore)
			if test.phase != "" {
				w.setPhase(restore, test.phase)
			}
			w.restoredBy(w.velero(), target)
			if test.held {
				w.waiting(target.Name, restore)
				w.remove(restore)
			}
			w.awaitReady(target.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
		})
	}
}

func testNamespaceOfAnotherMakerIsNotHeld(_ *testing.T, w *world) {
	baseline := w.baseline(w.backup(w.source(configMap("a")), "configmaps").Name, nil)
	target := asking(w.name("target"), baseline.Name)
	w.restoring(target.Name)
	w.create(target)
	w.awaitReady(target.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
}

// What is to be done after a hold does not depend on the process that held.
func TestHoldForVeleroOutlivesItsController(t *testing.T) {
	w := own(t)
	controller := w.start()
	w.defineRestores()
	other := w.another()
	guard := w.baseline(w.backup(w.source(configMap("guard")), "configmaps").Name, required("guarded"))
	web := other.baseline(other.backup(other.source(configMap("web"), configMap("gap")), "configmaps").Name, updating)
	target := asking("target", web.Name)
	target.Labels = map[string]string{"guarded": "x"}
	restore := w.restoring("target", "unseen")
	w.restoredBy(w.velero(), target, tenants("web", web))
	w.waiting("target", restore)
	w.awaitKey("target", "guard", "value of guard")
	controller.Kill()

	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "target", Name: "guard"}}
	w.change(object, func() { object.Data["key"] = "the tenant's" })
	// This one is made and complete before any controller sees it.
	w.restoredBy(w.velero(), asking("unseen", web.Name), tenants("web", web))
	w.setPhase(restore, "Completed")
	w.start()
	w.awaitReady("target", corev1.ConditionTrue, v1alpha1.ReasonRestored)
	w.awaitKey("target", "guard", "value of guard")
	w.awaitReady("unseen", corev1.ConditionTrue, v1alpha1.ReasonRestored)
	for _, name := range []string{"target", "unseen"} {
		w.awaitKey(name, "web", "the tenant's")
		w.awaitKey(name, "gap", "value of gap")
	}
	if w.record("target", guard.Name).Result.Provisional {
		t.Error("the Required baseline is still to be restored once more")
	}
}

// A Restore whose Velero died stays InProgress for ever.
func TestHoldForVeleroIsBounded(t *testing.T) {
	w := own(t)
	w.start("--velero-hold-at-most=15s")
	w.defineRestores()
	baseline := w.baseline(w.backup(w.source(configMap("a")), "configmaps").Name, nil)
	restore := w.restoring("target")
	w.restoredBy(w.velero(), asking("target", baseline.Name))
	w.waiting("target", restore)
	w.awaitReady("target", corev1.ConditionTrue, v1alpha1.ReasonRestored)
}

// Where Velero is not there, or not to be read, nothing waits.
func TestNamespaceIsNotHeldWithoutVelero(t *testing.T) {
	w := own(t)
	controller := w.start()
	baseline := w.baseline(w.backup(w.source(configMap("a"), configMap("b")), "configmaps").Name, updating)
	w.restoredBy(w.velero(), asking("without-velero", baseline.Name))
	w.awaitReady("without-velero", corev1.ConditionTrue, v1alpha1.ReasonRestored)

	w.defineRestores()
	w.forbidRestores()
	w.restoring("forbidden", "off")
	w.restoredBy(w.velero(), asking("forbidden", baseline.Name))
	w.awaitReady("forbidden", corev1.ConditionTrue, v1alpha1.ReasonRestored)

	controller.Stop()
	w.start("--velero-namespace=")
	w.restoredBy(w.velero(), asking("off", baseline.Name))
	w.awaitReady("off", corev1.ConditionTrue, v1alpha1.ReasonRestored)
}

// Held namespaces cost the API server one list of Restores every five seconds, however many they are.
func TestRestoresAreListedOnceForAllHeldNamespaces(t *testing.T) {
	w := alone(t)
	w.start()
	w.defineRestores()
	baseline := w.baseline(w.backup(w.source(configMap("a")), "configmaps").Name, nil)
	restore := w.restoring()
	velero := w.velero()
	name := func(i int) string { return fmt.Sprintf("target-%02d", i) }
	const many = 60
	w.sideBySide(many, func(i int) {
		if err := velero.Create(w.ctx(), asking(name(i), baseline.Name)); err != nil {
			t.Error(err)
		}
	})
	for i := range many {
		w.waiting(name(i), restore)
	}
	before := w.restoreLists()
	// Two more polls.
	w.eventually(func(context.Context) error {
		if lists := w.restoreLists(); lists < before+2 {
			return fmt.Errorf("%v lists", lists)
		}
		return nil
	})
	w.setPhase(restore, "Completed")
	for i := range many {
		w.awaitReady(name(i), corev1.ConditionTrue, v1alpha1.ReasonRestored)
	}
	lists := w.restoreLists()
	t.Logf("%v lists of Restores for %d namespaces, %v of them before all were held", lists, many, before)
	if lists > 12 {
		t.Errorf("%v lists of Restores for %d namespaces", lists, many)
	}
}

// A restore by hand would run again where Velero brings it back.
func TestRestoreByHandIsKeptOutOfVelerosBackups(t *testing.T) {
	w := shared(t)
	backup := w.backup(w.source(configMap("a")), "configmaps")
	for name, create := range map[string]func(namespace string){
		"by kubectl": func(namespace string) {
			w.create(&v1alpha1.BaselineRestore{
				ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "restore"}, Spec: v1alpha1.BaselineRestoreSpec{Backup: backup.Name},
			})
		},
		"by the tool": func(namespace string) {
			w.tool("restore", "create", "restore", "--from-backup", backup.Name, "-n", namespace)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, w.Installation)
			target := w.prepared()
			create(target.Name)
			w.eventually(func(ctx context.Context) error {
				restore := &v1alpha1.BaselineRestore{}
				err := w.Client.Get(ctx, client.ObjectKey{Namespace: target.Name, Name: "restore"}, restore)
				if err == nil && (restore.Labels[v1alpha1.LabelExcludeFromBackup] != "true" || restore.Status.Phase != v1alpha1.PhaseCompleted) {
					err = fmt.Errorf("its labels are %v, and it is %s", restore.Labels, restore.Status.Phase)
				}
				return err
			})
		})
	}
}
