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

// burst is the number of namespaces that are created while a controller is killed.
const burst = 100

// objectsEach is the number of objects that each of them gets.
const objectsEach = 5

// createFilledBaseline creates a source namespace with objectsEach objects, its backup, and a baseline for a label.
func (e *env) createFilledBaseline() *v1alpha1.Baseline {
	e.t.Helper()
	var objects []client.Object
	for i := range objectsEach {
		objects = append(objects, configMap(fmt.Sprintf("object-%d", i)))
	}
	return e.createBaseline(e.createBackup(e.createSource(objects...), "configmaps").Name, func(s *v1alpha1.BaselineSpec) {
		s.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"burst": "yes"}}
	})
}

// createBurst creates namespaces concurrently; it calls middle when half of them are created.
func (e *env) createBurst(prefix string, middle func()) []string {
	e.t.Helper()
	names := make([]string, burst)
	for i := range names {
		names[i] = fmt.Sprintf("%s-%03d", prefix, i)
	}
	e.sideBySide(burst, func(i int) {
		if i == burst/2 {
			middle()
		}
		if err := e.Client.Create(e.ctx(), labelledNamespace(names[i], "burst", "yes")); err != nil {
			e.t.Errorf("create %s: %v", names[i], err)
		}
	})
	return names
}

// sideBySide calls do that many times, eight at a time.
func (e *env) sideBySide(times int, do func(i int)) {
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

// populatedOnce waits until every namespace is populated and checks that each holds each object once: according to the
// record, each was created and none updated.
func (e *env) populatedOnce(names []string, baseline string) {
	e.t.Helper()
	for _, name := range names {
		e.awaitReady(name, corev1.ConditionTrue, "")
		var objects corev1.ConfigMapList
		if err := e.Client.List(e.ctx(), &objects, client.InNamespace(name), client.MatchingLabels{v1alpha1.LabelBaseline: baseline}); err != nil {
			e.t.Fatal(err)
		}
		if len(objects.Items) != objectsEach {
			e.t.Errorf("%s has %d objects of the baseline, want %d", name, len(objects.Items), objectsEach)
		}
		counts := e.getRecord(name, baseline).Result.Counts
		if counts.Created != objectsEach || counts.Updated+counts.Kept+counts.Failed != 0 {
			e.t.Errorf("the record of %s counts %+v, want %d created and nothing else", name, counts, objectsEach)
		}
	}
}

func TestKilledControllerLosesNothing(t *testing.T) {
	e := newExclusiveInstallation(t)
	controller := e.startController()
	baseline := e.createFilledBaseline()
	names := e.createBurst("burst", controller.Kill)
	e.startController()
	e.populatedOnce(names, baseline.Name)
}

func TestKilledLeaderLosesNothing(t *testing.T) {
	e := newExclusiveInstallation(t)
	leader := e.startController()
	baseline := e.createFilledBaseline()
	e.startController()
	names := e.createBurst("burst", leader.Kill)
	e.populatedOnce(names, baseline.Name)
}

func TestFollowerAdmitsWithFullQueue(t *testing.T) {
	e := newInstallation(t)
	leader := e.startController()
	baseline := e.createFilledBaseline()
	follower := e.startController()
	leader.StopCalls() // the leader goes on leading, and only the follower is called
	if err := e.AwaitWebhooks(e.ctx()); err != nil {
		t.Fatal(err)
	}
	// Only a leader reads the queue that the follower's admission fills. Creations that another webhook refuses fill the
	// buffer between them.
	denied := e.uniqueName("denied")
	e.denyCreating(denied)
	ctx := e.ctx()
	for dropped := 0.0; dropped == 0; {
		e.sideBySide(burst, func(int) {
			if err := e.Client.Create(ctx, annotatedNamespace(denied, baseline.Name)); err == nil || !strings.Contains(err.Error(), refusal) {
				t.Errorf("create: %v", err)
			}
		})
		var err error
		if dropped, err = readMetric(ctx, follower, "seedbed_admission_hints_total", "result", "dropped"); err != nil || t.Failed() {
			t.Fatalf("fill the buffer: %v", err)
		}
	}
	const annotated = 200
	e.sideBySide(annotated, func(i int) {
		if err := e.Client.Create(e.ctx(), annotatedNamespace(fmt.Sprintf("asking-%03d", i), baseline.Name)); err != nil {
			t.Errorf("create: %v", err)
		}
	})
	for i := range annotated {
		e.awaitReady(fmt.Sprintf("asking-%03d", i), corev1.ConditionTrue, "")
	}
}

func TestRecreatedNamespaceIsPopulatedAgain(t *testing.T) {
	e := sharedInstallation(t)
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a"), configMap("b"))).Name, nil)
	first, again := annotatedNamespace(e.uniqueName("again"), baseline.Name), annotatedNamespace(e.uniqueName("again"), baseline.Name)
	e.createObjects(first)
	e.deleteObjects(first.DeepCopy()) // while it is being populated
	e.awaitGone(first.DeepCopy())
	e.createObjects(again)
	e.awaitReady(again.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	if record := e.getRecord(again.Name, baseline.Name); record.NamespaceUID() != again.UID || record.Result.Counts.Created < 2 {
		t.Errorf("the record is %+v, want namespace %s and its objects created", record, again.UID)
	}
	for _, name := range []string{"a", "b"} {
		if !e.objectExists(&corev1.ConfigMap{}, again.Name, name) {
			t.Errorf("ConfigMap %s is not there", name)
		}
	}
}
