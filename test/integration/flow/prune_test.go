package flow

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// pruneCase is what somebody does with the ConfigMap "extra", or with its namespace, before the backup without it comes.
type pruneCase struct {
	name string
	act  func(f *fleet, namespace string, extra *corev1.ConfigMap)
	// result begins the record's line on the ConfigMap; empty if there is none.
	result string
	// isGone means that the ConfigMap does not exist afterwards.
	isGone bool
}

const pruned = "configmaps/extra: Deleted"

// pruneCases are the rows of what prune may delete. An edit is by the test's own field manager.
var pruneCases = []pruneCase{
	{"untouched", func(*fleet, string, *corev1.ConfigMap) {}, pruned, true},
	{"changed", func(f *fleet, _ string, extra *corev1.ConfigMap) {
		f.updateObject(extra, func() { extra.Data["key"] = "mine" })
	}, "configmaps/extra: Kept: was changed by ", false},
	{"extended", func(f *fleet, _ string, extra *corev1.ConfigMap) {
		f.updateObject(extra, func() { extra.Data["own"] = "mine" })
	}, "configmaps/extra: Kept: was changed by ", false},
	{"a field removed", func(f *fleet, _ string, extra *corev1.ConfigMap) {
		f.updateObject(extra, func() { delete(extra.Data, "key") })
	}, "configmaps/extra: Kept: lacks a field", false},
	{"a finalizer", func(f *fleet, _ string, extra *corev1.ConfigMap) {
		f.setMetadata(extra, func() { extra.Finalizers = []string{"example.com/hold"} })
	}, "configmaps/extra: Kept: has the finalizer example.com/hold", false},
	{"an owner", func(f *fleet, namespace string, extra *corev1.ConfigMap) {
		owner := &corev1.ConfigMap{}
		if !f.objectExists(owner, namespace, "settings") {
			f.t.Fatal("the owner is missing")
		}
		f.setMetadata(extra, func() {
			extra.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: owner.Name, UID: owner.UID}}
		})
	}, "configmaps/extra: Kept: is owned by ConfigMap settings", false},
	{"without the label", func(f *fleet, _ string, extra *corev1.ConfigMap) {
		f.setMetadata(extra, func() { delete(extra.Labels, v1alpha1.LabelBaseline) })
	}, "configmaps/extra: Kept: lacks the label " + v1alpha1.LabelBaseline, false},
	{"another baseline's label", func(f *fleet, _ string, extra *corev1.ConfigMap) {
		f.setMetadata(extra, func() { extra.Labels[v1alpha1.LabelBaseline] = "another" })
	}, `configmaps/extra: Kept: belongs to the baseline "another"`, false},
	{"unknown writers", func(f *fleet, _ string, extra *corev1.ConfigMap) {
		f.updateObject(extra, func() { extra.ManagedFields = []metav1.ManagedFieldsEntry{{}} })
	}, "configmaps/extra: Kept: was changed by an unknown manager", false},
	{"the tenant's own in its place", func(f *fleet, namespace string, extra *corev1.ConfigMap) {
		labels := extra.Labels
		f.deleteObjects(extra)
		own := configMap("extra")
		own.Namespace, own.Labels = namespace, labels
		f.createObjects(own)
	}, "configmaps/extra: Kept: was changed by ", false},
	{"the tenant's own as Seedbed", func(f *fleet, namespace string, extra *corev1.ConfigMap) {
		labels := extra.Labels
		f.deleteObjects(extra)
		own := configMap("extra")
		own.Namespace, own.Labels = namespace, labels
		if err := f.Client.Create(f.ctx(), own, client.FieldOwner(v1alpha1.FieldManager)); err != nil {
			f.t.Fatal(err)
		}
	}, pruned, true},
	{"deleted", func(f *fleet, _ string, extra *corev1.ConfigMap) { f.deleteObjects(extra) }, "", true},
	{"labels on another object", func(f *fleet, namespace string, extra *corev1.ConfigMap) {
		child := configMap("child")
		child.Namespace, child.Labels = namespace, extra.Labels
		if err := f.Client.Create(f.ctx(), child, client.FieldOwner(v1alpha1.FieldManager)); err != nil {
			f.t.Fatal(err)
		}
	}, pruned, true},
	{"of two baselines", func(f *fleet, namespace string, _ *corev1.ConfigMap) {
		other := f.withOwnNames().createBaseline(f.baseline.Spec.Backup, func(spec *v1alpha1.BaselineSpec) {
			spec.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: namespace}}
			spec.ExistingNamespaces = v1alpha1.ExistingNamespacesPopulate
		})
		f.awaitRecord(namespace, other.Name, func(*v1alpha1.BaselineRecord) error { return nil })
	}, `configmaps/extra: Kept: is in the baseline "`, false},
}

