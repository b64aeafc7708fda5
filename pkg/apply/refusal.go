package apply

import (
	"context"
	"errors"
	"fmt"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// ErrNotRecreated is the error of an object that was deleted to be created anew, and could not be created. Apply must create it
// later, because Update would take it for one that a tenant deleted.
var ErrNotRecreated = errors.New("it was deleted to be made anew, and is not there yet")

// errNotAnnounced is the error of an object that was not deleted to be created anew, because that could not be recorded.
var errNotAnnounced = errors.New("its deletion could not be recorded")

// runsOnce are the kinds whose objects run once, so that another one in their place would run again.
var runsOnce = map[schema.GroupKind]bool{
	{Kind: "Pod"}:                           true,
	{Group: batchv1.GroupName, Kind: "Job"}: true,
}

// isRefusal reports whether the API server refused to write the object, and a retry would not help.
func (u *updating) isRefusal(err error) bool {
	var status apierrors.APIStatus
	return errors.As(err, &status) && !isTransient(err) && !u.isAbsent(err) && !isUnknownPath(err) &&
		!errors.Is(classifyError(err), ErrNamespaceGone) && !errors.Is(err, ErrNotRecreated) && !errors.Is(err, errNotAnnounced)
}

// settleRefusal handles the refused update of an object. It recreates one that no other writer has changed, if its kind is
// recreatable.
func (u *updating) settleRefusal(ctx context.Context, c *comparison, refused error) error {
	switch {
	case apierrors.IsInvalid(refused) && runsOnce[u.object.Kind.GroupKind()]:
		u.change.keep("runs once")
		return nil
	case u.isRecreatable(refused) && (c.isSole || u.isUntouched(c)) && len(c.live.GetFinalizers()) == 0:
		refused = u.recreate(ctx, c, refused)
	case u.target.Update:
		refused = u.recreateIfImmutable(ctx, c.live, u.body(), refused)
	}
	if u.isRefusal(refused) {
		return u.keepRefused(ctx, c, refused)
	}
	if refused == nil {
		u.change.Result = Updated
	}
	return refused
}

// keepRefused keeps an object whose update was refused if another writer has changed it, so that no tenant stops a rollout. It
// returns the error refused otherwise. A finalizer is another writer's change too: without it, the object would be recreated.
func (u *updating) keepRefused(ctx context.Context, c *comparison, refused error) error {
	if held := c.live.GetFinalizers(); len(held) > 0 && u.isRecreatable(refused) && !u.isInvalidAnywhere(ctx) {
		u.change.keep("has the finalizer " + held[0] + refusedFields(refused))
		return nil
	}
	if u.isUntouched(c) || c.isSole && u.isInvalidAnywhere(ctx) {
		return refused
	}
	u.change.keep("was changed " + byManagers(otherManagers(c.entries, c.manager)) + refusedFields(refused))
	return nil
}

// recreate deletes the object as it was read, and creates the desired one.
func (u *updating) recreate(ctx context.Context, c *comparison, refused error) error {
	if !u.isValidAnew(ctx, u.body()) {
		return refused
	}
	if err := u.deleteAnnounced(ctx, c); err != nil {
		return err
	}
	u.change.addWarning("has fields that cannot be changed; deleted and made anew")
	if u.client.dry {
		return nil
	}
	return u.createAgain(ctx)
}

// deleteAnnounced deletes the object as it was read. It first announces that the object will be created anew, unless the next
// attempt would create an absent one anyway.
func (u *updating) deleteAnnounced(ctx context.Context, c *comparison) error {
	if u.earlier.Announce != nil && !u.client.dry && !u.target.Update && !u.earlier.Missing {
		if err := u.earlier.Announce(ctx); err != nil {
			return fmt.Errorf("%w: %w", errNotAnnounced, err)
		}
	}
	uid, version := c.live.GetUID(), c.live.GetResourceVersion()
	err := u.deleteLive(ctx, metav1.Preconditions{UID: &uid, ResourceVersion: &version})
	u.deleting, u.deleted = isTransient(err) && !apierrors.IsConflict(err), err == nil
	return err
}

// createAgain creates the object after it was deleted.
func (u *updating) createAgain(ctx context.Context) error {
	err := u.create(ctx, u.body())
	switch {
	case err == nil:
		u.change.Result = Updated
		return nil
	case apierrors.IsAlreadyExists(err): // another client was faster
		u.deleted = false
		return errBeingDeleted
	default:
		return fmt.Errorf("%w: %w", ErrNotRecreated, u.classifyRefusal(err))
	}
}

// isInvalidAnywhere reports whether the API server refuses the object in any namespace. If not, the live object is the reason, even
// if Seedbed is its only manager: a tenant can write under any manager's name.
func (u *updating) isInvalidAnywhere(ctx context.Context) bool {
	return apierrors.IsInvalid(u.client.dryRunCreate(ctx, u.at, u.body()))
}

// refusedFields returns a clause with the fields that the API server refuses to change.
func refusedFields(refused error) string {
	var status apierrors.APIStatus
	var fields []string
	if errors.As(refused, &status) && status.Status().Details != nil {
		for _, cause := range status.Status().Details.Causes {
			if cause.Field != "" && len(fields) < maxReasons {
				fields = append(fields, cause.Field)
			}
		}
	}
	if len(fields) == 0 {
		return ", and the API server refuses the update"
	}
	return fmt.Sprintf(", and the API server refuses to update %s", strings.Join(fields, " and "))
}
