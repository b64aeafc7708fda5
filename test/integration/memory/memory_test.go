package memory

import (
	"fmt"
	"os"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// limit is the chart's default memory limit, in bytes.
const limit = 512 << 20

// sizes are the amounts of a run.
type sizes struct {
	// large is the number of ConfigMaps of a megabyte that exceed a backup, some a number that fits, keys the number of ConfigMaps
	// of 80,000 keys in the adopted archive.
	large, some, keys int
	// baselines of each backup, and namespaces that get one each.
	baselines, namespaces int
	// concurrent reviews.
	reviews int
}

func sizesOf(environment string) sizes {
	if environment == "full" {
		return sizes{large: 300, some: 40, keys: 12, baselines: 6, namespaces: 3, reviews: 120}
	}
	return sizes{large: 140, some: 12, keys: 12, baselines: 3, namespaces: 2, reviews: 120}
}

// A controller at the chart's limit survives the largest selections, plans, restores and reviews, and admits meanwhile.
func TestControllerStaysWithinMemoryLimit(t *testing.T) {
	size := sizesOf(os.Getenv("SEEDBED_MEMORY"))
	t.Setenv("MEMORY_LIMIT", fmt.Sprint(limit)) // as the chart does
	e := newEnv(t)
	e.createSource("probe", 3, func(number int) *corev1.ConfigMap {
		return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("small-%d", number)}}
	})
	e.createSource("large", size.large, largeConfigMap)
	e.createSource("some", size.some, largeConfigMap)
	e.storeArchive("keys", size.keys, manyKeysArchive(t, "keys", size.keys))
	s := startSupervisor(t, e.Installation, newCgroup(t, limit))
	probed := e.createBackup("probe")
	e.awaitPhase(probed, &probed.Status.Conditions, v1alpha1.PhaseCompleted)
	e.createBaseline("probe", "probe")

	step := func(name string, do func(e *env) string) {
		t.Run(name, func(t *testing.T) {
			e := &env{Installation: e.Installation, t: t}
			s.resetFigures()
			probe, began := startProbe(t.Context(), e.Client, "probe"), time.Now()
			outcome := do(e)
			took, admitted := time.Since(began), probe.stopProbe()
			ends, peak := s.figures()
			t.Logf("FIGURE %s: %.1f s, %d restarts, peak %.0f MiB; admission: %s; %s", name, took.Seconds(), ends, peak, admitted, outcome)
			if ends > 0 {
				t.Errorf("the controller ended %d times", ends)
			}
			if peak > limit>>20 {
				t.Errorf("the controller took %.0f MiB", peak)
			}
		})
	}
	step("nothing", func(*env) string { time.Sleep(3 * time.Second); return "" }) //nolint:forbidigo // the figure to compare with
	step("reviews", func(e *env) string {
		return fmt.Sprintf("%d of 6 MB and %d of 1 MB were answered", e.reviewNamespace(s.webhookAddress(), size.reviews, 6<<20), e.reviewNamespace(s.webhookAddress(), size.reviews, 1<<20-1<<12))
	})
	step("a backup of more than one can hold", func(e *env) string {
		backup := e.createBackup("large")
		return e.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseFailed, v1alpha1.PhaseCompleted)
	})
	step("a backup of large objects", func(e *env) string {
		backup := e.createBackup("some")
		return e.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseCompleted, v1alpha1.PhaseFailed)
	})
	step("adoption of a backup of objects with many keys", func(e *env) string {
		backup := e.createBackup("keys")
		return e.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseCompleted, v1alpha1.PhaseFailed)
	})
	step("baselines of objects with many keys", func(e *env) string { return e.createBaselines("keys", size.baselines) })
	step("baselines of large objects", func(e *env) string { return e.createBaselines("some", size.baselines) })
	step("namespaces of large objects", func(e *env) string { return e.populateNamespaces("target", "some", size.namespaces) })
	step("the same objects once more, which are compared", func(e *env) string { return e.repeatRestores("target", "some", size.namespaces) })
	step("everything at once", func(e *env) string {
		again := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: "large-again"}, Spec: configMapsOf("large")}
		e.createObject(again)
		e.updateBaseline("keys-0", func(spec *v1alpha1.BaselineSpec) { spec.Mapping = v1alpha1.MappingReferencesAndText })
		e.reviewNamespace(s.webhookAddress(), size.reviews, 6<<20)
		e.reviewNamespace(s.webhookAddress(), size.reviews, 1<<20-1<<12)
		populated := e.populateNamespaces("again", "some", size.namespaces)
		return populated + "; " + e.awaitPhase(again, &again.Status.Conditions, v1alpha1.PhaseFailed, v1alpha1.PhaseCompleted)
	})
}

// createBaseline creates a Baseline and returns its Ready condition's message.
func (e *env) createBaseline(name, backup string) string {
	e.t.Helper()
	baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.BaselineSpec{Backup: backup}}
	e.createObject(baseline)
	return e.awaitPhase(baseline, &baseline.Status.Conditions, v1alpha1.ReasonBackupReady, v1alpha1.ReasonContentUnreadable)
}

// createBaselines creates Baselines of a backup and returns their conditions' messages.
func (e *env) createBaselines(backup string, count int) (outcome string) {
	e.t.Helper()
	for i := range count {
		outcome = e.createBaseline(fmt.Sprintf("%s-%d", backup, i), backup)
	}
	return fmt.Sprintf("%d baselines; %s", count, outcome)
}

// populateNamespaces creates namespaces that ask for one Baseline of a backup each, and waits until they hold it.
func (e *env) populateNamespaces(prefix, backup string, count int) string {
	e.t.Helper()
	name := func(i int) string { return fmt.Sprintf("%s-%d", prefix, i) }
	for i := range count {
		e.createObject(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			Name: name(i), Annotations: map[string]string{v1alpha1.AnnotationBaseline: fmt.Sprintf("%s-%d", backup, i)},
		}})
	}
	for i := range count {
		e.awaitReady(name(i))
	}
	return fmt.Sprintf("%d namespaces", count)
}

// repeatRestores deletes the records of namespaces and waits until their baselines are restored again.
func (e *env) repeatRestores(prefix, backup string, count int) string {
	e.t.Helper()
	record := func(i int) *v1alpha1.BaselineRecord {
		return &v1alpha1.BaselineRecord{ObjectMeta: metav1.ObjectMeta{Namespace: fmt.Sprintf("%s-%d", prefix, i), Name: fmt.Sprintf("%s-%d", backup, i)}}
	}
	for i := range count {
		if err := e.Client.Delete(e.newContext(), record(i)); err != nil {
			e.t.Error(err)
		}
	}
	for i := range count {
		e.awaitRecord(record(i))
	}
	return fmt.Sprintf("%d namespaces", count)
}
