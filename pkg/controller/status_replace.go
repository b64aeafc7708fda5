package controller

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/apierr"
)

// replaceStatus writes the whole status of a record, and nothing else, to the record of that very UID. It costs the API
// server less than a patch, which it has to apply to the stored object first: a custom resource's is decoded, checked and
// encoded once more for that, and a record is written for every namespace. (That the status is atomic, one field to
// whoever keeps account of owners, spares it as much again.) It needs the version that was read: where that is not the
// newest any more, because somebody labelled the record say, the newest is read.
func replaceStatus(ctx context.Context, c client.Client, live client.Reader, record *v1alpha1.BaselineRestore, status v1alpha1.BaselineRestoreStatus) error {
	var last error
	err := wait.ExponentialBackoffWithContext(ctx, statusRetries, func(ctx context.Context) (bool, error) {
		last = replaceOnce(ctx, c, live, record, status, apierrors.IsConflict(last))
		return !apierr.IsTransient(last) && !apierrors.IsConflict(last), nil
	})
	switch {
	case last == nil:
		return statusError(record, err)
	case apierrors.IsConflict(last):
		return fmt.Errorf("writing the status of %s: it keeps changing: %w", record.Name, last)
	}
	return statusError(record, last)
}

func replaceOnce(ctx context.Context, c client.Client, live client.Reader, record *v1alpha1.BaselineRestore, status v1alpha1.BaselineRestoreStatus, behind bool) error {
	if behind {
		if err := readNewest(ctx, live, record); err != nil {
			return err
		}
	}
	record.Status = status
	record.ManagedFields = nil // who leaves them out leaves them as they are
	return c.Status().Update(ctx, record, client.FieldOwner(v1alpha1.FieldManager))
}

// renew reads the newest version of a record. Another one of its name is no version of it.
func readNewest(ctx context.Context, live client.Reader, record *v1alpha1.BaselineRestore) error {
	newest := &v1alpha1.BaselineRestore{}
	if err := live.Get(ctx, client.ObjectKeyFromObject(record), newest); err != nil {
		return err
	}
	if newest.UID != record.UID {
		return fmt.Errorf("%w: its UID is %s", errGone, newest.UID)
	}
	*record = *newest
	return nil
}
