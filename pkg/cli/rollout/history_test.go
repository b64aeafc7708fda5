package rollout

import (
	"bytes"
	"testing"

	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/test/check"
)

func TestHistory(t *testing.T) {
	baseline := newBaseline()
	baseline.Status.History[0].ContentDigest = ""
	for _, format := range []string{"table", "wide", "yaml", "json"} {
		t.Run(format, func(t *testing.T) {
			var out bytes.Buffer
			if err := writeHistory(&out, baseline, &flag.ListOutput{Format: format}); err != nil {
				t.Fatal(err)
			}
			check.Golden(t, out.String(), "history", format+".txt")
		})
	}
}
