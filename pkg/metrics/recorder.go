package metrics

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Recorder records metrics. It is safe for concurrent use.
type Recorder struct {
	series    *series
	baselines baselineNames
}

// NewRecorder registers Seedbed's series. It returns an error if one of them is registered already.
func NewRecorder(registry prometheus.Registerer) (*Recorder, error) {
	s := newSeries()
	for _, collector := range s.collectors() {
		if err := registry.Register(collector); err != nil {
			return nil, fmt.Errorf("registering metrics: %w", err)
		}
	}
	return &Recorder{series: s}, nil
}

// Admission records one review's answer.
func (r *Recorder) Admission(webhook, verdict string, took time.Duration) {
	r.series.admission.WithLabelValues(webhook, verdict).Observe(took.Seconds())
}

// Hint records that admission handed a namespace to the queue, or that the queue had no room or no reader.
func (r *Recorder) Hint(queued bool) {
	result := "queued"
	if !queued {
		result = "dropped"
	}
	r.series.hints.WithLabelValues(result).Inc()
}

// WebhookRejected records a webhook call that was rejected before its handler, or a request that was over a review's budget.
func (r *Recorder) WebhookRejected(reason string) { r.series.rejected.WithLabelValues(reason).Inc() }

// Restore records one attempt, and its number of objects by result.
func (r *Recorder) Restore(phase string, took time.Duration, objects map[string]int) {
	r.series.restores.WithLabelValues(phase).Observe(took.Seconds())
	for result, count := range objects {
		r.series.objects.WithLabelValues(result).Add(float64(count))
	}
}

// Update records one attempt to update one namespace, by phase.
func (r *Recorder) Update(phase string) { r.series.updates.WithLabelValues(phase).Inc() }

// UpdatedObjects records objects that an update found, by how they were updated: fast or slow.
func (r *Recorder) UpdatedObjects(path string, count int) {
	r.series.updatedObjects.WithLabelValues(path).Add(float64(count))
}

// NamespaceReady records the time from the creation of a new namespace to its population.
func (r *Recorder) NamespaceReady(after time.Duration) { r.series.ready.Observe(after.Seconds()) }

// PlanCache records the bytes of the cached plans.
func (r *Recorder) PlanCache(bytes int64) { r.series.planBytes.Set(float64(bytes)) }

// PlanLookup records the result of a lookup: hit, compiled or failed.
func (r *Recorder) PlanLookup(result string) { r.series.planLookups.WithLabelValues(result).Inc() }

// Backup records the end of a backup.
func (r *Recorder) Backup(phase string, took time.Duration) {
	r.series.backups.WithLabelValues(phase).Observe(took.Seconds())
}

// ServingCertificate records the expiry of the certificate in use.
func (r *Recorder) ServingCertificate(expires time.Time) {
	r.series.certificateAt.Set(float64(expires.Unix()))
}

// GateOpened records that an operator opened the gate of a namespace by hand.
func (r *Recorder) GateOpened() { r.series.gatesOpened.Inc() }

// PoliciesInForce records whether the admission policies that review annotations are in force.
func (r *Recorder) PoliciesInForce(inForce bool) {
	r.series.policiesUp.Set(boolValue(inForce))
}

// boolValue returns the value of a gauge that is 1 or 0.
func boolValue(isTrue bool) float64 {
	if isTrue {
		return 1
	}
	return 0
}

// NamespacesMarked records the number of namespaces that were marked because they are older than the admission policies.
func (r *Recorder) NamespacesMarked(count int) { r.series.marked.Add(float64(count)) }

// Preview records an answered, refused or dropped preview, or a failed attempt.
func (r *Recorder) Preview(reason string, took time.Duration) {
	r.series.previews.WithLabelValues(reason).Observe(took.Seconds())
}
