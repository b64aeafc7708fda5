package restore

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// slow takes a second for each object, and counts how many it has at a time.
type slow struct {
	mu        sync.Mutex
	now, most int
}

// count adds to those that it has.
func (s *slow) count(change int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now += change
	s.most = max(s.most, s.now)
}

func (s *slow) Apply(ctx context.Context, _ apply.Target, object manifest.Object) apply.Change {
	s.count(1)
	defer s.count(-1)
	select {
	case <-time.After(time.Second):
		return apply.Change{Key: object.Key, Result: apply.Created}
	case <-ctx.Done():
		return apply.Change{Key: object.Key, Result: apply.Failed, Err: ctx.Err()}
	}
}

func (s *slow) Undo(context.Context, string, []apply.Change) error     { return nil }
func (s *slow) Refused(context.Context, string, manifest.Object) error { return nil }

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
				applier := &slow{}
				runner := &Runner{Applier: applier, Parallelism: test.parallelism}
				if test.writers > 0 {
					runner.Writers = NewWriters(test.writers)
					defer runner.Writers.Close()
				}
				var both sync.WaitGroup
				for _, namespace := range []string{"bar", "baz"} {
					both.Go(func() {
						outcome := runner.Run(t.Context(), Request{Namespace: namespace, Plan: plan, Alive: func() bool { return true }})
						if int(outcome.Counts.Created) != plan.Len() {
							t.Errorf("%s: %d of %d objects were created", namespace, outcome.Counts.Created, plan.Len())
						}
					})
				}
				both.Wait()
				if applier.most != test.want {
					t.Errorf("%d objects were written at a time, want %d", applier.most, test.want)
				}
			})
		})
	}
}

func TestARunThatEndsDoesNotWaitForItsTurn(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	outcome := (&Runner{Applier: &slow{}, Parallelism: 8, Writers: NewWriters(0)}).Run(ctx, Request{Namespace: "bar", Plan: samplePlan(t, nil), Alive: func() bool { return true }})
	if outcome.Counts.Created != 0 || len(outcome.Pending) == 0 {
		t.Errorf("created %d, pending %v; want everything still to be done", outcome.Counts.Created, outcome.Pending)
	}
}
