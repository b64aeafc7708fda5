package preview

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/queue"
)

// previewsAtOnce bounds how many previews are answered at a time: restores come first, and each answer may be large.
const previewsAtOnce = 4

// previewWithin and fleetWithin bound one attempt at an answer.
const (
	previewWithin = 2 * time.Minute
	fleetWithin   = 45 * time.Minute
)

// answerWithin returns the time for one attempt at the answer of a preview.
func answerWithin(preview *v1alpha1.BaselinePreview) time.Duration {
	if preview.Spec.Fleet != nil {
		return fleetWithin
	}
	return previewWithin
}

// Answerer answers previews.
type Answerer interface {
	Answer(ctx context.Context, preview *v1alpha1.BaselinePreview, progress func(done, total int)) (*v1alpha1.BaselinePreviewStatus, error)
}

// Recorder records previews that got an answer or a refusal, by the reason of their condition, and errors.
type Recorder interface {
	Preview(reason string, took time.Duration)
}

// Reconciler answers each BaselinePreview once: those that Retention hands to it.
type Reconciler struct {
	Client client.Client
	// Live reads past the cache.
	Live     client.Reader
	Answerer Answerer
	Recorder Recorder
	Clock    clock.PassiveClock
	// Previews are those to be answered. One that has its answer may come again.
	Previews <-chan event.GenericEvent
}

// SetupWithManager reads the channel of previews.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("preview").
		WatchesRawSource(source.Channel(r.Previews, &handler.EnqueueRequestForObject{})).
		WithOptions(queue.Options(mgr, "preview", previewsAtOnce)).
		Complete(r)
}

// Reconcile answers one preview, unless it has an answer.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	preview := &v1alpha1.BaselinePreview{}
	// The cache may not have the answer that was written a moment ago.
	if err := r.Live.Get(ctx, request.NamespacedName, preview); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	if isAnswered(preview) || preview.DeletionTimestamp != nil {
		return reconcile.Result{}, nil
	}
	return reconcile.Result{}, r.answerPreview(ctx, preview)
}

func (r *Reconciler) answerPreview(ctx context.Context, preview *v1alpha1.BaselinePreview) error {
	began := r.Clock.Now()
	limited, cancel := context.WithTimeout(ctx, answerWithin(preview))
	defer cancel()
	shown := &shownProgress{client: r.Client, clock: r.Clock, preview: preview, last: began, abandon: cancel}
	found, err := r.Answerer.Answer(limited, preview, func(done, total int) { shown.update(limited, done, total) })
	status := finalStatus(preview, found, err, ctx.Err() == nil && limited.Err() != nil)
	if status == nil {
		r.Recorder.Preview("Error", r.Clock.Since(began))
		return fmt.Errorf("answering preview %s: %w", preview.Name, err)
	}
	if err := writeAnswer(ctx, r.Client, preview, status); err != nil {
		return err
	}
	reason, took := v1alpha1.PhaseOf(status.Conditions), r.Clock.Since(began)
	r.Recorder.Preview(reason, took)
	log.FromContext(ctx).Info("Answered a preview", "preview", preview.Name, "namespace", preview.Spec.Namespace, "baseline", preview.Spec.Baseline,
		"backup", preview.Spec.Backup, "reason", reason, "milliseconds", took.Milliseconds(), "objects", status.Counts.Total, "truncated", status.Truncated)
	return nil
}

// finalStatus returns the status that ends a preview, or nil if the attempt is to be repeated.
func finalStatus(preview *v1alpha1.BaselinePreview, found *v1alpha1.BaselinePreviewStatus, err error, timedOut bool) *v1alpha1.BaselinePreviewStatus {
	var refused *previewRefusal
	switch {
	case err == nil:
		setAnswer(found, preview, metav1.ConditionTrue, v1alpha1.ReasonAnswered, describeAnswer(found))
		return found
	case errors.As(err, &refused):
		return refusedStatus(preview, refused.reason, refused.Error())
	case timedOut:
		return refusedStatus(preview, v1alpha1.ReasonTimedOut, fmt.Sprintf("the preview was not done within %s: %v", answerWithin(preview), err))
	default:
		return nil
	}
}

// describeAnswer returns an answer in one line.
func describeAnswer(status *v1alpha1.BaselinePreviewStatus) string {
	if fleet := status.Fleet; fleet != nil {
		return fmt.Sprintf("%d namespaces previewed, %d of them by dry runs", fleet.Namespaces, fleet.TriedNamespaces)
	}
	if compared := status.Comparison; compared != nil {
		return fmt.Sprintf("%d objects compared, %d of them differ", compared.Objects, compared.Changed+compared.Missing+compared.Disowned)
	}
	return fmt.Sprintf("%d objects previewed", status.Counts.Total)
}

// isAnswered reports whether a preview has its answer, or will never have one.
func isAnswered(preview *v1alpha1.BaselinePreview) bool {
	ready := meta.FindStatusCondition(preview.Status.Conditions, v1alpha1.ConditionReady)
	return ready != nil && ready.Status != metav1.ConditionUnknown
}

func refusedStatus(preview *v1alpha1.BaselinePreview, reason, message string) *v1alpha1.BaselinePreviewStatus {
	status := &v1alpha1.BaselinePreviewStatus{}
	setAnswer(status, preview, metav1.ConditionFalse, reason, message)
	return status
}

func setAnswer(status *v1alpha1.BaselinePreviewStatus, preview *v1alpha1.BaselinePreview, answer metav1.ConditionStatus, reason, message string) {
	meta.SetStatusCondition(&status.Conditions, metav1.Condition{
		Type: v1alpha1.ConditionReady, Status: answer, Reason: reason, Message: v1alpha1.Cut(message), ObservedGeneration: preview.Generation,
	})
}

// writeAnswer writes the complete status, and ignores a preview that is gone.
func writeAnswer(ctx context.Context, c client.Client, preview *v1alpha1.BaselinePreview, status *v1alpha1.BaselinePreviewStatus) error {
	return client.IgnoreNotFound(writeStatus(ctx, c, preview, status))
}

// writeStatus writes the status to the resource version that was read, so that two answers never mix, and sets the version that it
// becomes.
func writeStatus(ctx context.Context, c client.Client, preview *v1alpha1.BaselinePreview, status *v1alpha1.BaselinePreviewStatus) error {
	answered := preview.DeepCopy()
	answered.Status = *status
	answered.ManagedFields = nil // an update without them leaves them as they are
	if err := c.Status().Update(ctx, answered, client.FieldOwner(v1alpha1.FieldManager)); err != nil {
		return fmt.Errorf("writing the answer of preview %s: %w", preview.Name, err)
	}
	preview.ResourceVersion = answered.ResourceVersion
	return nil
}
