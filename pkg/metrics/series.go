package metrics

import "github.com/prometheus/client_golang/prometheus"

// fastBuckets is for durations of milliseconds: admission, the restore of one namespace.
var fastBuckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}

type series struct {
	admission      *prometheus.HistogramVec
	hints          *prometheus.CounterVec
	rejected       *prometheus.CounterVec
	restores       *prometheus.HistogramVec
	objects        *prometheus.CounterVec
	updates        *prometheus.CounterVec
	updatedObjects *prometheus.CounterVec
	ready          prometheus.Histogram
	planBytes      prometheus.Gauge
	planLookups    *prometheus.CounterVec
	backups        *prometheus.HistogramVec
	certificateAt  prometheus.Gauge
	gatesOpened    prometheus.Counter
	policiesUp     prometheus.Gauge
	marked         prometheus.Counter
	previews       *prometheus.HistogramVec
	namespaces     *prometheus.GaugeVec
	rolloutStep    *prometheus.GaugeVec
	rolloutStop    *prometheus.GaugeVec
	required       *prometheus.GaugeVec
	auditSeries
}

// auditSeries are those of audits.
type auditSeries struct {
	corrections   *prometheus.CounterVec
	auditTook     prometheus.Gauge
	auditedAt     prometheus.Gauge
	auditInterval prometheus.Gauge
}

func newSeries() *series {
	return &series{
		admission: newHistograms("seedbed_admission_duration_seconds", fastBuckets,
			"Time to answer an admission review, by webhook and verdict (allowed, denied, error).", "webhook", "verdict"),
		hints: newCounters("result", "seedbed_admission_hints_total",
			"Namespaces handed to the queue at admission, by result (queued, dropped). A dropped hint costs time only: the watch brings the namespace too."),
		rejected: newCounters("reason", "seedbed_webhook_rejected_total",
			"Webhook calls that no handler saw, by reason (connections, not_ready, path, method, content_type, too_large, unreadable, busy), and requests at the API server that a review was not allowed to cause (budget)."),
		restores: newHistograms("seedbed_restore_duration_seconds", fastBuckets,
			"Time of one attempt to restore one baseline or backup into one namespace, by phase.", "phase"),
		objects: newCounters("result", "seedbed_restored_objects_total",
			"Objects that restores handled, by result (created, updated, unchanged, kept, skipped, failed)."),
		updates: newCounters("phase", "seedbed_updates_total",
			"Attempts to update one namespace to another revision of one baseline, by phase (Completed, PartiallyFailed, Failed)."),
		updatedObjects: newCounters("path", "seedbed_updated_objects_total",
			"Objects that updates found, by path: fast is one patch, slow reads what another writer or another version of Seedbed has written."),
		ready: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "seedbed_namespace_ready_seconds", Buckets: fastBuckets,
			Help: "Time from a namespace's creation (whole seconds, as the API server keeps it) to its condition BaselineReady, for namespaces populated when new.",
		}),
		planBytes: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "seedbed_plan_cache_bytes",
			Help: "Bytes of the compiled plans that are kept in memory.",
		}),
		planLookups: newCounters("result", "seedbed_plan_lookups_total",
			"Plans asked for, by result (hit, compiled, failed)."),
		backups: newHistograms("seedbed_backup_duration_seconds", prometheus.DefBuckets,
			"Time to take a backup, by phase.", "phase"),
		certificateAt: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "seedbed_serving_certificate_expiry_timestamp_seconds",
			Help: "When the webhook's serving certificate expires, in seconds since the epoch.",
		}),
		previews: newHistograms("seedbed_preview_duration_seconds", prometheus.DefBuckets,
			"Time to answer a preview, by the reason of its condition (Answered, TooManyPreviews, …); Error is an attempt that is repeated, Dropped a preview deleted unanswered.", "reason"),
		gatesOpened: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "seedbed_gates_opened_total",
			Help: "Namespaces whose pods an operator let in by hand before their guards were restored.",
		}),
		policiesUp: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "seedbed_policies_in_force",
			Help: "1 while the admission policies that review who may ask for a baseline are in force. At 0 no namespace that asks is populated.",
		}),
		namespaces: newBaselineGauges("seedbed_baseline_namespaces",
			"Namespaces of a baseline, by state (updated, outdated, failed, pending: each is in one of them; kept and drifted lie over these; released is outside). The leader serves it.", "state"),
		rolloutStep: newBaselineGauges("seedbed_rollout_step",
			"The step of a baseline's rollout, from 1; 0 if there is none."),
		rolloutStop: newBaselineGauges("seedbed_rollout_stopped",
			"1 while a rollout does not go on for that reason (TooManyFailures, AwaitingApproval, Paused, Soaking), else 0.", "reason"),
		required: newBaselineGauges("seedbed_baseline_required",
			"1 for a Required baseline, 0 for an Optional one."),
		auditSeries: newAuditSeries(),
		marked: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "seedbed_namespaces_marked_total",
			Help: "Namespaces marked because their annotation is older than the admission policies that review it.",
		}),
	}
}

func newAuditSeries() auditSeries {
	return auditSeries{
		corrections: newCounters("result", "seedbed_corrections_total",
			"Objects that audits found changed or deleted and that were to be put back, by result (created, updated, unchanged, kept, failed)."),
		auditTook: newGauge("seedbed_audit_duration_seconds",
			"How long the last audit of all namespaces asked the API server. It rests for as long between its calls."),
		auditedAt: newGauge("seedbed_audit_timestamp_seconds",
			"When the last audit of all namespaces ended that could list every kind, or this replica became the leader, in seconds since the epoch; 0 on other replicas."),
		auditInterval: newGauge("seedbed_audit_interval_seconds",
			"Time between two audits of all namespaces; it grows while they take long. 0 on replicas that do not lead, and where audits are off."),
	}
}

func newGauge(name, help string) prometheus.Gauge {
	return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
}

// newHistograms returns the histograms of a name, one for each value of the labels.
func newHistograms(name string, buckets []float64, help string, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Buckets: buckets, Help: help}, labels)
}

// newCounters returns the counters of a name, one for each value of a label.
func newCounters(label, name, help string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
}

// newBaselineGauges returns the gauges of a name, one for each baseline and value of the further labels.
func newBaselineGauges(name, help string, labels ...string) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, append([]string{"baseline"}, labels...))
}

func (s *series) collectors() []prometheus.Collector {
	return []prometheus.Collector{
		s.admission, s.hints, s.rejected, s.restores, s.objects, s.updates, s.updatedObjects, s.ready, s.planBytes, s.planLookups, s.backups, s.certificateAt,
		s.gatesOpened, s.policiesUp, s.marked, s.previews, s.namespaces, s.rolloutStep, s.rolloutStop,
		s.required, s.corrections, s.auditTook, s.auditedAt, s.auditInterval,
	}
}
