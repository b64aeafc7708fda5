package apply

import (
	"context"
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// Prune deletes an object that a baseline wrote and that its newer backup lacks, if nobody else has a part in it: it has the
// baseline's label, Seedbed alone has written it and no field was removed, and it has no finalizer and no owner. Otherwise the object
// is kept, with the reason. The Change of an object that does not exist has no Result.
func (a *Applier) Prune(ctx context.Context, target Target, object manifest.Object, earlier Earlier) Change {
	change := a.write(ctx, target, object, func(w *writing) attempt { return (&updating{writing: w, earlier: earlier}).tryPrune })
	if errors.Is(change.Err, ErrNotServed) {
		change.Result, change.Err = "", nil // no object of the kind is left to be deleted
	}
	return change
}

// PreviewPrune returns the result that Prune would have, and changes nothing: the deletion is a dry run.
func (a *Applier) PreviewPrune(ctx context.Context, target Target, object manifest.Object, earlier Earlier) Change {
	dry := &Applier{client: a.client.dryRun(), resolver: a.resolver, comparison: a.comparison}
	return dry.Prune(ctx, target, object, earlier)
}

func (u *updating) tryPrune(ctx context.Context) error {
	u.change.Result = ""
	raw, err := u.client.get(ctx, u.at, u.object.Name)
	switch {
	case u.isAbsent(err):
		return nil
	case err != nil:
		return u.classifyRefusal(err)
	}
	defer u.comparison.acquireFor(ctx, len(raw)+int(u.object.Body.Size()))()
	live, err := u.decodeLive(raw)
	if err != nil {
		return err
	}
	if live.GetDeletionTimestamp() != nil {
		u.change.Result = Deleted // by an earlier attempt, or another client was faster
		return nil
	}
	reason, err := u.whyKept(ctx, live)
	if err != nil {
		return err
	}
	if reason != "" {
		u.change.keep(reason)
		return nil
	}
	uid, version := live.GetUID(), live.GetResourceVersion()
	err = u.client.deleteObject(ctx, u.at, u.object.Name, metav1.Preconditions{UID: &uid, ResourceVersion: &version})
	switch {
	case u.isAbsent(err):
		return nil
	case err != nil:
		return u.classifyRefusal(err)
	}
	u.change.Result = Deleted
	return nil
}

// whyKept returns a clause with the reason why an object is not pruned; empty if it may be.
func (u *updating) whyKept(ctx context.Context, live *unstructured.Unstructured) (string, error) {
	if reason := u.disowned(live); reason != "" {
		return reason, nil
	}
	if held := live.GetFinalizers(); len(held) > 0 {
		return "has the finalizer " + held[0], nil
	}
	if owners := live.GetOwnerReferences(); len(owners) > 0 { // a restore writes none
		return fmt.Sprintf("is owned by %s %s", owners[0].Kind, owners[0].Name), nil
	}
	c, err := u.newComparison(ctx, live, live)
	switch {
	case err != nil:
		return "", err
	case !c.isOwned:
		return "was changed " + byManagers(otherManagers(c.entries, c.manager)), nil
	case !c.isSole:
		return "lacks a field that was removed here", nil
	default:
		return "", nil
	}
}
