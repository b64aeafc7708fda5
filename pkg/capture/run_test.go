package capture

import (
	"errors"
	"strings"
	"testing"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/archive"
)

func TestCheckLimits(t *testing.T) {
	half := archive.DefaultLimits.TotalBytes / 2
	tests := map[string]struct {
		written, size int64
		found         int
		err           string
	}{
		"little":              {found: 10, size: 1000},
		"as many as possible": {found: maxItems},
		"one too many":        {found: maxItems + 1, err: "more than 20000 objects"},
		"as much as possible": {size: half},
		"too much":            {size: half + 1, err: "before compression"},
		"too much in all":     {written: half, size: 1, err: "before compression"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := (&captureRun{bytes: test.written}).checkLimits(test.found, test.size)
			if test.err == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.Is(err, archive.ErrLimit) || !strings.Contains(err.Error(), test.err) {
				t.Errorf("got %v, want ErrLimit with %q", err, test.err)
			}
		})
	}
}

// TestMaxItemsFitTheArchive checks that a full backup is within the limits of reading it.
func TestMaxItemsFitTheArchive(t *testing.T) {
	const sources = 64
	if needed := 1 + 2*(maxItems+sources); needed > archive.DefaultLimits.Entries {
		t.Errorf("%d objects make %d entries, and an archive has %d", maxItems, needed, archive.DefaultLimits.Entries)
	}
}

func TestResultBoundsCounts(t *testing.T) {
	r := &captureRun{counts: make([]v1alpha1.ResourceCount, maxCounts+1)}
	r.warnings.Add("z", "a", "z")
	got := r.newResult()
	if len(got.Counts) != maxCounts || len(got.Warnings) != 3 || got.Warnings[0] != "a" || !strings.Contains(got.Warnings[1], "only 512 of them") {
		t.Errorf("%d counts and warnings %q", len(got.Counts), got.Warnings)
	}
	if got.Errors != nil {
		t.Errorf("errors are %q, want none", got.Errors)
	}
}
