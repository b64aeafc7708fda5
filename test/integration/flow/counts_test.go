package flow

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/cluster"
)

// fleet is the set of namespaces that one Baseline selects by a label.
type fleet struct {
	*env
	size     int
	label    string
	baseline *v1alpha1.Baseline
}

// newFleet makes a Baseline of a ConfigMap and a Secret, without any namespace yet. SEEDBED_TEST_NAMESPACES sets the size.
func newFleet(e *env) *fleet {
	f := &fleet{env: e, size: 8, label: e.uniqueName("fleet")}
	if size, err := strconv.Atoi(os.Getenv("SEEDBED_TEST_NAMESPACES")); err == nil {
		f.size = size
	}
	source := e.createSource(configMap("settings"), newPassword("old"))
	f.baseline = e.createBaseline(e.createBackup(source, "configmaps", "secrets").Name, f.selectByLabel)
	return f
}

func (f *fleet) selectByLabel(spec *v1alpha1.BaselineSpec) {
	spec.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{f.label: "yes"}}
}

// newPassword returns a Secret to back up.
func newPassword(value string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "db"}, StringData: map[string]string{"password": value}}
}

func (f *fleet) namespaceName(i int) string { return f.uniqueName(fmt.Sprintf("team-%d", i)) }

// forEachNamespace calls do for every namespace, several at a time.
func (f *fleet) forEachNamespace(do func(ctx context.Context, namespace string) error) {
	f.t.Helper()
	var group errgroup.Group
	group.SetLimit(16)
	for i := range f.size {
		group.Go(func() error { return do(f.t.Context(), f.namespaceName(i)) })
	}
	if err := group.Wait(); err != nil {
		f.t.Fatal(err)
	}
}

// createNamespaces creates the namespaces, with these objects in them before the Baseline selects them.
func (f *fleet) createNamespaces(existing ...client.Object) {
	f.t.Helper()
	f.forEachNamespace(func(ctx context.Context, name string) error {
		namespace := labelledNamespace(name, f.label, "yes")
		if len(existing) > 0 {
			namespace.Labels = nil
		}
		if err := f.Client.Create(ctx, namespace); err != nil || len(existing) == 0 {
			return err
		}
		for _, object := range existing {
			object := object.DeepCopyObject().(client.Object)
			object.SetNamespace(name)
			if err := f.Client.Create(ctx, object); err != nil {
				return err
			}
		}
		namespace.Labels = map[string]string{f.label: "yes"}
		return f.Client.Update(ctx, namespace)
	})
}

// replaceBackup backs the source up again, after an edit of it, and points the Baseline at that backup.
func (f *fleet) replaceBackup(edit func(e *env, source string)) *v1alpha1.BaselineBackup {
	f.t.Helper()
	backup := &v1alpha1.BaselineBackup{}
	if err := f.Client.Get(f.ctx(), client.ObjectKey{Name: f.baseline.Spec.Backup}, backup); err != nil {
		f.t.Fatal(err)
	}
	source := backup.Spec.IncludedNamespaces[0]
	edit(f.env, source)
	next := f.withOwnNames().createBackup(source, "configmaps", "secrets")
	f.updateObject(f.baseline, func() { f.baseline.Spec.Backup = next.Name })
	return next
}

// awaitCounts waits until the Baseline has these counts, and a count by hand of labels and records returns the same.
func (f *fleet) awaitCounts(step string, want v1alpha1.NamespaceCounts) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), patience+time.Duration(f.size)*100*time.Millisecond)
	defer cancel()
	baseline := &v1alpha1.Baseline{}
	err := cluster.Eventually(ctx, func(ctx context.Context) error {
		if err := f.Client.Get(ctx, client.ObjectKeyFromObject(f.baseline), baseline); err != nil {
			return err
		}
		if baseline.Status.NamespaceCounts != want {
			return fmt.Errorf("the Baseline counts %+v, want %+v", baseline.Status.NamespaceCounts, want)
		}
		return nil
	})
	if err != nil {
		f.t.Fatalf("%s: %v", step, err)
	}
	byHand, err := f.countByHand(ctx, baseline)
	if err != nil {
		f.t.Fatal(err)
	}
	if byHand != want {
		f.t.Errorf("%s: by hand there are %+v, want %+v", step, byHand, want)
	}
	f.t.Logf("%s: %s", step, formatCounts(want))
}

