package metrics

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Recorder records what happened. It is safe for concurrent use.
type Recorder struct{ series *series }

// NewRecorder registers Seedbed's series. It fails when one of them is registered already.
func NewRecorder(registry prometheus.Registerer) (*Recorder, error) {
	s := newSeries()
	for _, collector := range s.all() {
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

// WebhookRejected records a webhook call that no handler saw, or a request that a review was not allowed to cause.
func (r *Recorder) WebhookRejected(reason string) { r.series.rejected.WithLabelValues(reason).Inc() }

// Restore records one attempt and what it did to objects, by result.
func (r *Recorder) Restore(phase string, took time.Duration, objects map[string]int) {
	r.series.restores.WithLabelValues(phase).Observe(took.Seconds())
	for result, count := range objects {
		r.series.objects.WithLabelValues(result).Add(float64(count))
	}
}

// NamespaceReady records how long after its creation a new namespace was populated.
func (r *Recorder) NamespaceReady(after time.Duration) { r.series.ready.Observe(after.Seconds()) }

// PlanCache records how many bytes of plans are kept.
func (r *Recorder) PlanCache(bytes int64) { r.series.planBytes.Set(float64(bytes)) }

// PlanLookup records how a plan was found: hit, compiled or failed.
func (r *Recorder) PlanLookup(result string) { r.series.planLookups.WithLabelValues(result).Inc() }

// Backup records one backup's end.
func (r *Recorder) Backup(phase string, took time.Duration) {
	r.series.backups.WithLabelValues(phase).Observe(took.Seconds())
}

// ServingCertificate records when the certificate in use expires.
func (r *Recorder) ServingCertificate(expires time.Time) {
	r.series.certificateAt.Set(float64(expires.Unix()))
}

// GateOpened records that an operator let a namespace's pods in by hand.
func (r *Recorder) GateOpened() { r.series.gatesOpened.Inc() }

// PoliciesInForce records whether the admission policies that review annotations are in force.
func (r *Recorder) PoliciesInForce(inForce bool) {
	value := 0.0
	if inForce {
		value = 1
	}
	r.series.policiesUp.Set(value)
}

// NamespacesMarked records how many namespaces from before the admission policies were marked.
func (r *Recorder) NamespacesMarked(count int) { r.series.marked.Add(float64(count)) }

// Preview records a preview that was answered, refused or dropped, and an attempt that failed.
func (r *Recorder) Preview(reason string, took time.Duration) {
	r.series.previews.WithLabelValues(reason).Observe(took.Seconds())
}
