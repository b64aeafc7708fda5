package flow

import (
	"context"
	"fmt"
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
	var creations sync.WaitGroup
	gate := make(chan struct{}, 8)
	for i := range names {
		names[i] = fmt.Sprintf("%s-%03d", prefix, i)
		if i == burst/2 {
			middle()
		}
		gate <- struct{}{}
		creations.Go(func() {
			defer func() { <-gate }()
			if err := w.Client.Create(w.ctx(), labelled(names[i], "burst", "yes")); err != nil {
				w.t.Errorf("create %s: %v", names[i], err)
			}
		})
	}
	creations.Wait()
	return names
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
		counts := w.record(name, baseline).Status.Counts
		if counts.Created != objectsEach || counts.Updated+counts.Kept+counts.Failed != 0 {
			w.t.Errorf("the record of %s counts %+v, want %d created and nothing else", name, counts, objectsEach)
		}
	}
}

func TestAControllerKilledInABurstLosesNothing(t *testing.T) {
	w := own(t)
	controller := w.start()
	baseline := w.fill()
	names := w.createBurst("burst", controller.Kill)
	w.start()
	w.populatedOnce(names, baseline.Name)
}

func TestALeaderKilledInABurstLosesNothingAndTheOtherReplicaAdmits(t *testing.T) {
	w := own(t)
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
	const annotated = 200
	var creations sync.WaitGroup
	gate := make(chan struct{}, 8)
	for i := range annotated {
		gate <- struct{}{}
		creations.Go(func() {
			defer func() { <-gate }()
			if err := w.Client.Create(w.ctx(), asking(fmt.Sprintf("asking-%03d", i), baseline.Name)); err != nil {
				t.Errorf("create: %v", err)
			}
		})
	}
	creations.Wait()
	reviews, err := metric(w.ctx(), follower, "controller_runtime_webhook_requests_total", "webhook", "/validate-namespace-authorize")
	if err != nil || reviews < annotated {
		t.Errorf("the follower answered %v reviews (%v), want at least %d", reviews, err, annotated)
	}
	for i := range annotated {
		w.awaitReady(fmt.Sprintf("asking-%03d", i), corev1.ConditionTrue, "")
	}
}

func TestANamespaceThatIsMadeAgainIsPopulatedAgain(t *testing.T) {
	w := shared(t)
	baseline := w.baseline(w.backup(w.source(configMap("a"))).Name, nil)
	name := w.name("again")
	var last *corev1.Namespace
	for range 3 {
		last = asking(name, baseline.Name)
		w.create(last)
		if err := w.Client.Delete(w.ctx(), last.DeepCopy()); err != nil {
			t.Fatal(err)
		}
		w.eventually(func(ctx context.Context) error {
			err := w.Client.Get(ctx, client.ObjectKeyFromObject(last), &corev1.Namespace{})
			if client.IgnoreNotFound(err) == nil && err != nil {
				return nil
			}
			return fmt.Errorf("the namespace is still there")
		})
	}
	last = asking(name, baseline.Name)
	w.create(last)
	w.awaitReady(name, corev1.ConditionTrue, "")
	if record := w.record(name, baseline.Name); record.Spec.NamespaceUID != last.UID {
		t.Errorf("the record is for namespace %s, want %s", record.Spec.NamespaceUID, last.UID)
	}
}
