package integration

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seedbed.dev/seedbed/pkg/store"
)

// isWrite reports whether a request writes the index, or a chunk Secret.
func isWrite(request *http.Request, index bool) bool {
	if request.Method != http.MethodPost && request.Method != http.MethodPut {
		return false
	}
	body, err := request.GetBody()
	if err != nil {
		return false
	}
	var content bytes.Buffer
	_, err = content.ReadFrom(body)
	return err == nil && index == bytes.Contains(content.Bytes(), []byte("seedbed-backup-"))
}

func TestStoreHidesHalfWrittenContent(t *testing.T) {
	old, next := randomBytes(3, 1<<20), randomBytes(4, 2<<20)
	tests := map[string]struct {
		chunks int
		before bool
	}{
		"killed before the first chunk":            {chunks: 0},
		"killed between chunks":                    {chunks: 2},
		"killed before the index":                  {chunks: 3},
		"killed between chunks of a replacement":   {chunks: 2, before: true},
		"killed before the index of a replacement": {chunks: 3, before: true},
		"killed before any chunk of a replacement": {chunks: 0, before: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStoreEnv(t)
			if test.before {
				mustPut(t, s.Secrets, "web", nil, old)
			}
			listed := len(s.chunkNames(t))
			written, dead := 0, false
			killed := s.withConfig(t, interceptedConfig(func(request *http.Request) error {
				if isWrite(request, true) || (isWrite(request, false) && written == test.chunks) {
					dead = true
				}
				if dead {
					return errNetwork
				}
				if isWrite(request, false) {
					written++
				}
				return nil
			}, nil))
			if _, err := killed.Put(testContext(t), "web", nil, next); !errors.Is(err, errNetwork) {
				t.Fatalf("got %v, want the network's error", err)
			}
			if got := len(s.chunkNames(t)) - listed; got != test.chunks {
				t.Fatalf("%d chunks were left behind, want %d: the test does not reach its case", got, test.chunks)
			}
			wantUntouched(t, s, test.before, old)
			wantSwept(t, s, test.chunks)
			wantUntouched(t, s, test.before, old)
			mustPut(t, s.Secrets, "web", nil, next)
			wantContent(t, s.Secrets, "web", next)
		})
	}
}

func wantUntouched(t *testing.T, s storeEnv, before bool, old []byte) {
	t.Helper()
	if before {
		wantContent(t, s.Secrets, "web", old)
	} else {
		wantNothing(t, s.Secrets, "web")
	}
}

func wantSwept(t *testing.T, s storeEnv, want int) {
	t.Helper()
	if swept, err := s.Sweep(testContext(t), time.Hour); err != nil || swept != 0 {
		t.Errorf("young chunks: swept %d, %v; want none", swept, err)
	}
	if swept, err := s.Sweep(testContext(t), 0); err != nil || swept != want {
		t.Errorf("swept %d, %v; want %d", swept, err, want)
	}
}

// TestStoreHandlesLostResponse lets the API server write the index while the client gets no response.
func TestStoreHandlesLostResponse(t *testing.T) {
	content := randomBytes(5, 1<<20)
	tests := map[string]struct {
		again bool
		err   error
	}{
		"and can ask":                {},
		"and the API server is gone": {again: true, err: errNetwork},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStoreEnv(t)
			lost := false
			unlucky := s.withConfig(t, interceptedConfig(func(request *http.Request) error {
				// Deletes go through, so that a store that gives up its chunks too early fails.
				if lost && test.again && request.Method == http.MethodGet {
					return errNetwork
				}
				return nil
			}, func(request *http.Request) error {
				if isWrite(request, true) {
					lost = true
					return errNetwork
				}
				return nil
			}))
			if _, err := unlucky.Put(testContext(t), "web", nil, content); !errors.Is(err, test.err) {
				t.Fatalf("got %v, want %v", err, test.err)
			}
			if !lost {
				t.Fatal("no answer was lost: the test does not reach its case")
			}
			wantContent(t, s.Secrets, "web", content)
		})
	}
}

