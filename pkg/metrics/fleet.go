package metrics

import (
	"sync"
	"time"

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

// Baseline records whether a baseline is Required, the number of namespaces in each of its states, the step of its rollout, which is 0 if
// it has none, and the reason of its condition RolledOut.
func (r *Recorder) Baseline(baseline string, isRequired bool, namespaces map[string]int32, step int32, reason string) {
	r.series.required.WithLabelValues(baseline).Set(boolValue(isRequired))
	for state, count := range namespaces {
		r.series.namespaces.WithLabelValues(baseline, state).Set(float64(count))
	}
	r.series.rolloutStep.WithLabelValues(baseline).Set(float64(step))
	for _, stop := range stopReasons {
		r.series.rolloutStop.WithLabelValues(baseline, stop).Set(boolValue(stop == reason))
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
		r.series.required.DeletePartialMatch(labels)
		r.baselines.names.Delete(baseline)
	}
}

// Corrected records an object that an audit found changed or deleted, by the result of putting it back.
func (r *Recorder) Corrected(result string) { r.series.corrections.WithLabelValues(result).Inc() }

// Audit records the end of an audit of all namespaces, how long it asked the API server, and the interval until the next one.
func (r *Recorder) Audit(ended time.Time, took, interval time.Duration) {
	r.series.auditedAt.Set(float64(ended.Unix()))
	r.series.auditTook.Set(took.Seconds())
	r.series.auditInterval.Set(interval.Seconds())
}
