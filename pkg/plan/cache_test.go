package plan

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/store"
	"seedbed.dev/seedbed/test/sample"
)

// fakeStore holds archives by name, and counts its reads.
type fakeStore struct {
	contents map[string][]byte

	mu                      sync.Mutex
	gets, inFlight, highest int
}

func (s *fakeStore) Get(_ context.Context, name string) (store.Entry, []byte, error) {
	s.mu.Lock()
	s.gets, s.inFlight = s.gets+1, s.inFlight+1
	s.highest = max(s.highest, s.inFlight)
	s.mu.Unlock()
	time.Sleep(time.Second) // by the bubble's clock
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
	content, found := s.contents[name]
	if !found {
		return store.Entry{}, nil, store.ErrNotFound
	}
	return store.Entry{Digest: "d"}, content, nil
}

type noRecorder struct{}

func (noRecorder) PlanCache(int64)   {}
func (noRecorder) PlanLookup(string) {}

func TestBaselinesOfABackupShareOnePlan(t *testing.T) {
	content := sample.Archive(t, sample.Objects)
	synctest.Test(t, func(t *testing.T) {
		reader := &fakeStore{contents: map[string][]byte{"b": content}}
		plans := NewCache(reader, noRecorder{}, CacheOptions{CacheBytes: 1 << 20})
		var all sync.WaitGroup
		got := make([]*Plan, 6)
		for i := range got {
			all.Go(func() {
				plan, err := plans.Get(t.Context(), Spec{Backup: "b", Digest: "d", Baseline: fmt.Sprintf("web-%d", i)})
				if err != nil {
					t.Error(err)
				}
				got[i] = plan
			})
		}
		all.Wait()
		if reader.gets != 1 || t.Failed() {
			t.Fatalf("the backup was read %d times", reader.gets)
		}
		for i, plan := range got {
			if plan.shared != got[0].shared || plan.shared == nil {
				t.Errorf("plan %d is another", i)
			}
			object := plan.stages[0][0]
			body := string(object.Body.Encode(schema.GroupVersion{Version: "v1"}, "bar", plan.Spec.Labels()))
			if want := fmt.Sprintf(`"labels":{"seedbed.dev/backup":"b","seedbed.dev/baseline":"web-%d"}`, i); !strings.Contains(body, want) {
				t.Errorf("%s is not in %s", want, body)
			}
		}
		text, err := plans.Get(t.Context(), Spec{Backup: "b", Digest: "d", Text: true})
		if err != nil || text.shared == got[0].shared || reader.gets != 2 {
			t.Errorf("another mapping: %v, after %d reads", err, reader.gets)
		}
	})
}

func TestPlansAreCompiledOneAtATime(t *testing.T) {
	contents := map[string][]byte{}
	for i := range 6 {
		contents[fmt.Sprintf("b-%d", i)] = sample.Archive(t, sample.Objects)
	}
	synctest.Test(t, func(t *testing.T) {
		reader := &fakeStore{contents: contents}
		plans := NewCache(reader, noRecorder{}, CacheOptions{CacheBytes: 1 << 20})
		var all sync.WaitGroup
		for name := range contents {
			all.Go(func() {
				if _, err := plans.Get(t.Context(), Spec{Backup: name, Digest: "d"}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if reader.highest != 1 || reader.gets != len(contents) {
			t.Errorf("%d backups were read, %d at a time", reader.gets, reader.highest)
		}
	})
}

func TestAPlanLargerThanMemoryLeavesRoomForIsRefused(t *testing.T) {
	large := map[string]string{"configmaps/foo/large": `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"large","namespace":"foo"},"data":{"a":"` + strings.Repeat("x", 2<<20) + `"}}`}
	plans := NewCache(&fakeStore{contents: map[string][]byte{"b": sample.Archive(t, large)}}, noRecorder{}, CacheOptions{TotalBytes: 1 << 20})
	_, err := plans.Get(t.Context(), Spec{Backup: "b", Digest: "d"})
	if !errors.Is(err, ErrContent) || !strings.Contains(err.Error(), "more than 1 MiB, which is what the controller's memory limit leaves for one backup: raise the limit, or back up less") {
		t.Errorf("got %v", err)
	}
}

func TestPlansInUseAreBounded(t *testing.T) {
	const total = 1000
	budget, shrunk := newMemoryBudget(total), []int64(nil)
	shrink := func(limit int64) { shrunk = append(shrunk, limit) }
	held := &Plan{size: 600}
	budget.addPlan(held)
	if err := budget.waitForRoom(t.Context(), 400, shrink); err != nil || len(shrunk) > 0 {
		t.Errorf("there is room for 400: %v, the cache was shrunk to %v", err, shrunk)
	}
	short, cancel := context.WithTimeout(t.Context(), 2*roomInterval)
	defer cancel()
	if err := budget.waitForRoom(short, 401, shrink); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrContent) {
		t.Errorf("there is no room for 401: %v", err)
	}
	runtime.KeepAlive(held)
	for _, size := range []int64{401, total, 10 * total} { // the compiler refuses the last one
		if err := budget.waitForRoom(t.Context(), size, shrink); err != nil {
			t.Errorf("nothing is held, and there is no room for %d: %v", size, err)
		}
	}
	if diff := cmp.Diff([]int64{599, 599}, shrunk); diff != "" { // once while the plan is held, and once before it is collected
		t.Errorf("the cache was shrunk to (-want +got):\n%s", diff)
	}
}
