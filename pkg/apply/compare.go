package apply

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"seedbed.dev/seedbed/pkg/apply/merge"
)

// compareLive returns the object to write over a live one, without the restore's labels, and reports whether the live one equals
// it already. If they seem to differ, a dry run decides: the API server knows the defaults of a newer version and the fields
// that webhooks add to every object, which the backup may lack.
func (w *writing) compareLive(ctx context.Context, live, desired *unstructured.Unstructured) (written *unstructured.Unstructured, same bool, err error) {
	keepScale(live, desired)
	normalized := live.DeepCopy()
	w.target.Rules.Normalize(normalized)
	written = merge.Update(live, normalized, desired, w.labels().Values())
	if merge.Equal(written, live) {
		return written, true, nil
	}
	answer, err := w.client.dryRunReplace(ctx, w.at, w.object.Name, written)
	if err != nil {
		// The write itself reports a refusal, if there is one.
		return written, false, ignoreRefusal(err)
	}
	return written, merge.EqualAfterWrite(answer, live), nil
}

// ignoreRefusal returns nil for an error that refuses the object, and the error if a retry may succeed.
func ignoreRefusal(err error) error {
	if isTransient(err) && !apierrors.IsInternalError(err) {
		return err
	}
	return nil
}

// mergeServiceAccount adds the desired entries to a ServiceAccount that exists.
func (w *writing) mergeServiceAccount(ctx context.Context, live, desired *unstructured.Unstructured) error {
	merged := merge.ServiceAccount(live, desired, w.labels().Values(), w.target.Update)
	if merge.Equal(merged, live) {
		w.change.Result = Unchanged
		return nil
	}
	merge.AddLabels(merged, w.labels().Values())
	if err := w.client.replace(ctx, w.at, w.object.Name, merged, w.converted); err != nil {
		return err
	}
	w.change.Result = Updated
	return nil
}
