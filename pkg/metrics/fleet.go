package metrics

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/util/sets"
)

// stopReasons are the reasons for which a rollout does not go on.
var stopReasons = []string{"TooManyFailures", "AwaitingApproval", "Paused", "Soaking"}

// baselineNames are the baselines that have gauges.
type baselineNames struct {
	mu    sync.Mutex
	names sets.Set[string]
}

// Baseline records the number of namespaces in each state of a baseline, the step of its rollout, which is 0 if it has none, and the
// reason of its condition RolledOut.
func (r *Recorder) Baseline(baseline string, namespaces map[string]int32, step int32, reason string) {
	for state, count := range namespaces {
		r.series.namespaces.WithLabelValues(baseline, state).Set(float64(count))
	}
	r.series.rolloutStep.WithLabelValues(baseline).Set(float64(step))
	for _, stop := range stopReasons {
		value := 0.0
		if stop == reason {
			value = 1
		}
		r.series.rolloutStop.WithLabelValues(baseline, stop).Set(value)
	}
	r.baselines.mu.Lock()
	defer r.baselines.mu.Unlock()
	if r.baselines.names == nil {
		r.baselines.names = sets.New[string]()
	}
	r.baselines.names.Insert(baseline)
}

// KeepBaselines removes the gauges of all other baselines.
func (r *Recorder) KeepBaselines(kept sets.Set[string]) {
	r.baselines.mu.Lock()
	defer r.baselines.mu.Unlock()
	for baseline := range r.baselines.names.Difference(kept) {
		labels := prometheus.Labels{"baseline": baseline}
		r.series.namespaces.DeletePartialMatch(labels)
		r.series.rolloutStep.DeletePartialMatch(labels)
		r.series.rolloutStop.DeletePartialMatch(labels)
		r.baselines.names.Delete(baseline)
	}
}