func TestStoreReplacesContent(t *testing.T) {
	s := newStoreEnv(t)
	other := mustPut(t, s.Secrets, "web-2", nil, []byte("other"))
	mustPut(t, s.Secrets, "web", map[string]string{"n": "1"}, randomBytes(6, 2<<20))
	next := mustPut(t, s.Secrets, "web", map[string]string{"n": "2"}, []byte("next"))
	if got := wantContent(t, s.Secrets, "web", []byte("next")); !cmp.Equal(next, got) {
		t.Errorf("put and get differ: %s", cmp.Diff(next, got))
	}
	if got := s.listSecrets(t); len(got) != 4 {
		t.Errorf("%d Secrets are left, want two indexes and two chunks", len(got))
	}
	entries, err := s.List(testContext(t))
	if diff := cmp.Diff([]store.Entry{next, other}, entries); err != nil || diff != "" {
		t.Errorf("list (-want +got), %v:\n%s", err, diff)
	}
}

// TestStoreDetectsConcurrentWriter has another writer write just before the index is written.
func TestStoreDetectsConcurrentWriter(t *testing.T) {
	ours, theirs := randomBytes(7, 1<<20), randomBytes(8, 1<<20)
	tests := map[string]struct {
		before bool
		theirs []byte
		err    error
	}{
		"for a new name":          {theirs: theirs, err: store.ErrConflict},
		"for a name that is held": {before: true, theirs: theirs, err: store.ErrConflict},
		"with the same content":   {theirs: ours},
		"replacing with the same": {before: true, theirs: ours},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStoreEnv(t)
			if test.before {
				mustPut(t, s.Secrets, "web", nil, []byte("old"))
			}
			var once sync.Once
			slow := s.withConfig(t, interceptedConfig(func(request *http.Request) error {
				if isWrite(request, true) {
					once.Do(func() { mustPut(t, s.Secrets, "web", nil, test.theirs) })
				}
				return nil
			}, nil))
			if _, err := slow.Put(testContext(t), "web", nil, ours); !errors.Is(err, test.err) {
				t.Errorf("got %v, want %v", err, test.err)
			}
			wantContent(t, s.Secrets, "web", test.theirs)
			if got := len(s.chunkNames(t)); got != 2 {
				t.Errorf("%d chunks are left, want the winner's 2", got)
			}
		})
	}
}

// TestStoreReadsConsistentlyDuringReplace has another writer write, or delete, between a reader's index and its chunks.
func TestStoreReadsConsistentlyDuringReplace(t *testing.T) {
	old, next := randomBytes(9, 1<<20), randomBytes(10, 1<<20)
	tests := map[string]struct {
		meanwhile func(*testing.T, storeEnv, int)
		want      []byte
		err       error
	}{
		"once": {meanwhile: func(t *testing.T, s storeEnv, turn int) {
			if turn == 0 {
				mustPut(t, s.Secrets, "web", nil, next)
			}
		}, want: next},
		"twice": {meanwhile: func(t *testing.T, s storeEnv, turn int) {
			if turn < 2 {
				mustPut(t, s.Secrets, "web", nil, [][]byte{next, old}[turn])
			}
		}, want: old},
		"deleted": {meanwhile: func(t *testing.T, s storeEnv, _ int) {
			if err := s.Delete(testContext(t), "web"); err != nil {
				t.Error(err)
			}
		}, err: store.ErrNotFound},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStoreEnv(t)
			mustPut(t, s.Secrets, "web", nil, old)
			turn := 0
			reader := s.withConfig(t, interceptedConfig(func(request *http.Request) error {
				if strings.Contains(request.URL.Path, "/seedbed-chunk-") && strings.HasSuffix(request.URL.Path, "-0000") {
					test.meanwhile(t, s, turn)
					turn++
				}
				return nil
			}, nil))
			_, got, err := reader.Get(testContext(t), "web")
			if !errors.Is(err, test.err) || !bytes.Equal(got, test.want) {
				t.Errorf("got %d bytes and %v, want %d and %v", len(got), err, len(test.want), test.err)
			}
			if turn == 0 {
				t.Error("nothing happened meanwhile: the test does not reach its case")
			}
		})
	}
}
