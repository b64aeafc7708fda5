package exact

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// The two targets: one is restored into by hand, the other asks for a baseline that maps free text too.
const (
	byHand     = "meadow"
	byBaseline = "harbour"
	first      = "first" // the backup of the source
	baseline   = "garden"
)

// TestCopy is one story, since every step stands on the one before.
func TestCopy(t *testing.T) {
	w := newWorld(t)
	w.makeSource()
	var before held
	steps := []struct {
		name string
		run  func(w *world)
	}{
		{"every kind has a sample", (*world).everyKindHasSamples},
		{"Velero reads the archive", func(w *world) { before = w.backUpSource() }},
		{"restore into two targets", (*world).populate},
		{"the copies differ in nothing but what the rules say", func(w *world) { w.compare(before) }},
		{"restored over its own source everything is unchanged", (*world).keepSource},
		{"the source is as it was", func(w *world) { w.sourceIsAsItWas(before) }},
		{"with Keep everything is unchanged", (*world).keepAgain},
		{"with Update nothing is written", (*world).updateUnchanged},
		{"with Update what differs is made like the backup's", (*world).updateChanged},
		{"the targets can be deleted", (*world).deleteTargets},
	}
	for _, step := range steps {
		if !t.Run(step.name, func(t *testing.T) { step.run(w.in(t)) }) {
			break // what follows would only say the same again
		}
	}
}

// backUpSource also compares the archive with what the API server gives.
func (w *world) backUpSource() held {
	w.t.Helper()
	w.backup(first, source)
	before := w.read(w.stored(first), source)
	live := w.listAll(source)
	for key := range live {
		if strings.HasPrefix(key, "events") {
			delete(live, key)
		}
	}
	got := slices.DeleteFunc(slices.Sorted(maps.Keys(before)), func(key string) bool { return key == "namespaces/"+source })
	if diff := cmp.Diff(slices.Sorted(maps.Keys(live)), got); diff != "" {
		w.t.Errorf("objects in the source (-) and in the archive (+):\n%s", diff)
	}
	for key, object := range live {
		content, err := json.Marshal(object.Object)
		w.must(err)
		if diff := cmp.Diff(steady(decode(w, content)), steady(before[key])); diff != "" {
			w.t.Errorf("%s as the API server gives it (-) and in the archive (+):\n%s", key, diff)
		}
	}
	return before
}

// steady is what controllers do not write all the time.
func steady(object map[string]any) map[string]any {
	object = maps.Clone(object)
	delete(object, "status")
	metadata, _ := object["metadata"].(map[string]any)
	metadata = maps.Clone(metadata)
	for _, field := range []string{"resourceVersion", "managedFields"} {
		delete(metadata, field)
	}
	object["metadata"] = metadata
	return object
}

func (w *world) populate() {
	w.t.Helper()
	w.baselineOf(first, baseline)
	w.namespace(byHand, "")
	w.restore(byHand, "copy", first, "")
	w.namespace(byBaseline, baseline)
	for _, namespace := range []string{byHand, byBaseline} {
		result := w.resultIn(namespace)
		counts := result.Counts
		if counts.Failed != 0 || counts.Kept != 0 || counts.Unchanged != 0 || result.Attempts != 1 {
			w.t.Errorf("%s was restored with %+v after %d attempts and warnings %q", namespace, counts, result.Attempts, result.Warnings)
		}
	}
}

// resultIn waits for the first restore into one of the targets.
func (w *world) resultIn(target string) *v1alpha1.RestoreResult {
	w.t.Helper()
	if target == byBaseline {
		return &w.awaitRecord(target, baseline).Result
	}
	return &w.awaitRestore(target, "copy", v1alpha1.PhaseCompleted).Status.RestoreResult
}

// baselineOf makes a baseline that maps free text too, and waits until it can be used.
func (w *world) baselineOf(backup, name string) {
	w.t.Helper()
	b := &v1alpha1.Baseline{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       v1alpha1.BaselineSpec{Backup: backup, Mapping: v1alpha1.MappingReferencesAndText},
	}
	w.create(b)
	w.awaitPhase(b, &b.Status.Conditions, v1alpha1.ReasonBackupReady)
}

func (w *world) compare(before held) {
	w.t.Helper()
	used := map[string]bool{}
	for _, target := range []string{byHand, byBaseline} {
		w.settle(target)
		w.backup("second-"+target, target)
		after := w.read(w.stored("second-"+target), target)
		w.compareObjects(before, after, target)
		for _, d := range differences(copied(before), copied(after), target) {
			i := slices.IndexFunc(allowed, func(a allowance) bool { return a.covers(d) })
			if i < 0 {
				w.t.Errorf("%s: no rule says that %s", target, d)
				continue
			}
			used[allowed[i].name] = true
		}
		w.compareLeftovers(copied(after), target)
	}
	for _, a := range allowed {
		if !used[a.name] {
			w.t.Errorf("nothing in the samples shows that this rule is needed: %s", a.name)
		}
	}
}

