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

// The two targets: the first gets a restore by hand, the second asks for a baseline that also maps free text.
const (
	byHand     = "meadow"
	byBaseline = "harbour"
	first      = "first" // the backup of the source
	baseline   = "garden"
)

// TestCopyMatchesSource is one story, since every step needs the ones before.
func TestCopyMatchesSource(t *testing.T) {
	e := newEnv(t)
	e.createSource()
	var before archiveObjects
	steps := []struct {
		name string
		run  func(e *env)
	}{
		{"every kind has a sample", (*env).requireSamplesOfEveryKind},
		{"Velero reads the archive", func(e *env) { before = e.backUpSource() }},
		{"restore into two targets", (*env).populateTargets},
		{"the copies differ only by the rules", func(e *env) { e.compareCopies(before) }},
		{"a restore into its own source changes nothing", (*env).keepSource},
		{"the source is unchanged", func(e *env) { e.requireSourceUnchanged(before) }},
		{"Keep changes nothing", (*env).keepAgain},
		{"Update writes nothing that is unchanged", (*env).updateUnchanged},
		{"Update restores changed objects", (*env).updateChanged},
		{"the targets can be deleted", (*env).deleteTargets},
	}
	for _, step := range steps {
		if !t.Run(step.name, func(t *testing.T) { step.run(e.forSubtest(t)) }) {
			break // later steps would only fail for the same reason
		}
	}
}

// backUpSource backs up the source and compares the archive with the API server's objects.
func (e *env) backUpSource() archiveObjects {
	e.t.Helper()
	e.createBackup(first, source)
	before := e.readArchive(e.readStored(first), source)
	live := e.listAll(source)
	for key := range live {
		if strings.HasPrefix(key, "events") {
			delete(live, key)
		}
	}
	got := slices.DeleteFunc(slices.Sorted(maps.Keys(before)), func(key string) bool { return key == "namespaces/"+source })
	if diff := cmp.Diff(slices.Sorted(maps.Keys(live)), got); diff != "" {
		e.t.Errorf("objects in the source (-) and in the archive (+):\n%s", diff)
	}
	for key, object := range live {
		content, err := json.Marshal(object.Object)
		e.requireNoError(err)
		if diff := cmp.Diff(withoutServerFields(decodeJSON(e, content)), withoutServerFields(before[key])); diff != "" {
			e.t.Errorf("%s as the API server gives it (-) and in the archive (+):\n%s", key, diff)
		}
	}
	return before
}

