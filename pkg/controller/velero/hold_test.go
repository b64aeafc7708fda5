package velero

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"

	"seedbed.dev/seedbed/pkg/policy"
)

// fakeRestores returns a fixed list of Velero's Restores.
type fakeRestores struct {
	restores []policy.VeleroRestore
	err      error
	lists    int
}

func (f *fakeRestores) List(context.Context) ([]policy.VeleroRestore, error) {
	f.lists++
	return f.restores, f.err
}

var (
	noon   = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	making = []policy.VeleroRestore{{Name: "velero/all", Phase: "InProgress"}}
)

// madeByVelero returns a namespace that Velero created at an age before noon.
func madeByVelero(name string, age time.Duration) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: name, CreationTimestamp: metav1.NewTime(noon.Add(-age)),
		ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "velero-server", Operation: metav1.ManagedFieldsOperationUpdate}},
	}}
}

func TestVeleroHoldReason(t *testing.T) {
	another := madeByVelero("tenant", time.Minute)
	another.ManagedFields = nil
	for name, test := range map[string]struct {
		namespace *corev1.Namespace
		restores  fakeRestores
		reason    string
		lists     int
	}{
		"a Restore that runs":          {namespace: madeByVelero("tenant", time.Minute), restores: fakeRestores{restores: making}, reason: "for Velero's Restore velero/all", lists: 1},
		"no Restore":                   {namespace: madeByVelero("tenant", time.Minute), lists: 1},
		"one that cannot be read":      {namespace: madeByVelero("tenant", time.Minute), restores: fakeRestores{err: errors.New("overloaded")}, reason: "until Velero's Restores can be read, at the latest until 2026-01-01T12:59:00Z: overloaded", lists: 1},
		"another writer's namespace":   {namespace: another, restores: fakeRestores{restores: making}},
		"a namespace of an hour":       {namespace: madeByVelero("tenant", time.Hour), restores: fakeRestores{restores: making}},
		"a namespace of less than one": {namespace: madeByVelero("tenant", time.Hour-time.Second), restores: fakeRestores{restores: making}, reason: "velero/all", lists: 1},
	} {
		t.Run(name, func(t *testing.T) {
			hold := NewHold(&test.restores, clocktesting.NewFakeClock(noon), time.Hour)
			got := hold.Reason(t.Context(), test.namespace)
			if (got == "") != (test.reason == "") || !strings.Contains(got, test.reason) {
				t.Errorf("reason = %q, want %q", got, test.reason)
			}
			if test.restores.lists != test.lists {
				t.Errorf("%d lists, want %d", test.restores.lists, test.lists)
			}
		})
	}
}

// A list that began before the namespace existed may lack the Restore that creates it.
func TestVeleroHoldListsAgainForAYoungerNamespace(t *testing.T) {
	restores := &fakeRestores{}
	clock := clocktesting.NewFakeClock(noon)
	hold := NewHold(restores, clock, time.Hour)
	steps := []struct {
		name  string
		age   time.Duration
		lists int
	}{
		{"the first", time.Minute, 1},
		{"another one, as old", time.Minute, 1},
		{"a new one", 0, 2},
		{"one more new one", 0, 3},
	}
	for _, step := range steps {
		clock.Step(time.Millisecond)
		if why := hold.Reason(t.Context(), madeByVelero(step.name, step.age)); why != "" {
			t.Errorf("%s is held %s", step.name, why)
		}
		if restores.lists != step.lists {
			t.Errorf("%s: %d lists, want %d", step.name, restores.lists, step.lists)
		}
	}
	restores.restores = making
	clock.Step(time.Millisecond)
	for range 3 {
		if hold.Reason(t.Context(), madeByVelero("held", 0)) == "" {
			t.Error("it is not held")
		}
	}
	if restores.lists != 4 {
		t.Errorf("%d lists, want one for all that are held", restores.lists-3)
	}
}

func TestVeleroHoldReleases(t *testing.T) {
	for name, test := range map[string]struct {
		end  func(restores *fakeRestores)
		want time.Duration
	}{
		"when the Restore has ended":   {end: func(r *fakeRestores) { r.restores = nil }, want: pollInterval},
		"when it was held long enough": {want: 10 * time.Minute},
		"then, whatever the answer is": {end: func(r *fakeRestores) { r.restores, r.err = nil, errors.New("overloaded") }, want: 10 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			restores := &fakeRestores{restores: making}
			clock := clocktesting.NewFakeClock(noon)
			hold := NewHold(restores, clock, 15*time.Minute)
			if hold.Reason(t.Context(), madeByVelero("tenant", 5*time.Minute)) == "" {
				t.Fatal("it is not held")
			}
			hold.Forget("another")
			if test.end != nil {
				test.end(restores)
			}
			var released []string
			for after := pollInterval; after <= 15*time.Minute; after += pollInterval {
				clock.Step(pollInterval)
				for _, name := range hold.pollOnce(t) {
					released = append(released, name+" after "+after.String())
				}
			}
			if len(released) != 1 || released[0] != "tenant after "+test.want.String() {
				t.Errorf("released: %q, want the namespace once, after %s", released, test.want)
			}
			lists := restores.lists
			clock.Step(pollInterval)
			if hold.pollOnce(t); restores.lists != lists {
				t.Error("Restores are listed although nothing is held")
			}
		})
	}
}

// pollOnce calls releaseEnded and returns the names of the released namespaces.
func (h *Hold) pollOnce(t *testing.T) []string {
	t.Helper()
	done := make(chan struct{})
	go func() {
		h.releaseEnded(t.Context())
		close(done)
	}()
	var names []string
	for {
		select {
		case e := <-h.released:
			names = append(names, e.Object)
		case <-done:
			return names
		}
	}
}