func formatCounts(c v1alpha1.NamespaceCounts) string {
	return fmt.Sprintf("namespaces %d = updated %d + outdated %d + failed %d + pending %d; kept %d; drifted %d; released %d",
		c.Namespaces, c.UpdatedNamespaces, c.OutdatedNamespaces, c.FailedNamespaces, c.PendingNamespaces, c.KeptNamespaces, c.DriftedNamespaces, c.ReleasedNamespaces)
}

// countByHand counts as an administrator does with kubectl: the namespaces with the label, the records by phase and by
// backup, and the objects that differ from the source's.
func (f *fleet) countByHand(ctx context.Context, baseline *v1alpha1.Baseline) (v1alpha1.NamespaceCounts, error) {
	var counts v1alpha1.NamespaceCounts
	var namespaces corev1.NamespaceList
	if err := f.Client.List(ctx, &namespaces, client.MatchingLabels{f.label: "yes"}); err != nil {
		return counts, err
	}
	var records v1alpha1.BaselineRecordList
	if err := f.Client.List(ctx, &records); err != nil {
		return counts, err
	}
	held := map[string]*v1alpha1.BaselineRecord{}
	for i := range records.Items {
		if records.Items[i].Name == baseline.Name {
			held[records.Items[i].Namespace] = &records.Items[i]
		}
	}
	for i := range namespaces.Items {
		record := held[namespaces.Items[i].Name]
		switch {
		case namespaces.Items[i].CreationTimestamp.Before(&baseline.CreationTimestamp) && baseline.Spec.ExistingNamespaces != v1alpha1.ExistingNamespacesPopulate:
			if record != nil {
				counts.ReleasedNamespaces++
			}
			continue
		case record == nil:
			counts.PendingNamespaces++
		case record.Result.Phase != v1alpha1.PhaseCompleted, !record.Update.IsComplete():
			counts.FailedNamespaces++
		case record.Revision.Hash != baseline.Status.RevisionHash && record.Revision.ContentDigest != baseline.Status.ContentDigest:
			counts.OutdatedNamespaces++
		default:
			counts.UpdatedNamespaces++
		}
		counts.Namespaces++
		if record != nil && record.Update.IsComplete() && (record.Result.Counts.Kept > 0 || record.Update != nil && record.Update.Counts.Kept > 0) {
			counts.KeptNamespaces++
		}
		if record != nil && record.Drift != nil && record.Drift.Count > 0 {
			counts.DriftedNamespaces++
		}
	}
	return counts, nil
}

// allCurrent returns the counts where all namespaces hold the present content.
func (f *fleet) allCurrent() v1alpha1.NamespaceCounts {
	return v1alpha1.NamespaceCounts{Namespaces: int32(f.size), UpdatedNamespaces: int32(f.size)}
}

func (f *fleet) getRecord(namespace string) *v1alpha1.BaselineRecord {
	return &v1alpha1.BaselineRecord{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: f.baseline.Name}}
}

// Credential rotations rely on these numbers. An untouched source outdates no namespace, a changed Secret outdates all, and
// a namespace that kept its own Secret is counted as kept.
func TestCountsFollowAChangedBackup(t *testing.T) {
	f := newFleet(sharedInstallation(t))
	zeros := &unstructured.Unstructured{}
	zeros.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("Baseline"))
	if err := f.Client.Get(f.ctx(), client.ObjectKeyFromObject(f.baseline), zeros); err != nil {
		t.Fatal(err)
	}
	if count, found, err := unstructured.NestedInt64(zeros.Object, "status", "outdatedNamespaces"); !found || count != 0 || err != nil {
		t.Errorf("status.outdatedNamespaces is %d, there: %t (%v), so that nobody can wait for zero", count, found, err)
	}
	f.createNamespaces()
	f.awaitCounts("populated", f.allCurrent())

	first, before := f.baseline.Spec.Backup, f.baseline.Status.Digest
	touched := f.replaceBackup(func(e *env, source string) {
		settings := configMap("settings")
		settings.Namespace = source
		e.updateObject(settings, func() { metav1.SetMetaDataAnnotation(&settings.ObjectMeta, "note", "touched") })
		e.updateObject(settings, func() { settings.Annotations = nil })
	})
	if touched.Status.Digest == before {
		t.Error("a source that was touched has the digest of before: this proves nothing")
	}
	f.awaitCounts("a backup of a source that was touched and left the same", f.allCurrent())

	f.replaceBackup(func(e *env, source string) {
		secret := newPassword("")
		secret.Namespace = source
		e.updateObject(secret, func() { secret.Data = map[string][]byte{"password": []byte("new")} })
	})
	size, some := int32(f.size), int32(2)
	f.awaitCounts("a backup with another password", v1alpha1.NamespaceCounts{Namespaces: size, OutdatedNamespaces: size})

	f.deleteObjects(f.getRecord(f.namespaceName(0)))
	f.deleteObjects(f.getRecord(f.namespaceName(1)))
	f.awaitCounts("two records deleted, and restored again with Keep",
		v1alpha1.NamespaceCounts{Namespaces: size, UpdatedNamespaces: some, OutdatedNamespaces: size - some, KeptNamespaces: some})
	if described := f.runTool("baseline", "describe", f.baseline.Name, "--details"); !strings.Contains(described, "kept") {
		t.Errorf("describe does not tell of what was kept: %s", described)
	}
	f.requireContains(f.runFailingTool("backup", "delete", first, "--force", "--confirm"), "is in the history of Baseline "+f.baseline.Name)
	f.deleteObjects(f.baseline)
	f.awaitGone(f.baseline)
	f.requireHeld(first, f.size-2)
}

