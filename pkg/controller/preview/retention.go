package preview

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/queue"
	"seedbed.dev/seedbed/pkg/internal/kube"
)

// Retention decides which BaselinePreviews are answered, and bounds how many are kept and for how long. It ranks all of them at
// once: a user may create thousands, and ranking all of them for each one would take quadratic time.
type Retention struct {
	Client   client.Client
	Recorder Recorder
	Clock    clock.PassiveClock
	// Answer receives those to be answered.
	Answer chan<- event.GenericEvent

	// handed are the previews that were sent to Answer and have no answer yet. A single worker uses it.
	handed map[types.UID]bool
}

// allPreviews is the only request in the queue.
var allPreviews = queue.RequestFor("all")

// SetupWithManager watches previews, including those that exist when a leader begins.
func (r *Retention) SetupWithManager(mgr ctrl.Manager) error {
	all := handler.EnqueueRequestsFromMapFunc(func(context.Context, client.Object) []reconcile.Request {
		return []reconcile.Request{allPreviews}
	})
	return ctrl.NewControllerManagedBy(mgr).
		Named("preview-retention").
		Watches(&v1alpha1.BaselinePreview{}, all).
		WithOptions(queue.Options(mgr, "preview-retention", 1)).
		Complete(r)
}

// Reconcile hands over, refuses and deletes previews.
func (r *Retention) Reconcile(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
	var previews v1alpha1.BaselinePreviewList
	if err := r.Client.List(ctx, &previews, client.UnsafeDisableDeepCopy); err != nil {
		return reconcile.Result{}, fmt.Errorf("listing previews: %w", err)
	}
	ranks := rankPreviews(previews.Items, r.handed, r.Clock.Now())
	if err := r.handOver(ctx, ranks.answer); err != nil {
		return reconcile.Result{}, err
	}
	var failed []error
	for _, preview := range ranks.refuse {
		failed = append(failed, r.refusePreview(ctx, preview))
	}
	for _, preview := range ranks.drop {
		r.Recorder.Preview("Dropped", 0)
		failed = append(failed, kube.Delete(ctx, r.Client, preview))
	}
	for _, preview := range ranks.expired {
		failed = append(failed, kube.Delete(ctx, r.Client, preview))
	}
	return reconcile.Result{RequeueAfter: ranks.next}, errors.Join(failed...)
}

// handOver sends previews to Answer, each once.
func (r *Retention) handOver(ctx context.Context, previews []*v1alpha1.BaselinePreview) error {
	handed := make(map[types.UID]bool, len(previews))
	for _, preview := range previews {
		if !r.handed[preview.UID] {
			select {
			case r.Answer <- event.GenericEvent{Object: preview}:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		handed[preview.UID] = true
	}
	r.handed = handed
	return nil
}

func (r *Retention) refusePreview(ctx context.Context, preview *v1alpha1.BaselinePreview) error {
	r.Recorder.Preview(v1alpha1.ReasonTooManyPreviews, 0)
	most := fmt.Sprintf("%d of namespace %s", v1alpha1.MaxPreviewsOfNamespace, preview.Spec.Namespace)
	if preview.Spec.Fleet != nil {
		most = fmt.Sprintf("%d of fleets", v1alpha1.MaxFleetPreviews)
	}
	return writeAnswer(ctx, r.Client, preview, refusedStatus(preview, v1alpha1.ReasonTooManyPreviews, fmt.Sprintf(
		"%d previews are there already, or %s, which is the most: delete those that were read, or wait until they are deleted %s after their creation, then create this one again",
		v1alpha1.MaxPreviews, most, lifetimeOf(preview))))
}

// TrimCached is the transform of cached previews. It keeps the spec and the conditions: users bring the rest, and answers are
// large.
func TrimCached(object any) (any, error) {
	preview, ok := object.(*v1alpha1.BaselinePreview)
	if !ok {
		return object, nil
	}
	preview.ManagedFields, preview.Labels, preview.Annotations = nil, nil, nil
	preview.Status = v1alpha1.BaselinePreviewStatus{Conditions: preview.Status.Conditions}
	return preview, nil
}