// withoutServerFields returns an object without the fields that controllers write all the time.
func withoutServerFields(object map[string]any) map[string]any {
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

func (e *env) populateTargets() {
	e.t.Helper()
	e.createBaseline(first, baseline)
	e.createNamespace(byHand, "")
	e.createRestore(byHand, "copy", first, "")
	e.createNamespace(byBaseline, baseline)
	for _, namespace := range []string{byHand, byBaseline} {
		result := e.awaitResult(namespace)
		counts := result.Counts
		if counts.Failed != 0 || counts.Kept != 0 || counts.Unchanged != 0 || result.Attempts != 1 {
			e.t.Errorf("%s was restored with %+v after %d attempts and warnings %q", namespace, counts, result.Attempts, result.Warnings)
		}
	}
}

// awaitResult waits for the first restore into one of the targets and returns its result.
func (e *env) awaitResult(target string) *v1alpha1.RestoreResult {
	e.t.Helper()
	if target == byBaseline {
		return &e.awaitRecord(target, baseline).Result
	}
	return &e.awaitRestore(target, "copy", v1alpha1.PhaseCompleted).Status.RestoreResult
}

// createBaseline creates a baseline that also maps free text, and waits until it is Ready.
func (e *env) createBaseline(backup, name string) {
	e.t.Helper()
	b := &v1alpha1.Baseline{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       v1alpha1.BaselineSpec{Backup: backup, Mapping: v1alpha1.MappingReferencesAndText},
	}
	e.createObjects(b)
	e.awaitPhase(b, &b.Status.Conditions, v1alpha1.ReasonBackupReady)
}

func (e *env) compareCopies(before archiveObjects) {
	e.t.Helper()
	used := map[string]bool{}
	for _, target := range []string{byHand, byBaseline} {
		e.awaitSettled(target)
		e.createBackup("second-"+target, target)
		after := e.readArchive(e.readStored("second-"+target), target)
		e.compareObjects(before, after, target)
		for _, d := range diffObjects(copiedObjects(before), copiedObjects(after), target) {
			i := slices.IndexFunc(allowed, func(a allowance) bool { return a.covers(d) })
			if i < 0 {
				e.t.Errorf("%s: no rule allows that %s", target, d)
				continue
			}
			used[allowed[i].name] = true
		}
		e.compareLeftovers(copiedObjects(after), target)
	}
	for _, a := range allowed {
		if !used[a.name] {
			e.t.Errorf("nothing in the samples shows that this rule is needed: %s", a.name)
		}
	}
}

// copiedObjects returns the objects that no controller regenerates.
func copiedObjects(objects archiveObjects) archiveObjects {
	own := archiveObjects{}
	for key, object := range objects {
		if !isRegenerated(objects, key) && !strings.HasPrefix(key, "namespaces/") {
			own[key] = object
		}
	}
	return own
}

func (e *env) compareObjects(before, after archiveObjects, target string) {
	e.t.Helper()
	missing := map[string]string{}
	for key := range copiedObjects(before) {
		if after[key] == nil {
			missing[key] = notRestored[key]
		}
	}
	if diff := cmp.Diff(notRestored, missing); diff != "" {
		e.t.Errorf("%s: objects that rules leave out (-) and that the copy lacks (+):\n%s", target, diff)
	}
	for key := range copiedObjects(after) {
		if before[key] == nil {
			e.t.Errorf("%s: the copy has %s, which the source has not", target, key)
		}
	}
}

// compareLeftovers searches a copy for the source's name. Where it stays, the record must warn.
func (e *env) compareLeftovers(after archiveObjects, target string) {
	e.t.Helper()
	want := slices.Clone(staysInReferences)
	if target == byHand {
		want = append(want, staysInText...)
	}
	warnings := strings.Join(e.awaitResult(target).Warnings, "\n")
	var got []string
	for _, key := range slices.Sorted(maps.Keys(after)) {
		for field, value := range flattenObject(after[key]) {
			if strings.HasPrefix(field, "metadata.managedFields") || !strings.Contains(fmt.Sprint(field, value), source) {
				continue
			}
			got = append(got, key+" "+field)
			if !strings.Contains(warnings, key+": "+field+": ") {
				e.t.Errorf("%s: no warning reports that %s %s names the source:\n%s", target, key, field, warnings)
			}
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		e.t.Errorf("%s: fields that may name the source (-) and that do (+):\n%s", target, diff)
	}
}

// requireSourceUnchanged checks that no restore writes to a source.
func (e *env) requireSourceUnchanged(before archiveObjects) {
	e.t.Helper()
	for key, object := range e.listAll(source) {
		if before[key] == nil {
			continue // Seedbed itself writes the records and events of restores
		}
		if stringAt(before[key], "metadata", "uid") != string(object.GetUID()) {
			e.t.Errorf("%s is another object", key)
		}
		for _, entry := range object.GetManagedFields() {
			if strings.HasPrefix(entry.Manager, "seedbed") {
				e.t.Errorf("%s was written by %s", key, entry.Manager)
			}
		}
	}
}

// requireUnchanged fails the test unless a restore found every object unchanged.
func (e *env) requireUnchanged(namespace string, result *v1alpha1.RestoreResult) {
	e.t.Helper()
	counts := result.Counts
	if counts.Unchanged != counts.Total-counts.Skipped || counts.Unchanged == 0 {
		e.t.Errorf("the restore into %s is %+v: everything should be unchanged, and not so are %s", namespace, counts, strings.Join(changedObjects(result), ", "))
	}
}

// changedObjects returns the objects of a result that are not unchanged.
func changedObjects(result *v1alpha1.RestoreResult) []string {
	var found []string
	for _, object := range result.Objects {
		if object.Result != v1alpha1.ResultUnchanged && object.Result != v1alpha1.ResultSkipped {
			found = append(found, object.String())
		}
	}
	return found
}

// finishWorkloads ends a restored Job and Pod: they still equal the backup's objects.
func (e *env) finishWorkloads(namespace string) {
	e.t.Helper()
	e.setStatus(namespace, "jobs.batch", "suspended", e.readSamples("jobs.batch"))
	e.setStatus(namespace, "pods", "bare", e.readSamples("pods"))
}

// setStatus gives an object the status of the sample named finished.
func (e *env) setStatus(namespace, resource, name string, samples []*unstructured.Unstructured) {
	e.t.Helper()
	i := slices.IndexFunc(samples, func(sample *unstructured.Unstructured) bool { return sample.GetName() == "finished" })
	e.writeStatus(e.listKinds()[resource], namespace, name, samples[i].Object["status"].(map[string]any))
}

func (e *env) keepAgain() {
	e.t.Helper()
	e.awaitNextSecond() // an object as old as the record counts as created by it
	e.finishWorkloads(byHand)
	used := e.quotaUsed(byHand)
	e.createRestore(byHand, "keep", first, v1alpha1.ExistingResourcesKeep)
	e.requireUnchanged(byHand, &e.awaitRestore(byHand, "keep", v1alpha1.PhaseCompleted).Status.RestoreResult)
	if diff := cmp.Diff(used, e.quotaUsed(byHand)); diff != "" {
		e.t.Errorf("the quota's count before (-) and after (+) a restore that made nothing:\n%s", diff)
	}
	old := e.awaitRecord(byBaseline, baseline)
	e.requireNoError(e.Client.Delete(e.newContext(), old))
	e.requireEventually(func(context.Context) error {
		record := e.awaitRecord(byBaseline, baseline)
		if record.UID == old.UID {
			return errors.New("the record was not made again")
		}
		e.requireUnchanged(record.Namespace, &record.Result)
		return nil
	})
}

// quotaUsed returns the quota's counts. Attempts to create existing objects count too, until the controller manager counts
// again.
func (e *env) quotaUsed(namespace string) corev1.ResourceList {
	e.t.Helper()
	quota, err := e.core.CoreV1().ResourceQuotas(namespace).Get(e.newContext(), "quota", metav1.GetOptions{})
	e.requireNoError(err)
	used := quota.Status.Used
	maps.DeleteFunc(used, func(name corev1.ResourceName, _ resource.Quantity) bool {
		return name == corev1.ResourcePods || strings.HasPrefix(string(name), "requests.") // fewer once a Pod has finished
	})
	return used
}

// keepSource restores a backup into its own source, whose objects carry no mark of Seedbed's.
func (e *env) keepSource() {
	e.t.Helper()
	e.createRestore(source, "over-itself", first, v1alpha1.ExistingResourcesUpdate)
	e.requireUnchanged(source, &e.awaitRestore(source, "over-itself", v1alpha1.PhaseCompleted).Status.RestoreResult)
}

func (e *env) updateUnchanged() {
	e.t.Helper()
	versions := e.resourceVersions(byHand)
	e.createRestore(byHand, "update", first, v1alpha1.ExistingResourcesUpdate)
	e.requireUnchanged(byHand, &e.awaitRestore(byHand, "update", v1alpha1.PhaseCompleted).Status.RestoreResult)
	if diff := cmp.Diff(versions, e.resourceVersions(byHand)); diff != "" {
		e.t.Errorf("resourceVersions before (-) and after (+) a restore that had nothing to do:\n%s", diff)
	}
}

// resourceVersions returns the resourceVersions of the restored objects.
func (e *env) resourceVersions(namespace string) map[string]string {
	e.t.Helper()
	found := map[string]string{}
	for key, object := range e.listAll(namespace) {
		if object.GetLabels()[v1alpha1.LabelBackup] != "" {
			found[key] = object.GetResourceVersion()
		}
	}
	return found
}

// updateChanged changes one annotation of every object, and adds another.
func (e *env) updateChanged() {
	e.t.Helper()
	kinds, before := e.listKinds(), e.listAll(byHand)
	tampered := int32(0)
	for key, object := range before {
		resource, name, _ := strings.Cut(key, "/")
		if object.GetAnnotations()[marked] == "" || object.GetLabels()[v1alpha1.LabelBackup] == "" || metav1.GetControllerOf(object) != nil {
			delete(before, key)
			continue
		}
		tampered++
		patch := `{"metadata":{"annotations":{"` + marked + `":"changed","example.com/added":"kept"}}}`
		_, err := e.dynamic.Resource(kinds[resource].GroupVersionResource).Namespace(byHand).
			Patch(e.newContext(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
		if err != nil {
			e.t.Fatalf("changing %s: %v", key, err)
		}
	}
	e.createRestore(byHand, "update-changed", first, v1alpha1.ExistingResourcesUpdate)
	record := e.awaitRestore(byHand, "update-changed", v1alpha1.PhaseCompleted)
	if got := record.Status.Counts.Updated; got != tampered || tampered == 0 {
		e.t.Errorf("%d of %d changed objects were updated: %+v", got, tampered, record.Status.Counts)
	}
	after := e.listAll(byHand)
	for key, object := range before {
		e.requireReverted(key, object, after[key])
	}
}

// requireReverted compares an object before it was changed with the same object after Seedbed reverted it.
func (e *env) requireReverted(key string, before, after *unstructured.Unstructured) {
	e.t.Helper()
	annotations := after.GetAnnotations()
	if annotations["example.com/added"] != "kept" {
		e.t.Errorf("%s lost an annotation that the backup lacks", key)
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
		e.t.Errorf("%s before (-) and after (+) it was changed and updated:\n%s", key, diff)
	}
}

func (e *env) deleteTargets() {
	e.t.Helper()
	for _, name := range []string{byHand, byBaseline} {
		e.requireNoError(e.Client.Delete(e.newContext(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}))
	}
	e.requireEventually(func(ctx context.Context) error {
		var left []error
		for _, name := range []string{byHand, byBaseline} {
			namespace, err := e.core.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
			if !apierrors.IsNotFound(err) {
				left = append(left, fmt.Errorf("%s is still there: %v %w", name, namespace.Status.Conditions, err))
			}
		}
		return errors.Join(left...)
	})
}
