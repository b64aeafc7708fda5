package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"seedbed.dev/seedbed/pkg/apply/merge"
	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// Earlier is an object's content in earlier revisions of a baseline.
type Earlier struct {
	// Patch turns the held revision's object into the one to write; nil if the object cannot be patched. It must also be nil if
	// Objects returns several, because the patch changes only fields in which the held revision differs from the new one.
	Patch *manifest.Patch
	// Objects returns the object of each revision that may have written it, the held one first; none if their content is gone. It
	// is called only if the patch is refused or nil. It may be nil.
	Objects func(ctx context.Context) []manifest.Object
	// Unknown are the fields, each given by the names on its path, whose values in Objects are not the earlier ones: those depended on
	// the namespace, which has changed since.
	Unknown [][]string
	// Missing reports that the object may be absent although no tenant deleted it: then it is created.
	Missing bool
	// Announce is called before the object is deleted to be created anew. It keeps a crash between the two from looking like a
	// tenant's deletion. The object is not deleted if it fails. It may be nil.
	Announce func(ctx context.Context) error
}

// Update changes one object from the content of earlier revisions to a new one. If no other writer has changed the fields in which
// they differ, that is one call: the patch tests these fields and sets them. Otherwise Update reads the live object and decides.
// An object in which a tenant changed one of them is kept whole; with Update set in the target it is overwritten.
func (a *Applier) Update(ctx context.Context, target Target, object manifest.Object, earlier Earlier) Change {
	return a.write(ctx, target, object, func(w *writing) attempt {
		return (&updating{writing: w, earlier: earlier, patchable: earlier.Patch != nil && !w.converted}).tryUpdate
	})
}

// updating is the state of updating one object in one namespace.
type updating struct {
	*writing
	earlier Earlier
	// patchable reports that the patch was not refused yet.
	patchable bool
	// deleted reports that the object was deleted to be created anew, deleting that it may have been: the answer is unknown.
	deleted, deleting bool
}

func (u *updating) tryUpdate(ctx context.Context) error {
	if u.patchable {
		err := classifyError(u.client.patch(ctx, u.at, u.object.Name, u.earlier.Patch.Encode(u.target.Namespace, u.labels())))
		if err == nil {
			u.change.Result, u.change.Path = Updated, FastPath
		}
		if !mustRead(err) {
			return err
		}
		u.patchable = false
	}
	if u.deleted {
		return u.createAgain(ctx)
	}
	raw, err := u.client.get(ctx, u.at, u.object.Name)
	switch {
	case u.isAbsent(err) && u.deleting:
		u.deleted = true
		return u.createAgain(ctx)
	case u.isAbsent(err):
		return u.updateAbsent(ctx)
	case err != nil:
		return u.classifyRefusal(err)
	}
	u.change.Path = SlowPath
	defer u.comparison.acquireFor(ctx, len(raw)+int(u.object.Body.Size()))()
	live, err := u.decodeLive(raw)
	if err == nil {
		err = u.updateLive(ctx, live)
	}
	if u.isAbsent(err) {
		return errAbsent // deleted meanwhile
	}
	return u.classifyRefusal(err)
}

// isAbsent reports whether the API server answered that the object does not exist.
func (u *updating) isAbsent(err error) bool {
	var status apierrors.APIStatus
	return !isUnknownPath(err) && apierrors.IsNotFound(err) && errors.As(err, &status) && status.Status().Details.Name == u.object.Name
}

// updateAbsent creates an object that the tenant deleted, or lets it stay deleted.
func (u *updating) updateAbsent(ctx context.Context) error {
	if !u.target.Update && !u.earlier.Missing {
		u.change.keep("was deleted here")
		return nil
	}
	err := u.create(ctx, u.body())
	if apierrors.IsAlreadyExists(err) {
		return errAbsent // another client created it meanwhile
	}
	return u.classifyRefusal(err)
}

