package baseline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/authorization"
	"seedbed.dev/seedbed/pkg/controller/queue"
	"seedbed.dev/seedbed/pkg/internal/kube"
	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/pkg/restore"
)

// Checker finds the objects of a plan that Seedbed's own permissions do not let it write.
type Checker interface {
	Refused(ctx context.Context, plan *plan.Plan, namespace string) []error
}

// Authorization decides whether the admission policies reviewed a Baseline.
type Authorization interface {
	// Baseline returns the verdict on a Baseline, and the reason with any verdict but authorization.Reviewed.
	Baseline(baseline metav1.Object) (authorization.Verdict, error)
}

// Reconciler sets whether a Baseline can be restored, and the content that it has. It compiles the plan, so that the first
// namespace does not wait for that.
type Reconciler struct {
	Client  client.Client
	Plans   restore.Plans
	Checker Checker
	// Namespace is Seedbed's own. Its permissions are checked there, by dry run.
	Namespace string
	// Authorization decides whether a Baseline was reviewed.
	Authorization Authorization
	Clock         clock.PassiveClock

	// compiled has the content digests that this process compiled, by revision hash.
	compiled map[string]string
}

// recheckAfter is the interval of checks of Seedbed's own permissions, and of reads after unreadable content.
const recheckAfter = 5 * time.Minute

// SetupWithManager watches Baselines and the backups that they use.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("baseline").
		For(&v1alpha1.Baseline{}, builder.WithPredicates(predicate.Or[client.Object](
			predicate.GenerationChangedPredicate{}, predicate.NewPredicateFuncs(lacksGateLabel)))).
		Watches(&v1alpha1.BaselineBackup{}, handler.EnqueueRequestsFromMapFunc(r.usersOf),
			builder.WithPredicates(predicate.Funcs{UpdateFunc: queue.BackupPhaseChanged})).
		WithOptions(queue.Options(mgr, "baseline", 1)).
		Complete(r)
}

func (r *Reconciler) usersOf(ctx context.Context, backup client.Object) []reconcile.Request {
	var baselines v1alpha1.BaselineList
	if err := r.Client.List(ctx, &baselines); err != nil {
		return nil // only possible while the cache starts, which lists every Baseline anyway
	}
	var out []reconcile.Request
	for i := range baselines.Items {
		if baselines.Items[i].Spec.Backup == backup.GetName() {
			out = append(out, queue.RequestFor(baselines.Items[i].Name))
		}
	}
	return out
}

// Reconcile brings one Baseline's status and its label v1alpha1.LabelGate up to date.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	baseline := &v1alpha1.Baseline{}
	if err := r.Client.Get(ctx, request.NamespacedName, baseline); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	if baseline.DeletionTimestamp != nil {
		return reconcile.Result{}, nil
	}
	unlabelled := r.labelGate(ctx, baseline)
	result, err := r.updateStatus(ctx, baseline)
	return result, errors.Join(unlabelled, err)
}

// updateStatus brings the part of a Baseline's status up to date that describes its content; package fleet sets the counts and the
// rollout.
func (r *Reconciler) updateStatus(ctx context.Context, baseline *v1alpha1.Baseline) (reconcile.Result, error) {
	plan, reason, err := r.findPlan(ctx, baseline)
	if errors.Is(err, errReviewUnknown) {
		return reconcile.Result{RequeueAfter: authorization.RetryUnknownAfter}, nil
	}
	if reason == "" {
		return reconcile.Result{}, err
	}
	lookAgain := recheckAfter
	if reason == v1alpha1.ReasonNotAuthorized {
		lookAgain = authorization.RetryProblemAfter
	}
	updated := baseline.DeepCopy()
	r.setContent(ctx, updated, plan)
	updated.Status.ObservedGeneration = baseline.Generation
	r.setReadiness(ctx, updated, plan, reason, err)
	if equality.Semantic.DeepEqual(baseline.Status, updated.Status) {
		return reconcile.Result{RequeueAfter: lookAgain}, nil
	}
	err = kube.PatchUnchangedStatus(ctx, r.Client, v1alpha1.FieldManager, baseline, updated)
	if apierrors.IsConflict(err) { // package fleet writes conditions too
		return reconcile.Result{RequeueAfter: retryConflictAfter}, nil
	}
	if err != nil {
		return reconcile.Result{}, kube.IgnoreGone(err)
	}
	return reconcile.Result{RequeueAfter: lookAgain}, nil
}

// retryConflictAfter is the delay after a conflict: the cache shows the other change by then.
const retryConflictAfter = 100 * time.Millisecond

// errReviewUnknown reports that it is not known yet whether an object was reviewed.
var errReviewUnknown = errors.New("the admission policies have not been read yet")