// requireHeld fails the test unless a backup that namespaces hold is deleted with --force only.
func (f *fleet) requireHeld(backup string, holders int) {
	f.t.Helper()
	refusal := f.runFailingTool("backup", "delete", backup, "--confirm")
	f.t.Logf("seedbed backup delete %s: %s", backup, refusal)
	f.requireContains(refusal, fmt.Sprintf("is held by %d namespaces", holders), "--force")
	f.t.Logf("seedbed backup delete %s --force: %s", backup, f.runTool("backup", "delete", backup, "--force", "--confirm"))
}

// A recreated Baseline still counts the namespaces that hold it and would not get it again. Their condition reports it.
func TestCountsOfABaselineThatWasMadeAnew(t *testing.T) {
	f := newFleet(sharedInstallation(t))
	f.createNamespaces()
	f.awaitCounts("populated", f.allCurrent())
	old := &corev1.Namespace{}
	if err := f.Client.Get(f.ctx(), client.ObjectKey{Name: f.namespaceName(f.size - 1)}, old); err != nil {
		t.Fatal(err)
	}
	f.awaitLaterSecond(old.CreationTimestamp)
	f.deleteObjects(f.baseline)
	f.awaitGone(f.baseline)
	f.baseline = f.createBaseline(f.baseline.Spec.Backup, f.selectByLabel)
	size := int32(f.size)
	f.awaitCounts("the Baseline made anew", v1alpha1.NamespaceCounts{ReleasedNamespaces: size})
	first := f.namespaceName(0)
	f.eventually(func(ctx context.Context) error {
		ready, err := f.readyCondition(ctx, first)
		if err != nil || strings.Contains(ready.Message, "not restored again") {
			return err
		}
		return fmt.Errorf("%s says %q", first, ready.Message)
	})

	f.deleteObjects(f.getRecord(first))
	f.awaitCounts("one of their records deleted", v1alpha1.NamespaceCounts{ReleasedNamespaces: size - 1})
	f.awaitReady(first, corev1.ConditionTrue, v1alpha1.ReasonNoBaseline)
	f.eventually(func(ctx context.Context) error {
		if count, err := f.countEvents(ctx, first, v1alpha1.ReasonNoBaseline); err != nil || count > 0 {
			return err
		}
		return fmt.Errorf("no event tells that nothing restores %s again", first)
	})

	f.updateObject(f.baseline, func() { f.baseline.Spec.ExistingNamespaces = v1alpha1.ExistingNamespacesPopulate })
	f.awaitCounts("older namespaces populated too", f.allCurrent())
}

// Namespaces whose restore left something undone are counted as failed.
func TestCountsOfRestoresThatFail(t *testing.T) {
	f := newFleet(sharedInstallation(t))
	f.updateObject(f.baseline, func() { f.baseline.Spec.ExistingResources = v1alpha1.ExistingResourcesUpdate })
	immutable := newPassword("theirs")
	immutable.Immutable = new(true)
	f.createNamespaces(immutable)
	size := int32(f.size)
	f.awaitCounts("an immutable Secret in the way of Update", v1alpha1.NamespaceCounts{Namespaces: size, FailedNamespaces: size})

	first := f.namespaceName(0)
	immutable.Namespace = first
	f.deleteObjects(immutable)
	f.awaitCounts("one of the Secrets deleted", v1alpha1.NamespaceCounts{Namespaces: size, FailedNamespaces: size - 1, UpdatedNamespaces: 1})
}
