package manifest

import (
	"slices"
	"testing"
)

func TestPointerSteps(t *testing.T) {
	for _, steps := range [][]string{{"data", "a"}, {"metadata", "labels", "a.b/c~d"}, {"data", "~1"}, {"data", ""}} {
		pointer := ""
		for _, step := range steps {
			pointer += Pointer(step)
		}
		if got := PointerSteps(pointer); !slices.Equal(got, steps) {
			t.Errorf("%q has the steps %q, want %q", pointer, got, steps)
		}
	}
}
