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

// sizes are how much a run takes.
type sizes struct {
	// large is how many ConfigMaps of a megabyte are more than a backup holds, some how many are not, keys how many ConfigMaps
	// of 80,000 keys are brought along.
	large, some, keys int
	// baselines of each backup, and namespaces that get one each.
	baselines, namespaces int
	// reviews at a time.
	reviews int
}

func sizesOf(environment string) sizes {
	if environment == "full" {
		return sizes{large: 300, some: 40, keys: 12, baselines: 6, namespaces: 3, reviews: 120}
	}
	return sizes{large: 140, some: 12, keys: 12, baselines: 3, namespaces: 2, reviews: 120}
}

// Whatever is selected, compiled, restored and reviewed, a controller at the chart's limit lives, and admits meanwhile.
func TestAControllerLivesWithinItsMemoryLimit(t *testing.T) {
	size := sizesOf(os.Getenv("SEEDBED_MEMORY"))
	t.Setenv("MEMORY_LIMIT", fmt.Sprint(limit)) // as the chart does
	w := newWorld(t)
	w.source("probe", 3, func(number int) *corev1.ConfigMap {
		return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("small-%d", number)}}
	})
	w.source("large", size.large, largeConfigMap)
	w.source("some", size.some, largeConfigMap)
	w.bring("keys", size.keys, manyKeysArchive(t, "keys", size.keys))
	s := supervise(t, w.Installation, newCgroup(t, limit))
	probed := w.backup("probe")
	w.awaitPhase(probed, &probed.Status.Conditions, v1alpha1.PhaseCompleted)
	w.baseline("probe", "probe")

	step := func(name string, do func(w *world) string) {
		t.Run(name, func(t *testing.T) {
			w := &world{Installation: w.Installation, t: t}
			s.begin()
			probe, began := beginProbe(t.Context(), w.Client, "probe"), time.Now()
			outcome := do(w)
			took, admitted := time.Since(began), probe.end()
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
	step("nothing", func(*world) string { time.Sleep(3 * time.Second); return "" }) // the figure to compare with
	step("reviews", func(w *world) string {
		return fmt.Sprintf("%d of 6 MB and %d of 1 MB were answered", w.reviewNamespace(s.webhook(), size.reviews, 6<<20), w.reviewNamespace(s.webhook(), size.reviews, 1<<20-1<<12))
	})
	step("a backup of more than one can hold", func(w *world) string {
		backup := w.backup("large")
		return w.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseFailed, v1alpha1.PhaseCompleted)
	})
	step("a backup of large objects", func(w *world) string {
		backup := w.backup("some")
		return w.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseCompleted, v1alpha1.PhaseFailed)
	})
	step("adoption of a backup of objects with many keys", func(w *world) string {
		backup := w.backup("keys")
		return w.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseCompleted, v1alpha1.PhaseFailed)
	})
	step("baselines of objects with many keys", func(w *world) string { return w.baselines("keys", size.baselines) })
	step("baselines of large objects", func(w *world) string { return w.baselines("some", size.baselines) })
	step("namespaces of large objects", func(w *world) string { return w.populate("target", "some", size.namespaces) })
	step("the same objects once more, which are compared", func(w *world) string { return w.repeat("target", "some", size.namespaces) })
	step("everything at once", func(w *world) string {
		again := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: "large-again"}, Spec: configMapsOf("large")}
		w.create(again)
		w.change("keys-0", func(spec *v1alpha1.BaselineSpec) { spec.Mapping = v1alpha1.MappingReferencesAndText })
		w.reviewNamespace(s.webhook(), size.reviews, 6<<20)
		w.reviewNamespace(s.webhook(), size.reviews, 1<<20-1<<12)
		populated := w.populate("again", "some", size.namespaces)
		return populated + "; " + w.awaitPhase(again, &again.Status.Conditions, v1alpha1.PhaseFailed, v1alpha1.PhaseCompleted)
	})
}

// baseline creates a Baseline and waits for the word on it.
func (w *world) baseline(name, backup string) string {
	w.t.Helper()
	baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.BaselineSpec{Backup: backup}}
	w.create(baseline)
	return w.awaitPhase(baseline, &baseline.Status.Conditions, v1alpha1.ReasonBackupReady, v1alpha1.ReasonContentUnreadable)
}

// baselines creates Baselines of a backup and waits for the word on each.
func (w *world) baselines(backup string, count int) (outcome string) {
	w.t.Helper()
	for i := range count {
		outcome = w.baseline(fmt.Sprintf("%s-%d", backup, i), backup)
	}
	return fmt.Sprintf("%d baselines; %s", count, outcome)
}

// populate creates namespaces that ask for one Baseline of a backup each, and waits until they hold it.
func (w *world) populate(prefix, backup string, count int) string {
	w.t.Helper()
	name := func(i int) string { return fmt.Sprintf("%s-%d", prefix, i) }
	for i := range count {
		w.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			Name: name(i), Annotations: map[string]string{v1alpha1.AnnotationBaseline: fmt.Sprintf("%s-%d", backup, i)},
		}})
	}
	for i := range count {
		w.awaitReady(name(i))
	}
	return fmt.Sprintf("%d namespaces", count)
}

// repeat deletes the records of namespaces and waits until what they hold is restored once more.
func (w *world) repeat(prefix, backup string, count int) string {
	w.t.Helper()
	record := func(i int) *v1alpha1.BaselineRecord {
		return &v1alpha1.BaselineRecord{ObjectMeta: metav1.ObjectMeta{Namespace: fmt.Sprintf("%s-%d", prefix, i), Name: fmt.Sprintf("%s-%d", backup, i)}}
	}
	for i := range count {
		if err := w.Client.Delete(w.ctx(), record(i)); err != nil {
			w.t.Error(err)
		}
	}
	for i := range count {
		w.awaitRecord(record(i))
	}
	return fmt.Sprintf("%d namespaces", count)
}
