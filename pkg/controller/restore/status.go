package restore

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/kube"
)

// replaceStatus writes the whole status of a restore, and nothing else, to the restore of that UID. It costs the API server less
// than a patch, for which a custom resource is decoded, validated and encoded once more. It needs the version that was read:
// after a conflict, for example because the restore was labelled, the newest version is read.
func replaceStatus(ctx context.Context, c client.Client, live client.Reader, wanted *v1alpha1.BaselineRestore, status v1alpha1.BaselineRestoreStatus) error {
	var last error
	return kube.RetryStatus(ctx, wanted, func(ctx context.Context) error {
		if apierrors.IsConflict(last) {
			if last = readNewest(ctx, live, wanted); last != nil {
				return last
			}
		}
		wanted.Status = status
		wanted.ManagedFields = nil // an update without them does not change them
		last = c.Status().Update(ctx, wanted, client.FieldOwner(v1alpha1.FieldManager))
		return last
	})
}

// readNewest reads the newest version of a restore. Another one of its name is no version of it.
func readNewest(ctx context.Context, live client.Reader, wanted *v1alpha1.BaselineRestore) error {
	newest := &v1alpha1.BaselineRestore{}
	if err := live.Get(ctx, client.ObjectKeyFromObject(wanted), newest); err != nil {
		return err
	}
	if newest.UID != wanted.UID {
		return fmt.Errorf("%w: its UID is %s", kube.ErrGone, newest.UID)
	}
	*wanted = *newest
	return nil
}
