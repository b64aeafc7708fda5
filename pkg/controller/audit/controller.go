package audit

import (
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/audit"
	"seedbed.dev/seedbed/pkg/controller/queue"
	"seedbed.dev/seedbed/pkg/internal/kube"
)

// Fleet knows the namespaces that hold baselines; package fleet implements it.
type Fleet interface {
	// Holders returns the namespaces to audit.
	Holders(ctx context.Context) ([]audit.Holder, error)
	// IsCurrent reports whether neither the record nor the spec of the Baseline has changed.
	IsCurrent(ctx context.Context, holder *audit.Holder) bool
}

// Auditor makes audits; pkg/audit implements it.
type Auditor interface {
	Run(ctx context.Context, holders []audit.Holder, only string, isCurrent func(holder *audit.Holder) bool, found func(ctx context.Context, finding audit.Finding) error) (audit.Result, error)
}

// Recorder records audits.
type Recorder interface {
	// Audit records the end of an audit of all namespaces that could list every kind, how long it asked the API server, and the
	// interval until the next one. The time at which this process became the leader counts as an end.
	Audit(ended time.Time, took, interval time.Duration)
}

// Reconciler audits namespaces, one audit at a time.
type Reconciler struct {
	Client   client.Client
	Fleet    Fleet
	Auditor  Auditor
	Findings *Findings
	Recorder Recorder
	Clock    clock.Clock
	// Interval is the time between two audits of all namespaces; 0 turns them off.
	Interval time.Duration

	// interval is the present one.
	interval time.Duration
	// answered are the last requests that were answered, by Baseline. The cache may not have the answer yet when the next event comes,
	// and an audit is too much to make it twice.
	answered map[types.UID]string
}

// everyNamespace is the request for an audit of all namespaces. No Baseline has that name.
var everyNamespace = queue.RequestFor("")

// jitter is the part of an interval by which audits come later, so that several clusters do not ask a shared store at once.
const jitter = 0.1

// SetupWithManager audits all namespaces after an interval, and those of a Baseline when its annotation asks for it.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	r.interval, r.answered = r.Interval, map[types.UID]string{}
	return ctrl.NewControllerManagedBy(mgr).
		Named("audit").
		For(&v1alpha1.Baseline{}, builder.WithPredicates(predicate.NewPredicateFuncs(isRequested))).
		WatchesRawSource(source.Func(func(_ context.Context, q queue.Requests) error {
			if r.interval > 0 {
				r.Recorder.Audit(r.Clock.Now(), 0, r.interval)
				q.AddAfter(everyNamespace, wait.Jitter(r.interval, jitter))
			}
			return nil
		})).
		WithOptions(queue.Options(mgr, "audit", 1)).
		Complete(r)
}

// isRequested reports whether a Baseline asks for an audit that was not made.
func isRequested(object client.Object) bool {
	baseline, ok := object.(*v1alpha1.Baseline)
	if !ok || baseline.DeletionTimestamp != nil {
		return false
	}
	request := requestOf(baseline)
	return request != "" && (baseline.Status.Audit == nil || baseline.Status.Audit.Request != request)
}

// maxRequest bounds a request in the status, in bytes.
const maxRequest = 512

// requestOf returns the request of a Baseline for an audit, or "".
func requestOf(baseline *v1alpha1.Baseline) string {
	request := baseline.Annotations[v1alpha1.AnnotationAuditRequested]
	return request[:min(len(request), maxRequest)]
}

// Reconcile makes one audit.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	if request == everyNamespace {
		return r.auditAll(ctx)
	}
	baseline := &v1alpha1.Baseline{}
	if err := r.Client.Get(ctx, request.NamespacedName, baseline); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	asked := requestOf(baseline)
	if !isRequested(baseline) || r.answered[baseline.UID] == asked {
		return reconcile.Result{}, nil
	}
	result, err := r.audit(ctx, baseline.Name)
	if err != nil {
		return reconcile.Result{}, err
	}
	if err := kube.IgnoreGone(r.writeStatus(ctx, baseline, asked, &result)); err != nil {
		return reconcile.Result{}, err
	}
	r.answered[baseline.UID] = asked
	return reconcile.Result{}, nil
}

// auditAll audits all namespaces, and returns when to do so again.
func (r *Reconciler) auditAll(ctx context.Context) (reconcile.Result, error) {
	result, err := r.audit(ctx, "")
	if err != nil && ctx.Err() == nil {
		log.FromContext(ctx).Error(err, "Could not audit the namespaces", "retryAfter", r.interval)
	}
	if err == nil {
		r.interval = nextInterval(r.Interval, r.interval, result.Worked)
		if !result.Incomplete {
			r.Recorder.Audit(r.Clock.Now(), result.Worked, r.interval)
		}
	}
	return reconcile.Result{RequeueAfter: wait.Jitter(r.interval, jitter)}, nil
}

// audit audits the namespaces of a Baseline, or of all if it is empty, and returns when the namespace controller has acted.
func (r *Reconciler) audit(ctx context.Context, only string) (audit.Result, error) {
	holders, err := r.Fleet.Holders(ctx)
	if err != nil {
		return audit.Result{}, fmt.Errorf("finding the namespaces to audit: %w", err)
	}
	if only != "" {
		holders = slices.DeleteFunc(holders, func(holder audit.Holder) bool { return holder.Baseline.Name != only })
	}
	isCurrent := func(holder *audit.Holder) bool { return r.Fleet.IsCurrent(ctx, holder) }
	result, err := r.Auditor.Run(ctx, holders, only, isCurrent, r.Findings.put)
	if err != nil {
		return result, err
	}
	if result.Drifted+result.Labelled+len(result.Failed) > 0 || only != "" {
		log.FromContext(ctx).Info("Audited", "baseline", only, "namespaces", result.Audited, "drifted", result.Drifted, "skipped", result.Skipped, "labelled", result.Labelled, "failed", result.Failed, "milliseconds", result.Worked.Milliseconds())
	}
	return result, r.Findings.awaitEnd(ctx)
}

// shareOfInterval is the part of an interval that the API server may be asked for: a hundredth.
const shareOfInterval = 100

// maxInterval bounds the interval that an audit which takes long gets.
const maxInterval = 24 * time.Hour

// nextInterval returns the interval after an audit that asked the API server for a time: doubled until that is a hundredth of it at
// most, and halved again down to the first one when that is a quarter of it.
func nextInterval(first, present, worked time.Duration) time.Duration {
	for worked > present/shareOfInterval && present < maxInterval {
		present *= 2
	}
	for present > first && worked <= present/(4*shareOfInterval) {
		present /= 2
	}
	return max(first, present)
}
