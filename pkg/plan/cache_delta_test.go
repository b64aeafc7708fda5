package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"seedbed.dev/seedbed/pkg/store"
	"seedbed.dev/seedbed/test/sample"
)

func TestBaselinesShareOneDelta(t *testing.T) {
	contents := map[string][]byte{
		"old": sample.Archive(t, sample.Objects),
		"new": sample.Archive(t, sampleWith(map[string]string{"configmaps/foo/settings": settingsOf})),
	}
	synctest.Test(t, func(t *testing.T) {
		reader := &fakeStore{contents: contents}
		plans := NewCache(reader, noRecorder{}, CacheOptions{CacheBytes: 1 << 20})
		var all sync.WaitGroup
		got := make([]*Delta, 6)
		for i := range got {
			baseline := fmt.Sprintf("web-%d", i)
			all.Go(func() {
				delta, err := plans.Delta(t.Context(), Spec{Backup: "old", Digest: "d", Baseline: baseline}, Spec{Backup: "new", Digest: "d", Baseline: baseline})
				if err != nil {
					t.Error(err)
				}
				got[i] = delta
			})
		}
		all.Wait()
		later, err := plans.Delta(t.Context(), Spec{Backup: "old", Digest: "d"}, Spec{Backup: "new", Digest: "d"})
		if err != nil || reader.gets != 2 || t.Failed() {
			t.Fatalf("%v, after %d reads", err, reader.gets)
		}
		for i, delta := range slices.Concat(got, []*Delta{later}) {
			if delta != got[0] || delta.Len() != 1 {
				t.Errorf("delta %d is another", i)
			}
		}
		change, _ := later.Find("configmaps/settings")
		for _, baseline := range []string{"web", "api"} {
			sent := string(change.Patch.Encode("bar", Spec{Backup: "new", Baseline: baseline}.Labels()))
			for _, want := range []string{
				`{"op":"test","path":"/metadata/labels/seedbed.dev~1baseline","value":"` + baseline + `"}`,
				`{"op":"add","path":"/metadata/labels/seedbed.dev~1backup","value":"new"}`,
			} {
				if !strings.Contains(sent, want) {
					t.Errorf("%s is not in %s", want, sent)
				}
			}
		}
		back, err := plans.Delta(t.Context(), Spec{Backup: "new", Digest: "d"}, Spec{Backup: "old", Digest: "d"})
		if err != nil || back == later || back.Len() != 1 || reader.gets != 2 {
			t.Errorf("the way back: %v, after %d reads", err, reader.gets)
		}
	})
}

func TestDeltasCountAsMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plans := NewCache(&fakeStore{contents: map[string][]byte{
			"old": sample.Archive(t, sample.Objects),
			"new": sample.Archive(t, sampleWith(map[string]string{"configmaps/foo/settings": settingsOf})),
		}}, noRecorder{}, CacheOptions{CacheBytes: 1 << 20})
		from, to := Spec{Backup: "old", Digest: "d"}, Spec{Backup: "new", Digest: "d"}
		for _, spec := range []Spec{from, to} {
			if _, err := plans.Get(t.Context(), spec); err != nil {
				t.Fatal(err)
			}
		}
		cached, used := plans.bytes, plans.memory.bytes.Load()
		delta, err := plans.Delta(t.Context(), from, to)
		if err != nil {
			t.Fatal(err)
		}
		if got := plans.memory.bytes.Load() - used; got != delta.Size() {
			t.Errorf("%d bytes more are in use, want %d", got, delta.Size())
		}
		if got := plans.bytes - cached; got < delta.Size() {
			t.Errorf("%d bytes more are cached, want at least %d", got, delta.Size())
		}
		plans.shrink(0)
		if plans.bytes != 0 {
			t.Errorf("%d bytes are left in an empty cache", plans.bytes)
		}
	})
}

func TestDeltaNeedsBothPlans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plans := NewCache(&fakeStore{contents: map[string][]byte{"b": sample.Archive(t, sample.Objects)}}, noRecorder{}, CacheOptions{CacheBytes: 1 << 20})
		held, absent := Spec{Backup: "b", Digest: "d"}, Spec{Backup: "absent", Digest: "d"}
		if _, err := plans.Get(t.Context(), held); err != nil {
			t.Fatal(err)
		}
		for name, pair := range map[string][2]Spec{"old": {absent, held}, "new": {held, absent}, "no old": {{}, held}} {
			if delta, err := plans.Delta(t.Context(), pair[0], pair[1]); !errors.Is(err, ErrContent) || delta != nil {
				t.Errorf("%s: got %v, %v", name, delta, err)
			}
		}
		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		other := Spec{Backup: "b", Digest: "d", Text: true}
		if _, err := plans.Delta(canceled, held, other); !errors.Is(err, context.Canceled) {
			t.Errorf("a canceled caller got %v", err)
		}
		if _, err := plans.Delta(t.Context(), held, other); err != nil {
			t.Errorf("the next caller got %v", err)
		}
	})
}

// instantStore holds archives by name.
type instantStore map[string][]byte

func (s instantStore) Get(_ context.Context, name string) (store.Entry, []byte, error) {
	return store.Entry{Digest: "d"}, s[name], nil
}

func TestDeltaMakesRoomForItsPatches(t *testing.T) {
	const kilobyte = 1 << 10
	large := func(bytes int, filling string) []byte {
		return sample.Archive(t, map[string]string{
			"configmaps/foo/large": `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"large","namespace":"foo"},"data":{"a":"` + strings.Repeat(filling, bytes) + `"}}`,
		})
	}
	from, to, other := Spec{Backup: "old", Digest: "d"}, Spec{Backup: "new", Digest: "d"}, Spec{Backup: "other", Digest: "d"}
	reader := instantStore{"old": large(100*kilobyte, "a"), "new": large(100*kilobyte, "b"), "other": large(700*kilobyte, "c")}
	for name, test := range map[string]struct {
		total   int64
		patched bool
	}{
		"a cached plan is dropped": {total: 1000 * kilobyte, patched: true},
		"there is no room":         {total: 350 * kilobyte},
	} {
		t.Run(name, func(t *testing.T) {
			plans := NewCache(reader, noRecorder{}, CacheOptions{CacheBytes: test.total})
			if _, err := plans.Get(t.Context(), other); err != nil && test.patched {
				t.Fatal(err)
			}
			delta, err := plans.Delta(t.Context(), from, to)
			if err != nil || delta.Len() != 1 {
				t.Fatalf("%v, %v", delta, err)
			}
			if patched := delta.changes[0][0].Patch != nil; patched != test.patched {
				t.Errorf("patched: %t, want %t", patched, test.patched)
			}
		})
	}
}
