package restore

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/plan"
)

// slowApplier takes a second for each object, and counts the concurrent ones.
type slowApplier struct {
	mu                sync.Mutex
	inFlight, highest int
}

func (s *slowApplier) addInFlight(change int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight += change
	s.highest = max(s.highest, s.inFlight)
}

func (s *slowApplier) Apply(ctx context.Context, _ apply.Target, object manifest.Object) apply.Change {
	s.addInFlight(1)
	defer s.addInFlight(-1)
	select {
	case <-time.After(time.Second):
		return apply.Change{Key: object.Key, Result: apply.Created}
	case <-ctx.Done():
		return apply.Change{Key: object.Key, Result: apply.Failed, Err: ctx.Err()}
	}
}

func (s *slowApplier) Update(ctx context.Context, target apply.Target, object manifest.Object, _ apply.Earlier) apply.Change {
	return s.Apply(ctx, target, object)
}

func (s *slowApplier) Prune(ctx context.Context, target apply.Target, object manifest.Object, _ apply.Earlier) apply.Change {
	return s.Apply(ctx, target, object)
}

func (s *slowApplier) Correct(ctx context.Context, target apply.Target, object manifest.Object, _ apply.Inspection) apply.Change {
	return s.Apply(ctx, target, object)
}

func (s *slowApplier) Undo(context.Context, string, []apply.Change) error     { return nil }
func (s *slowApplier) Refused(context.Context, string, manifest.Object) error { return nil }

func TestWritesInFlightAreBoundedOverAllNamespaces(t *testing.T) {
	extra := map[string]string{}
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		extra["configmaps/foo/"+name] = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"` + name + `","namespace":"foo"}}`
	}
	plan := samplePlan(t, extra)
	tests := map[string]struct {
		parallelism, writers, want int
	}{
		"each namespace by itself": {3, 0, 6},
		"both together":            {3, 4, 4},
		"one namespace's own":      {1, 4, 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				applier := &slowApplier{}
				runner := &Runner{Client: fakeNamespaces{}, Plans: fakePlans{plan}, Applier: applier, Parallelism: test.parallelism}
				if test.writers > 0 {
					runner.Writers = NewWriters(test.writers)
					defer runner.Writers.Close()
				}
				var both sync.WaitGroup
				for _, namespace := range []string{"bar", "baz"} {
					both.Go(func() {
						outcome, err := runner.Execute(t.Context(), taskFor(namespace))
						if err != nil || int(outcome.Result.Counts.Created) != plan.Len() {
							t.Errorf("%s: %+v, %v, want %d objects created", namespace, outcome, err, plan.Len())
						}
					})
				}
				both.Wait()
				if applier.highest != test.want {
					t.Errorf("%d objects were written at a time, want %d", applier.highest, test.want)
				}
			})
		})
	}
}

func TestCanceledRunDoesNotWaitForAWriter(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	runner := &Runner{Client: fakeNamespaces{}, Plans: fakePlans{samplePlan(t, nil)}, Applier: &slowApplier{}, Parallelism: 8, Writers: NewWriters(0)}
	outcome, err := runner.Execute(ctx, taskFor("bar"))
	if err != nil {
		t.Fatal(err)
	}
	if result := outcome.Result; result.Counts.Created != 0 || len(result.Pending) == 0 {
		t.Errorf("created %d, pending %v; want everything pending", result.Counts.Created, result.Pending)
	}
}

// ownedApplier keeps every object for the baseline first, if that one counts as an owner.
type ownedApplier struct{ Applier }

func (ownedApplier) Apply(_ context.Context, target apply.Target, object manifest.Object) apply.Change {
	if slices.Contains(target.Owners, "first") {
		return apply.Change{Key: object.Key, Result: apply.Kept, Owner: "first", Throttled: true}
	}
	return apply.Change{Key: object.Key, Result: apply.Updated}
}

func TestOwnerLabelCountsIfThatPlanHasTheObject(t *testing.T) {
	owners := samplePlan(t, nil)
	restored := samplePlan(t, map[string]string{
		"configmaps/foo/forged": `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"forged","namespace":"foo"}}`,
	})
	task := taskFor("bar")
	task.Required, task.RequiredBefore = true, []plan.Spec{{Baseline: "first"}, {Baseline: "other"}}
	run := (&Runner{Plans: fakePlans{owners}}).newRun(&task, restored, ownedApplier{}.Apply)
	for key, want := range map[string]apply.Change{
		"configmaps/settings": {Key: "configmaps/settings", Result: apply.Kept, Owner: "first", Throttled: true},
		"configmaps/forged":   {Key: "configmaps/forged", Result: apply.Updated, Throttled: true},
	} {
		got := run.writeObject(t.Context(), task.newTarget(restored), manifest.Object{Key: key})
		if got.Result != want.Result || got.Owner != want.Owner || got.Throttled != want.Throttled {
			t.Errorf("%s: got %+v, want %+v", key, got, want)
		}
	}
}
