package flow

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// burst is how many namespaces are created while a controller is killed.
const burst = 100

// objectsEach is how many objects each of them gets.
const objectsEach = 5

// fill is a source namespace with objectsEach objects, its backup, and a baseline for a label.
func (w *world) fill() *v1alpha1.Baseline {
	w.t.Helper()
	var objects []client.Object
	for i := range objectsEach {
		objects = append(objects, configMap(fmt.Sprintf("object-%d", i)))
	}
	return w.baseline(w.backup(w.source(objects...), "configmaps").Name, func(s *v1alpha1.BaselineSpec) {
		s.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"burst": "yes"}}
	})
}

// createBurst creates namespaces side by side; middle is called when half of them are created.
func (w *world) createBurst(prefix string, middle func()) []string {
	w.t.Helper()
	names := make([]string, burst)
	for i := range names {
		names[i] = fmt.Sprintf("%s-%03d", prefix, i)
	}
	w.sideBySide(burst, func(i int) {
		if i == burst/2 {
			middle()
		}
		if err := w.Client.Create(w.ctx(), labelled(names[i], "burst", "yes")); err != nil {
			w.t.Errorf("create %s: %v", names[i], err)
		}
	})
	return names
}

// sideBySide does something so many times, eight at a time.
func (w *world) sideBySide(times int, do func(i int)) {
	var all sync.WaitGroup
	gate := make(chan struct{}, 8)
	for i := range times {
		gate <- struct{}{}
		all.Go(func() {
			defer func() { <-gate }()
			do(i)
		})
	}
	all.Wait()
}

// populatedOnce waits until every namespace is populated and checks that each holds each object once: each was
// created, none updated, and the record says so.
func (w *world) populatedOnce(names []string, baseline string) {
	w.t.Helper()
	for _, name := range names {
		w.awaitReady(name, corev1.ConditionTrue, "")
		var objects corev1.ConfigMapList
		if err := w.Client.List(w.ctx(), &objects, client.InNamespace(name), client.MatchingLabels{v1alpha1.LabelBaseline: baseline}); err != nil {
			w.t.Fatal(err)
		}
		if len(objects.Items) != objectsEach {
			w.t.Errorf("%s has %d objects of the baseline, want %d", name, len(objects.Items), objectsEach)
		}
		counts := w.record(name, baseline).Result.Counts
		if counts.Created != objectsEach || counts.Updated+counts.Kept+counts.Failed != 0 {
			w.t.Errorf("the record of %s counts %+v, want %d created and nothing else", name, counts, objectsEach)
		}
	}
}

func TestAControllerKilledInABurstLosesNothing(t *testing.T) {
	w := alone(t)
	controller := w.start()
	baseline := w.fill()
	names := w.createBurst("burst", controller.Kill)
	w.start()
	w.populatedOnce(names, baseline.Name)
}

func TestALeaderKilledInABurstLosesNothingAndTheOtherReplicaAdmits(t *testing.T) {
	w := alone(t)
	leader := w.start()
	baseline := w.fill()
	w.start()
	names := w.createBurst("burst", leader.Kill)
	w.populatedOnce(names, baseline.Name)
}

func TestAReplicaThatDoesNotLeadAdmitsWithoutAReader(t *testing.T) {
	w := own(t)
	leader := w.start()
	baseline := w.fill()
	follower := w.start()
	leader.StopCalls() // the leader goes on leading, and only the follower is called
	if err := w.AwaitWebhooks(w.ctx()); err != nil {
		t.Fatal(err)
	}
	// Nobody reads what the follower's admission hands to the queue. Creations that another webhook refuses fill
	// the buffer between them.
	denied := w.name("denied")
	w.denyCreating(denied)
	ctx := w.ctx()
	for dropped := 0.0; dropped == 0; {
		w.sideBySide(burst, func(int) {
			if err := w.Client.Create(ctx, asking(denied, baseline.Name)); err == nil || !strings.Contains(err.Error(), refusal) {
				t.Errorf("create: %v", err)
			}
		})
		var err error
		if dropped, err = metric(ctx, follower, "seedbed_admission_hints_total", "result", "dropped"); err != nil || t.Failed() {
			t.Fatalf("fill the buffer: %v", err)
		}
	}
	const annotated = 200
	w.sideBySide(annotated, func(i int) {
		if err := w.Client.Create(w.ctx(), asking(fmt.Sprintf("asking-%03d", i), baseline.Name)); err != nil {
			t.Errorf("create: %v", err)
		}
	})
	for i := range annotated {
		w.awaitReady(fmt.Sprintf("asking-%03d", i), corev1.ConditionTrue, "")
	}
}

func TestANamespaceThatIsMadeAgainIsPopulatedAgain(t *testing.T) {
	w := shared(t)
	baseline := w.baseline(w.backup(w.source(configMap("a"), configMap("b"))).Name, nil)
	first, again := asking(w.name("again"), baseline.Name), asking(w.name("again"), baseline.Name)
	w.create(first)
	w.remove(first.DeepCopy()) // while it is being populated
	w.awaitGone(first.DeepCopy())
	w.create(again)
	w.awaitReady(again.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	if record := w.record(again.Name, baseline.Name); record.NamespaceUID() != again.UID || record.Result.Counts.Created < 2 {
		t.Errorf("the record is %+v, want namespace %s and its objects created", record, again.UID)
	}
	for _, name := range []string{"a", "b"} {
		if !w.there(&corev1.ConfigMap{}, again.Name, name) {
			t.Errorf("ConfigMap %s is not there", name)
		}
	}
}
