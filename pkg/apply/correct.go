package apply

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"seedbed.dev/seedbed/pkg/apply/merge"
	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// Correct puts a live object back to the one that a baseline wrote, as far as Inspect finds that it differs. Its Change is Created
// for an object that was missing, Updated for one that differed, and Unchanged for one that does not differ any more. An object
// without the owner label is kept, unless the target replaces what a tenant has in its place.
func (a *Applier) Correct(ctx context.Context, target Target, object manifest.Object, inspection Inspection) Change {
	return a.write(ctx, target, object, func(w *writing) attempt {
		return (&inspecting{updating: &updating{writing: w}, Inspection: inspection, drift: &Drift{}}).tryCorrect
	})
}

func (i *inspecting) tryCorrect(ctx context.Context) error {
	live, written, err := i.compare(ctx)
	switch {
	case errors.Is(err, errAbsent):
		err := i.create(ctx, i.body())
		if apierrors.IsAlreadyExists(err) {
			return errBeingDeleted // another client created it meanwhile
		}
		return i.classifyRefusal(err)
	case err != nil:
		return i.classifyRefusal(err)
	case i.drift.State == NoDrift:
		i.change.Result = Unchanged
		return nil
	case i.isHeld(live) && merge.Equal(written, live):
		i.change.keep(i.drift.Reason)
		return nil
	case i.drift.State == DriftDisowned && !i.target.Replace:
		i.change.keep(i.drift.Reason)
		return nil
	}
	if owner := i.otherOwner(live); owner != "" {
		i.change.keep(i.drift.Reason)
		i.change.Owner = owner
		return nil
	}
	merge.AddLabels(written, i.labels().Values())
	err = i.client.replace(ctx, i.at, i.object.Name, written, i.converted)
	if err != nil {
		err = i.recreateIfImmutable(ctx, live, i.body(), err)
	}
	if err == nil {
		i.change.Result = Updated
	}
	return err
}
