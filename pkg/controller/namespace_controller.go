package controller

import (
	"context"
	"fmt"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
)

// NamespaceReconciler gives each namespace the baselines that it should hold.
type NamespaceReconciler struct {
	Attempts *Attempts
	// Namespace is Seedbed's own: never populated.
	Namespace string
	// WebhookConfiguration names the configuration whose webhooks authorize annotations.
	WebhookConfiguration string
	Hints                *Hints
	// Workers is how many namespaces are populated at a time.
	Workers int

	recent *recent
	told   *told
}

// Reconcile brings one namespace closer to holding what it should, and says so in its condition.
func (r *NamespaceReconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	namespace := &corev1.Namespace{}
	if err := r.Attempts.Client.Get(ctx, request.NamespacedName, namespace); err != nil {
		r.told.forget(request.Name)
		return reconcile.Result{}, client.IgnoreNotFound(err) // a hint may be early, or for nothing
	}
	if policy.Excluded(namespace.Name, r.Namespace) || namespace.DeletionTimestamp != nil {
		return reconcile.Result{}, nil
	}
	known, err := r.look(ctx, namespace)
	if err != nil {
		return reconcile.Result{}, err
	}
	var states []state
	for _, choice := range known.decision.Choices {
		found, err := r.hold(ctx, namespace, known, choice)
		if err != nil {
			return reconcile.Result{}, err
		}
		if found.gone {
			// What is there now has events of its own; but an answer of the API server can mislead.
			return again([]state{{again: lookAgain}}), nil
		}
		states = append(states, found)
	}
	if err := r.report(ctx, namespace, known, states); err != nil {
		return reconcile.Result{}, err
	}
	return again(states), nil
}

// view is everything that deciding about a namespace looks at, read from the cache.
type view struct {
	decision  policy.Decision
	baselines map[string]*v1alpha1.Baseline
	records   map[string]*v1alpha1.BaselineRestore
}

func (r *NamespaceReconciler) look(ctx context.Context, namespace *corev1.Namespace) (*view, error) {
	var baselines v1alpha1.BaselineList
	if err := r.Attempts.Client.List(ctx, &baselines, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing baselines: %w", err)
	}
	var records v1alpha1.BaselineRestoreList
	if err := r.Attempts.Client.List(ctx, &records, client.InNamespace(namespace.Name)); err != nil {
		return nil, fmt.Errorf("listing the restores of namespace %s: %w", namespace.Name, err)
	}
	authorized, err := r.authorized(ctx, namespace)
	if err != nil {
		return nil, err
	}
	v := &view{
		decision:  policy.Compile(baselines.Items).Decide(namespace, authorized),
		baselines: make(map[string]*v1alpha1.Baseline, len(baselines.Items)),
		records:   make(map[string]*v1alpha1.BaselineRestore, len(records.Items)),
	}
	for i := range baselines.Items {
		v.baselines[baselines.Items[i].Name] = &baselines.Items[i]
	}
	for i := range records.Items {
		v.records[records.Items[i].Name] = &records.Items[i]
	}
	v.dropSettled(namespace.UID)
	return v, nil
}

// dropSettled forgives refusals that a record answers already. What a namespace holds only grows, so a
// baseline that was restored stays restored when it is deleted, closed to the namespace, or when the
// webhook configuration was installed again and is now younger than the annotation that it reviewed.
func (v *view) dropSettled(namespace types.UID) {
	var refusals []policy.Refusal
	for _, refusal := range v.decision.Refusals {
		record := v.records[refusal.Baseline]
		switch {
		case record == nil || !ours(record, namespace):
			refusals = append(refusals, refusal)
		case phaseOf(record.Status.Conditions) == v1alpha1.PhaseCompleted,
			refusal.Reason == v1alpha1.ReasonNotAuthorized && v.baselines[refusal.Baseline] != nil:
			v.decision.Choices = append(v.decision.Choices, policy.Choice{Baseline: refusal.Baseline, Asked: true})
		default:
			refusals = append(refusals, refusal)
		}
	}
	v.decision.Refusals = refusals
}

// ours says whether a record is Seedbed's own for this very namespace.
func ours(record *v1alpha1.BaselineRestore, namespace types.UID) bool {
	return record.Spec.Baseline == record.Name && record.Spec.NamespaceUID == namespace
}

// authorized says whether admission can have reviewed the namespace's annotation: it was set after the
// webhook configuration was created. Without that configuration nothing is.
func (r *NamespaceReconciler) authorized(ctx context.Context, namespace *corev1.Namespace) (bool, error) {
	if _, asks := namespace.Annotations[v1alpha1.AnnotationBaseline]; !asks {
		return false, nil
	}
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	err := r.Attempts.Client.Get(ctx, types.NamespacedName{Name: r.WebhookConfiguration}, configuration)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading the webhook configuration %s: %w", r.WebhookConfiguration, err)
	}
	return policy.Authorized(namespace, configuration.CreationTimestamp.Time), nil
}

// lookAgain is how long after a namespace or its record seemed to be gone it is looked for again.
const lookAgain = 5 * time.Second

// catchUp is the priority of work that is not a new namespace's.
var catchUp = handler.LowPriority

// again asks for the next look at the namespace, when something is still to be done.
func again(states []state) reconcile.Result {
	var soonest time.Duration
	for _, s := range states {
		if s.again > 0 && (soonest == 0 || s.again < soonest) {
			soonest = s.again
		}
	}
	if soonest == 0 {
		return reconcile.Result{}
	}
	return reconcile.Result{RequeueAfter: soonest, Priority: &catchUp}
}

func now() metav1.Time { return metav1.Now() }