// findPlan returns the plan of a Baseline, or the reason and the error why it has none. An empty reason means that the error is
// to be retried.
func (r *Reconciler) findPlan(ctx context.Context, baseline *v1alpha1.Baseline) (*plan.Plan, string, error) {
	switch verdict, why := r.Authorization.Baseline(baseline); verdict {
	case authorization.Reviewed:
	case authorization.NotReviewed:
		return nil, v1alpha1.ReasonNotAuthorized, why
	default:
		return nil, "", errReviewUnknown
	}
	if errs := policy.ValidateSelectors(&baseline.Spec); len(errs) > 0 {
		return nil, v1alpha1.ReasonInvalidSelector, errs.ToAggregate()
	}
	backup := &v1alpha1.BaselineBackup{}
	err := r.Client.Get(ctx, types.NamespacedName{Name: baseline.Spec.Backup}, backup)
	if apierrors.IsNotFound(err) {
		return nil, v1alpha1.ReasonBackupNotFound, fmt.Errorf("backup %s does not exist", baseline.Spec.Backup)
	}
	if err != nil {
		return nil, "", fmt.Errorf("reading backup %s: %w", baseline.Spec.Backup, err)
	}
	if !backup.IsUsable() {
		return nil, v1alpha1.ReasonBackupNotReady, fmt.Errorf("backup %s is %s: a baseline needs a Completed one", backup.Name, backup.Phase())
	}
	found, err := r.Plans.Get(ctx, plan.NewSpec(baseline, backup.Name, backup.Status.Digest))
	switch {
	case errors.Is(err, plan.ErrSourceNamespace):
		return nil, v1alpha1.ReasonSourceNamespace, err
	case errors.Is(err, plan.ErrValues):
		return nil, v1alpha1.ReasonInvalidValues, err
	case errors.Is(err, plan.ErrContent):
		return nil, v1alpha1.ReasonContentUnreadable, err
	case err != nil:
		return nil, "", err
	}
	return found, v1alpha1.ReasonBackupReady, nil
}

// setContent sets the content that the status describes. The history outlasts a Baseline that cannot be restored for a while.
func (r *Reconciler) setContent(ctx context.Context, baseline *v1alpha1.Baseline, plan *plan.Plan) {
	status, now := &baseline.Status, metav1.Time{Time: r.Clock.Now()}.Rfc3339Copy()
	if plan == nil {
		markRolledOut(status, status.History, now)
		status.Digest, status.RevisionHash, status.ContentDigest, status.Items, status.PodDefaults = "", "", "", 0, nil
		return
	}
	revision := plan.RevisionContent(baseline.Spec.NamespaceMetadata)
	r.rememberCompiled(revision)
	status.History, status.Revision = nextHistory(status, v1alpha1.BaselineRevision{
		RevisionContent: revision, NamespaceMetadata: baseline.Spec.NamespaceMetadata, BaselineRules: baseline.Spec.BaselineRules, Timestamp: now,
	})
	r.recompileHistory(ctx, baseline, status.History)
	status.Digest, status.Items = plan.Spec.Digest, int32(plan.Len()) //nolint:gosec // bounded by the archive's entries
	status.RevisionHash, status.ContentDigest = revision.Hash, revision.ContentDigest
	status.PodDefaults = plan.PodDefaults(plan.IsConditional) // a namespace without the object needs none of its defaults
}

// setReadiness sets the conditions Ready and Writable.
func (r *Reconciler) setReadiness(ctx context.Context, baseline *v1alpha1.Baseline, plan *plan.Plan, reason string, why error) {
	ready := metav1.Condition{Type: v1alpha1.ConditionReady, Reason: reason, ObservedGeneration: baseline.Generation}
	if plan == nil {
		ready.Status, ready.Message = metav1.ConditionFalse, v1alpha1.Cut(why.Error())
		meta.SetStatusCondition(&baseline.Status.Conditions, ready)
		return
	}
	ready.Status = metav1.ConditionTrue
	ready.Message = fmt.Sprintf("backup %s is ready: %d objects from namespace %s", baseline.Spec.Backup, plan.Len(), plan.Source)
	meta.SetStatusCondition(&baseline.Status.Conditions, ready)
	meta.SetStatusCondition(&baseline.Status.Conditions, writableCondition(r.Checker.Refused(ctx, plan, r.Namespace), baseline.Generation))
}

// writableCondition returns the condition Writable. It names the Roles and RoleBindings that Seedbed may not write before any
// namespace needs them.
func writableCondition(refused []error, generation int64) metav1.Condition {
	out := metav1.Condition{
		Type: v1alpha1.ConditionWritable, Status: metav1.ConditionTrue, Reason: "Permitted",
		Message: "Seedbed may write every Role and RoleBinding of the backup", ObservedGeneration: generation,
	}
	if len(refused) > 0 {
		out.Status, out.Reason = metav1.ConditionFalse, "Forbidden"
		out.Message = v1alpha1.Cut(fmt.Sprintf("Seedbed may not write %d of the backup's Roles and RoleBindings; grant it what they grant, or let it bind them (see rbac in the chart's values); first: %v", len(refused), refused[0]))
	}
	return out
}

// baselinesPerPage bounds one page of a list of Baselines.
const baselinesPerPage = 500

// Live lists the metadata of Baselines past the cache.
type Live struct {
	// Live reads past the cache.
	Live client.Reader
}

// ListBaselines implements authorization.Baselines.
func (l *Live) ListBaselines(ctx context.Context) ([]metav1.PartialObjectMetadata, error) {
	var all []metav1.PartialObjectMetadata
	page := &metav1.PartialObjectMetadataList{}
	page.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("BaselineList"))
	for {
		if err := l.Live.List(ctx, page, client.Limit(baselinesPerPage), client.Continue(page.Continue)); err != nil {
			return nil, fmt.Errorf("listing baselines: %w", err)
		}
		all = append(all, page.Items...)
		if page.Continue == "" {
			return all, nil
		}
	}
}
