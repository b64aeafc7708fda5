package capture

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedbed.dev/seedbed/pkg/archive"
)

// objectContent returns the content of the object of that name.
func objectContent(name string) []byte { return []byte(strings.Repeat(name+" ", 10_000)) }

func drainNames(t *testing.T, s *spool) []string {
	t.Helper()
	var names []string
	err := s.drainObjects(func(name string, content []byte) error {
		if !bytes.Equal(content, objectContent(name)) {
			t.Errorf("the content of %s is another", name)
		}
		names = append(names, name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.items)+len(s.blocks)+len(s.open) > 0 || s.size+s.bytes > 0 {
		t.Errorf("the spool is not empty: %d items, %d blocks, %d bytes", len(s.items), len(s.blocks), s.size)
	}
	return names
}

func TestSpoolDrainsByName(t *testing.T) {
	tests := map[string]func(names []string){
		"from an API server":             func([]string) {},
		"from one that lists in reverse": slices.Reverse[[]string],
		"from one that has no order": func(names []string) {
			rand.New(rand.NewPCG(1, 2)).Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		},
		"from one that has none": func(names []string) { clear(names) },
	}
	for name, arrange := range tests {
		t.Run(name, func(t *testing.T) {
			var names []string
			for i := range 60 {
				names = append(names, fmt.Sprintf("object-%03d", i))
			}
			arrange(names)
			s := &spool{}
			for range 2 { // a drained spool is reusable
				for _, name := range names {
					if err := s.addObject(name, objectContent(name)); err != nil {
						t.Fatal(err)
					}
				}
				if len(s.blocks) < 2 && names[0] != "" {
					t.Fatalf("%d blocks show nothing", len(s.blocks))
				}
				if diff := cmp.Diff(slices.Sorted(slices.Values(names)), drainNames(t, s)); diff != "" {
					t.Errorf("names (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestSpoolRewindDiscardsPage(t *testing.T) {
	s := &spool{}
	add := func(names ...string) {
		for _, name := range names {
			if err := s.addObject(name, objectContent(name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	add("a", "b")
	before, err := s.markState()
	if err != nil {
		t.Fatal(err)
	}
	add("half", "a", "page", "of", "several", "blocks", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "21", "22", "23")
	s.rewindTo(before)
	add("c", "d")
	if diff := cmp.Diff([]string{"a", "b", "c", "d"}, drainNames(t, s)); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	add("e")
	s.rewindTo(spoolMark{})
	add("f")
	if diff := cmp.Diff([]string{"f"}, drainNames(t, s)); diff != "" {
		t.Errorf("after a restart (-want +got):\n%s", diff)
	}
}

func TestSpoolIsBounded(t *testing.T) {
	random := rand.NewChaCha8([32]byte{1}) // does not compress
	content := make([]byte, 4<<20)
	s := &spool{}
	for range maxSpool/len(content) + 2 {
		_, _ = random.Read(content)
		if err := s.addObject("x", content); err != nil {
			if !errors.Is(err, archive.ErrLimit) {
				t.Errorf("got %v, want ErrLimit", err)
			}
			return
		}
	}
	t.Errorf("%d bytes were taken", s.size)
}
