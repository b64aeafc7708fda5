package namespace

import (
	"context"
	"errors"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/attempt"
	"seedbed.dev/seedbed/pkg/controller/cached"
	"seedbed.dev/seedbed/pkg/controller/queue"
	"seedbed.dev/seedbed/pkg/controller/records"
	"seedbed.dev/seedbed/pkg/controller/velero"
	"seedbed.dev/seedbed/pkg/internal/kube"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/pkg/restore"
)

// Reconciler restores the baselines that each namespace should hold.
type Reconciler struct {
	Executor *attempt.Executor
	// Sealer seals the records.
	Sealer records.Sealer
	// Namespace is Seedbed's own. It is never populated.
	Namespace string
	// Authorization decides whether a namespace's annotation was reviewed.
	Authorization Annotations
	// Baselines decides whether a Baseline was reviewed.
	Baselines Baselines
	Hints     *Hints
	Rollouts  Rollouts
	// RolloutSource has the namespaces that may begin an update.
	RolloutSource source.Source
	Audits        Audits
	// AuditSource has the namespaces in which an audit found something.
	AuditSource source.Source
	// Velero holds namespaces while Velero restores them; nil holds none.
	Velero *velero.Hold
	// Workers bounds the namespaces that are populated concurrently.
	Workers int

	Clock clock.Clock

	records    *records.Store
	assumed    *assumedRecords
	namespaces *assumedNamespaces
	failures   *failedAttempts
	begun      *begunUpdates
	restores   *firstRestores

	cachedNamespaces *cached.Store[*corev1.Namespace]
	cachedRecords    *cached.Store[*v1alpha1.BaselineRecord]
	// leadingSince returns the time at which this process began to populate namespaces.
	leadingSince func() time.Time
}

// initCaches sets the state that only this process has.
func (r *Reconciler) initCaches() {
	// Validation takes the API server as long as small writes do. A field that an older CRD lacks is seen in its answer.
	unvalidated := client.WithFieldValidation(r.Executor.Client, metav1.FieldValidationIgnore)
	r.records = &records.Store{Client: unvalidated, Live: r.Executor.Live, Sealer: r.Sealer}
	r.assumed = newAssumeCache[recordKey, *v1alpha1.BaselineRecord](r.Clock, assumedLifetime)
	r.namespaces = newAssumeCache[string, *corev1.Namespace](r.Clock, 0)
	r.failures = newFailedAttempts(r.Clock)
	r.begun = newBegunUpdates()
	r.restores = newFirstRestores(r.Clock)
	r.leadingSince = sync.OnceValue(r.Clock.Now)
}

// Reconcile restores the missing baselines of one namespace and writes its conditions. An error of one baseline is that
// baseline's state: the others continue.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	r.leadingSince()
	findings := r.Audits.Take(request.Name)
	defer r.Audits.End(request.Name)
	namespace := &corev1.Namespace{}
	if err := r.Executor.Client.Get(ctx, request.NamespacedName, namespace); err != nil {
		r.namespaces.forgetKey(request.Name)
		r.failures.forgetNamespace(request.Name)
		r.begun.forgetNamespace(request.Name)
		r.forgetVeleroHold(request.Name)
		r.Rollouts.End(request.Name, nil)
		return reconcile.Result{}, client.IgnoreNotFound(err) // a hint may be early, or its namespace never be created
	}
	if policy.Excluded(namespace.Name, r.Namespace) || namespace.DeletionTimestamp != nil {
		r.Rollouts.End(request.Name, nil)
		return reconcile.Result{}, nil
	}
	var states []baselineState
	defer func() { r.endUpdates(namespace.Name, states) }() // after an error too: others take the slot until the retry
	if err := r.removeStaleMark(ctx, namespace); err != nil {
		return reconcile.Result{}, err
	}
	known, err := r.takeSnapshot(ctx, namespace)
	if err != nil {
		return reconcile.Result{}, err
	}
	ctx, cancel := attempt.WithGracePeriod(ctx)
	defer cancel()
	defer known.endRestores() // after its conditions are written
	r.releaseRunningPods(ctx, namespace, known)
	r.checkVeleroHold(ctx, namespace, known)
	for _, choice := range known.decision.Choices {
		state := r.ensureBaseline(ctx, namespace, known, choice)
		states = append(states, state)
		if state.gone {
			// A new namespace of that name has events of its own. The delay is for a misleading response of the API server.
			return requeueSoonest([]baselineState{{requeueAfter: recheckGoneAfter}}), r.takeBack(ctx, namespace, states)
		}
		if state.record != nil {
			known.records[choice.Baseline] = state.record
		}
	}
	states = append(states, baselineState{requeueAfter: r.reviewDelay(known)})
	if known.undecided {
		return requeueSoonest(states), r.takeBack(ctx, namespace, states)
	}
	err = r.reportStates(ctx, namespace, known, states[:len(states)-1])
	if attempt.IsGone(err) {
		return requeueSoonest([]baselineState{{requeueAfter: recheckGoneAfter}}), r.takeBack(ctx, namespace, states)
	}
	if err != nil { // only this reconcile knows its writes
		return requeueSoonest(states), errors.Join(err, r.takeBack(ctx, namespace, states))
	}
	r.settleFindings(ctx, namespace, known, findings)
	return requeueSoonest(states), nil
}

// takeBack removes the objects and records of this reconcile if the namespace was replaced by another one of its name.
func (r *Reconciler) takeBack(ctx context.Context, namespace *corev1.Namespace, states []baselineState) error {
	outcomes := outcomesOf(states)
	if len(outcomes) == 0 {
		return nil
	}
	err := r.Executor.Runner.TakeBackIfReplaced(ctx, namespace, outcomes...)
	if !errors.Is(err, restore.ErrNamespaceReplaced) {
		return attempt.IgnoreGone(err)
	}
	for i := range states {
		if states[i].written != nil {
			err = errors.Join(err, r.records.Delete(ctx, states[i].written))
		}
	}
	return attempt.IgnoreGone(err)
}

func outcomesOf(states []baselineState) []*restore.Outcome {
	var outcomes []*restore.Outcome
	for i := range states {
		if states[i].outcome != nil {
			outcomes = append(outcomes, states[i].outcome)
		}
	}
	return outcomes
}

// recheckGoneAfter is the delay before a namespace that seemed to be gone is read again.
const recheckGoneAfter = 5 * time.Second

// requeueSoonest returns the result with the shortest delay that a state asks for.
func requeueSoonest(states []baselineState) reconcile.Result {
	delays := make([]time.Duration, len(states))
	for i := range states {
		delays[i] = states[i].requeueAfter
	}
	soonest := kube.Soonest(delays...)
	if soonest == 0 {
		return reconcile.Result{}
	}
	return reconcile.Result{RequeueAfter: soonest, Priority: &queue.LowPriority}
}