func (u *updating) updateLive(ctx context.Context, live *unstructured.Unstructured) error {
	if live.GetDeletionTimestamp() != nil {
		u.change.keep("is being deleted")
		return nil
	}
	desired, err := decodeBody(u.object.Body.Encode(u.version, u.target.Namespace, manifest.Labels{}))
	if err != nil {
		return err
	}
	isAccount := u.object.Kind.GroupKind() == serviceAccount // whose "default" rarely has the label
	reason := u.disowned(live)
	if reason != "" && !isAccount && !u.target.Update {
		u.change.keep(reason)
		return nil
	}
	c, err := u.newComparison(ctx, live, desired)
	switch {
	case err != nil:
		return err
	case isAccount:
		return u.updateServiceAccount(ctx, c)
	case reason != "":
		return u.overwrite(ctx, c)
	default:
		return u.updateOwn(ctx, c)
	}
}

// disowned returns the reason why a live object does not belong to the target's baseline; empty if it does. Removing the label is
// a tenant's way to keep an object as it is.
func (u *updating) disowned(live *unstructured.Unstructured) string {
	key := u.target.OwnerLabel
	if key == "" {
		return ""
	}
	switch owner := live.GetLabels()[key]; owner {
	case u.target.Labels.Values()[key]:
		return ""
	case "":
		return "lacks the label " + key
	default:
		return fmt.Sprintf("belongs to the baseline %q", owner)
	}
}

// updateOwn updates an object that the baseline wrote.
func (u *updating) updateOwn(ctx context.Context, c *comparison) error {
	if len(c.bases) > 0 {
		merged, conflicts := c.threeWay(merge.ThreeWay)
		if len(conflicts) == 0 {
			return u.replace(ctx, c, merged)
		}
		c.conflicts = conflicts
	}
	written := merge.Update(c.live, c.normalized.DeepCopy(), c.desired.DeepCopy(), nil)
	switch {
	case c.isSole, merge.Equal(written, c.live):
		return u.replace(ctx, c, written)
	case u.target.Update:
		return u.overwrite(ctx, c)
	case c.isOwned: // the new object would bring back a field that was removed: only the changed ones are written
		merged, conflicts := c.threeWay(merge.ThreeWayOwned)
		if len(conflicts) == 0 {
			return u.replace(ctx, c, merged)
		}
		c.conflicts = conflicts
	}
	u.change.keep(c.reason())
	return nil
}

// overwrite makes an object like the new one, whatever was changed in it.
func (u *updating) overwrite(ctx context.Context, c *comparison) error {
	err := u.keepOrUpdate(ctx, c.live, c.desired, u.body())
	if u.isRefusal(err) {
		return u.keepRefused(ctx, c, err)
	}
	return err
}

// updateServiceAccount merges the lists of a ServiceAccount by name, because other controllers extend them.
func (u *updating) updateServiceAccount(ctx context.Context, c *comparison) error {
	if len(c.bases) == 0 {
		return u.replace(ctx, c, merge.ServiceAccount(c.live, c.desired, nil, u.target.Update))
	}
	merged, conflicts := merge.UpdateServiceAccount(c.live, c.normalized, c.desired, c.bases, c.isOwned)
	conflicts = slices.Concat(c.unknown, conflicts)
	switch {
	case len(conflicts) == 0:
		return u.replace(ctx, c, merged)
	case u.target.Update:
		return u.replace(ctx, c, merge.ServiceAccount(merged, c.desired, nil, true))
	default:
		c.conflicts = conflicts
		u.change.keep(c.reason())
		return nil
	}
}

// replace writes an object over the live one, unless they are equal: then an earlier attempt wrote it.
func (u *updating) replace(ctx context.Context, c *comparison, written *unstructured.Unstructured) error {
	u.change.Result = Updated
	if merge.Equal(written, c.live) {
		return nil
	}
	u.explainUpdate(c.live, written)
	merge.AddLabels(written, u.labels().Values())
	err := u.client.replace(ctx, u.at, u.object.Name, written, u.converted)
	if u.isRefusal(err) {
		return u.settleRefusal(ctx, c, err)
	}
	return err
}
