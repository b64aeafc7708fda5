package apply

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Undo takes back what changes created in a namespace: needed when the namespace was deleted and another
// one of that name made while its objects were being written. Each object is deleted by its UID.
func (a *Applier) Undo(ctx context.Context, namespace string, changes []Change) error {
	var failed []error
	for _, change := range changes {
		if change.created.uid == "" {
			continue
		}
		at := place{resource: change.resource, namespace: namespace}
		err := retry(ctx, func() error {
			err := a.client.remove(ctx, at, change.created.name, change.created.uid)
			if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
				return nil // gone already, or another object of that name
			}
			return err
		})
		if err != nil {
			failed = append(failed, fmt.Errorf("taking back %s: %w", change.Key, err))
		}
	}
	return errors.Join(failed...)
}
