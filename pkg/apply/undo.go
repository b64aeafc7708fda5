package apply

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Undo deletes the objects that changes created in a namespace, by UID. It is needed if the namespace was deleted and created
// again under the same name while its objects were being written.
func (a *Applier) Undo(ctx context.Context, namespace string, changes []Change) error {
	var failed []error
	for _, change := range changes {
		if change.created.uid == "" {
			continue
		}
		at := place{resource: change.resource, namespace: namespace}
		err := retryTransient(ctx, func() error {
			err := a.client.deleteByUID(ctx, at, change.created.name, change.created.uid)
			if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
				return nil // deleted already, or another object of that name
			}
			return err
		})
		if err != nil {
			failed = append(failed, fmt.Errorf("taking back %s: %w", change.Key, err))
		}
	}
	return errors.Join(failed...)
}