// setMetadata changes an object's metadata as Seedbed, so that it stays the only manager.
func (f *fleet) setMetadata(extra *corev1.ConfigMap, edit func()) {
	f.t.Helper()
	before := extra.DeepCopy()
	edit()
	if err := f.Client.Patch(f.ctx(), extra, client.MergeFrom(before), client.FieldOwner(v1alpha1.FieldManager)); err != nil {
		f.t.Fatal(err)
	}
}

// newPruning makes a fleet whose backup has a ConfigMap and a claim that the next one lacks.
func newPruning(e *env, size int, prune v1alpha1.Prune) *fleet {
	e.t.Helper()
	f := &fleet{env: e, size: size, label: e.uniqueName("fleet")}
	source := e.createSource(configMap("settings"), configMap("extra"), newClaim())
	f.baseline = e.createBaseline(e.createBackup(source, "configmaps", "persistentvolumeclaims").Name, func(spec *v1alpha1.BaselineSpec) {
		f.selectByLabel(spec)
		spec.Rollout = &v1alpha1.BaselineRollout{Prune: prune}
	})
	f.createNamespaces()
	f.awaitRolledOut()
	return f
}

func newClaim() *corev1.PersistentVolumeClaim {
	return &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: "data"},
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}},
		},
	}
}

// dropExtra points the Baseline at a backup without the ConfigMap and the claim.
func (f *fleet) dropExtra() {
	f.t.Helper()
	f.replaceBackup(func(e *env, source string) { e.removeObject(source, "extra") })
}

func (f *fleet) getExtra(namespace string) *corev1.ConfigMap {
	f.t.Helper()
	extra := &corev1.ConfigMap{}
	if !f.objectExists(extra, namespace, "extra") {
		f.t.Fatalf("namespace %s lacks the ConfigMap", namespace)
	}
	return extra
}

// Each row of what prune may delete and what it keeps, by one rollout; then the undo brings back what was deleted.
func TestPruneDeletesWhatNobodyChanged(t *testing.T) {
	f := newPruning(sharedInstallation(t), len(pruneCases), v1alpha1.PruneUnmodified)
	first := f.baseline.Spec.Backup
	for i, c := range pruneCases {
		c.act(f, f.namespaceName(i), f.getExtra(f.namespaceName(i)))
	}
	f.dropExtra()
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	for i, c := range pruneCases {
		if exists := f.objectExists(&corev1.ConfigMap{}, f.namespaceName(i), "extra"); exists == c.isGone {
			t.Errorf("%s: the ConfigMap exists: %v", c.name, exists)
		}
		if !f.objectExists(&corev1.PersistentVolumeClaim{}, f.namespaceName(i), "data") {
			t.Errorf("%s: the claim is gone", c.name)
		}
		requirePruned(t, c, f.readRecord(i).Update)
	}
	if !f.objectExists(&corev1.ConfigMap{}, f.namespaceName(slices.IndexFunc(pruneCases, func(c pruneCase) bool { return c.name == "labels on another object" })), "child") {
		t.Error("an object of the tenant that copied the labels is gone")
	}

	f.updateObject(f.baseline, func() { f.baseline.Spec.Backup = first })
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	for i, c := range pruneCases {
		if !f.objectExists(&corev1.ConfigMap{}, f.namespaceName(i), "extra") {
			t.Errorf("%s: the undo did not bring the ConfigMap back", c.name)
		}
	}
}

// requirePruned fails the test unless an update has the case's line on the ConfigMap, keeps the claim, and counts both.
func requirePruned(t *testing.T, c pruneCase, update *v1alpha1.RestoreUpdate) {
	t.Helper()
	if update == nil {
		t.Errorf("%s: there was no update", c.name)
		return
	}
	want, line := v1alpha1.UpdateCounts{Kept: 1}, "" // the claim
	for _, object := range update.Objects {
		if object.Object == "configmaps/extra" {
			line = object.String()
		}
	}
	switch {
	case strings.HasPrefix(c.result, pruned):
		want.Deleted = 1
	case c.result != "":
		want.Kept = 2
	}
	if !strings.HasPrefix(line, c.result) || (line == "") != (c.result == "") {
		t.Errorf("%s: the record has %q, want %q", c.name, line, c.result)
	}
	if update.Counts != want || update.Phase != v1alpha1.PhaseCompleted {
		t.Errorf("%s: %s with %+v, want %+v: %v", c.name, update.Phase, update.Counts, want, update.Objects)
	}
	claim := v1alpha1.ObjectResult{Object: "persistentvolumeclaims/data", Result: v1alpha1.ResultKept, Reason: "holds data"}
	if !slices.Contains(update.Objects, claim) {
		t.Errorf("%s: the record lacks %s: %v", c.name, claim, update.Objects)
	}
}
