package metrics

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"
	"k8s.io/apimachinery/pkg/util/sets"
)

func TestGaugesOfBaselines(t *testing.T) {
	for name, test := range map[string]struct {
		record func(*Recorder)
		want   string
	}{
		"a rollout that waits": {
			record: func(r *Recorder) { r.Baseline("web", true, map[string]int32{"updated": 2}, 1, "AwaitingApproval") },
			want: `
seedbed_baseline_namespaces{baseline="web",state="updated"} 2
seedbed_baseline_required{baseline="web"} 1
seedbed_rollout_step{baseline="web"} 1
seedbed_rollout_stopped{baseline="web",reason="AwaitingApproval"} 1
seedbed_rollout_stopped{baseline="web",reason="Paused"} 0
seedbed_rollout_stopped{baseline="web",reason="Soaking"} 0
seedbed_rollout_stopped{baseline="web",reason="TooManyFailures"} 0
`,
		},
		"a rollout that goes on": {
			record: func(r *Recorder) {
				r.Baseline("web", true, map[string]int32{"updated": 2}, 1, "AwaitingApproval")
				r.Baseline("web", false, map[string]int32{"updated": 3}, 2, "Progressing")
			},
			want: `
seedbed_baseline_namespaces{baseline="web",state="updated"} 3
seedbed_baseline_required{baseline="web"} 0
seedbed_rollout_step{baseline="web"} 2
seedbed_rollout_stopped{baseline="web",reason="AwaitingApproval"} 0
seedbed_rollout_stopped{baseline="web",reason="Paused"} 0
seedbed_rollout_stopped{baseline="web",reason="Soaking"} 0
seedbed_rollout_stopped{baseline="web",reason="TooManyFailures"} 0
`,
		},
		"a baseline that is gone": {
			record: func(r *Recorder) {
				r.Baseline("web", true, map[string]int32{"updated": 2}, 1, "Paused")
				r.KeepBaselines(sets.New("other"))
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			registry := prometheus.NewPedanticRegistry()
			recorder, err := NewRecorder(registry)
			if err != nil {
				t.Fatal(err)
			}
			test.record(recorder)
			names := []string{"seedbed_baseline_namespaces", "seedbed_baseline_required", "seedbed_rollout_step", "seedbed_rollout_stopped"}
			if got := gatherText(t, registry, names); got != strings.TrimPrefix(test.want, "\n") {
				t.Errorf("got\n%s\nwant%s", got, test.want)
			}
		})
	}
}

// gatherText returns the samples of the named series without their comments.
func gatherText(t *testing.T, registry prometheus.Gatherer, names []string) string {
	t.Helper()
	text, err := testutil.GatherAndFormat(registry, expfmt.TypeTextPlain, names...)
	if err != nil {
		t.Fatal(err)
	}
	var samples strings.Builder
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "#") {
			samples.WriteString(line)
		}
	}
	return samples.String()
}