// copied are the objects that are nobody's to make again.
func copied(objects held) held {
	own := held{}
	for key, object := range objects {
		if !madeAgain(objects, key) && !strings.HasPrefix(key, "namespaces/") {
			own[key] = object
		}
	}
	return own
}

func (w *world) compareObjects(before, after held, target string) {
	w.t.Helper()
	missing := map[string]string{}
	for key := range copied(before) {
		if after[key] == nil {
			missing[key] = notRestored[key]
		}
	}
	if diff := cmp.Diff(notRestored, missing); diff != "" {
		w.t.Errorf("%s: what rules leave out (-) and what the copy lacks (+):\n%s", target, diff)
	}
	for key := range copied(after) {
		if before[key] == nil {
			w.t.Errorf("%s: the copy has %s, which the source has not", target, key)
		}
	}
}

// compareLeftovers looks for the source's name in a copy. Where it stays, the record says so.
func (w *world) compareLeftovers(after held, target string) {
	w.t.Helper()
	want := slices.Clone(stays)
	if target == byHand {
		want = append(want, staysInText...)
	}
	warnings := strings.Join(w.resultIn(target).Warnings, "\n")
	var got []string
	for _, key := range slices.Sorted(maps.Keys(after)) {
		for field, value := range flat(after[key]) {
			if strings.HasPrefix(field, "metadata.managedFields") || !strings.Contains(fmt.Sprint(field, value), source) {
				continue
			}
			got = append(got, key+" "+field)
			if !strings.Contains(warnings, key+": "+field+": ") {
				w.t.Errorf("%s: no warning tells that %s %s names the source:\n%s", target, key, field, warnings)
			}
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("%s: what may name the source (-) and what does (+):\n%s", target, diff)
	}
}

// sourceIsAsItWas: nobody writes to a source.
func (w *world) sourceIsAsItWas(before held) {
	w.t.Helper()
	for key, object := range w.listAll(source) {
		if before[key] == nil {
			continue // the records and events of restores are Seedbed's
		}
		if text(before[key], "metadata", "uid") != string(object.GetUID()) {
			w.t.Errorf("%s is another object", key)
		}
		for _, entry := range object.GetManagedFields() {
			if strings.HasPrefix(entry.Manager, "seedbed") {
				w.t.Errorf("%s was written by %s", key, entry.Manager)
			}
		}
	}
}

// unchanged fails the test unless a restore found everything as it should be.
func (w *world) unchanged(namespace string, result *v1alpha1.RestoreResult) {
	w.t.Helper()
	counts := result.Counts
	if counts.Unchanged != counts.Total-counts.Skipped || counts.Unchanged == 0 {
		w.t.Errorf("the restore into %s is %+v: everything should be unchanged, and not so are %s", namespace, counts, strings.Join(others(result), ", "))
	}
}

// others are the objects of a result that are not as the backup says already.
func others(result *v1alpha1.RestoreResult) []string {
	var found []string
	for _, object := range result.Objects {
		if object.Result != v1alpha1.ResultUnchanged && object.Result != v1alpha1.ResultSkipped {
			found = append(found, object.String())
		}
	}
	return found
}

// finishIn ends a Job and a Pod that were restored: they are still what the backup holds.
func (w *world) finishIn(namespace string) {
	w.t.Helper()
	w.setStatus(namespace, "jobs.batch", "suspended", w.samples("jobs.batch"))
	w.setStatus(namespace, "pods", "bare", w.samples("pods"))
}

// setStatus gives an object the status of the sample that is called finished.
func (w *world) setStatus(namespace, resource, name string, samples []*unstructured.Unstructured) {
	w.t.Helper()
	i := slices.IndexFunc(samples, func(sample *unstructured.Unstructured) bool { return sample.GetName() == "finished" })
	w.writeStatus(w.kinds()[resource], namespace, name, samples[i].Object["status"].(map[string]any))
}

func (w *world) keepAgain() {
	w.t.Helper()
	nextSecond() // what is as old as the record counts as made by it
	w.finishIn(byHand)
	used := w.quotaUsed(byHand)
	w.restore(byHand, "keep", first, v1alpha1.ExistingResourcesKeep)
	w.unchanged(byHand, &w.awaitRestore(byHand, "keep", v1alpha1.PhaseCompleted).Status.RestoreResult)
	if diff := cmp.Diff(used, w.quotaUsed(byHand)); diff != "" {
		w.t.Errorf("the quota's count before (-) and after (+) a restore that made nothing:\n%s", diff)
	}
	old := w.awaitRecord(byBaseline, baseline)
	w.must(w.Client.Delete(w.ctx(), old))
	w.eventually(func(context.Context) error {
		record := w.awaitRecord(byBaseline, baseline)
		if record.UID == old.UID {
			return errors.New("the record was not made again")
		}
		w.unchanged(record.Namespace, &record.Result)
		return nil
	})
}

// quotaUsed is what the quota counts. Attempts to create what is there count too, until the controller manager counts
// again.
func (w *world) quotaUsed(namespace string) corev1.ResourceList {
	w.t.Helper()
	quota, err := w.core.CoreV1().ResourceQuotas(namespace).Get(w.ctx(), "quota", metav1.GetOptions{})
	w.must(err)
	used := quota.Status.Used
	maps.DeleteFunc(used, func(name corev1.ResourceName, _ resource.Quantity) bool {
		return name == corev1.ResourcePods || strings.HasPrefix(string(name), "requests.") // fewer when a Pod has finished
	})
	return used
}

// keepSource restores a backup over what it was taken of, which nobody marked as Seedbed's.
func (w *world) keepSource() {
	w.t.Helper()
	w.restore(source, "over-itself", first, v1alpha1.ExistingResourcesUpdate)
	w.unchanged(source, &w.awaitRestore(source, "over-itself", v1alpha1.PhaseCompleted).Status.RestoreResult)
}

func (w *world) updateUnchanged() {
	w.t.Helper()
	versions := w.versions(byHand)
	w.restore(byHand, "update", first, v1alpha1.ExistingResourcesUpdate)
	w.unchanged(byHand, &w.awaitRestore(byHand, "update", v1alpha1.PhaseCompleted).Status.RestoreResult)
	if diff := cmp.Diff(versions, w.versions(byHand)); diff != "" {
		w.t.Errorf("resourceVersions before (-) and after (+) a restore that had nothing to do:\n%s", diff)
	}
}

// versions are the resourceVersions of what a restore brought.
func (w *world) versions(namespace string) map[string]string {
	w.t.Helper()
	found := map[string]string{}
	for key, object := range w.listAll(namespace) {
		if object.GetLabels()[v1alpha1.LabelBackup] != "" {
			found[key] = object.GetResourceVersion()
		}
	}
	return found
}

// updateChanged changes every object in one annotation, and adds another.
func (w *world) updateChanged() {
	w.t.Helper()
	kinds, before := w.kinds(), w.listAll(byHand)
	tampered := int32(0)
	for key, object := range before {
		resource, name, _ := strings.Cut(key, "/")
		if object.GetAnnotations()[marked] == "" || object.GetLabels()[v1alpha1.LabelBackup] == "" || metav1.GetControllerOf(object) != nil {
			delete(before, key)
			continue
		}
		tampered++
		patch := `{"metadata":{"annotations":{"` + marked + `":"changed","example.com/added":"kept"}}}`
		_, err := w.dynamic.Resource(kinds[resource].GroupVersionResource).Namespace(byHand).
			Patch(w.ctx(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
		if err != nil {
			w.t.Fatalf("change %s: %v", key, err)
		}
	}
	w.restore(byHand, "update-changed", first, v1alpha1.ExistingResourcesUpdate)
	record := w.awaitRestore(byHand, "update-changed", v1alpha1.PhaseCompleted)
	if got := record.Status.Counts.Updated; got != tampered || tampered == 0 {
		w.t.Errorf("%d of %d changed objects were updated: %+v", got, tampered, record.Status.Counts)
	}
	after := w.listAll(byHand)
	for key, object := range before {
		w.sameAgain(key, object, after[key])
	}
}

// sameAgain compares an object with what it was before somebody changed it and Seedbed changed it back.
func (w *world) sameAgain(key string, before, after *unstructured.Unstructured) {
	w.t.Helper()
	annotations := after.GetAnnotations()
	if annotations["example.com/added"] != "kept" {
		w.t.Errorf("%s lost an annotation that the backup says nothing of", key)
	}
	delete(annotations, "example.com/added")
	after.SetAnnotations(annotations)
	for _, object := range []*unstructured.Unstructured{before, after} {
		delete(object.Object, "status")
		object.SetGeneration(0)
		object.SetResourceVersion("")
		object.SetManagedFields(nil)
	}
	if diff := cmp.Diff(before.Object, after.Object); diff != "" {
		w.t.Errorf("%s before (-) and after (+) it was changed and updated:\n%s", key, diff)
	}
}

func (w *world) deleteTargets() {
	w.t.Helper()
	for _, name := range []string{byHand, byBaseline} {
		w.must(w.Client.Delete(w.ctx(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}))
	}
	w.eventually(func(ctx context.Context) error {
		var left []error
		for _, name := range []string{byHand, byBaseline} {
			namespace, err := w.core.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
			if !apierrors.IsNotFound(err) {
				left = append(left, fmt.Errorf("%s is still there: %v %w", name, namespace.Status.Conditions, err))
			}
		}
		return errors.Join(left...)
	})
}
