package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/internal/apierr"
)

// ErrGone reports that the object was deleted, or replaced by another one of its name, since it was read.
var ErrGone = errors.New("deleted or replaced meanwhile")

// IgnoreGone returns nil for an error that wraps ErrGone, and other errors unchanged.
func IgnoreGone(err error) error {
	if errors.Is(err, ErrGone) {
		return nil
	}
	return err
}

// WriteRetries bounds the retries of a write after a transient error: the result of a restore must not be lost because the API
// server was overloaded for a moment.
var WriteRetries = wait.Backoff{Duration: 50 * time.Millisecond, Factor: 3, Steps: 4, Jitter: 0.1}

// PatchStatus writes the status of an object, and nothing else, to the object of that UID. A merge patch omits empty fields, so
// empties names the lists that the patch may have to clear.
func PatchStatus(ctx context.Context, c client.Client, fieldManager client.FieldOwner, object client.Object, status any, empties ...string) error {
	encoded, err := withNulls(status, empties)
	if err != nil {
		return fmt.Errorf("encoding the status of %s: %w", object.GetName(), err)
	}
	kind := types.MergePatchType
	if _, ok := object.(*corev1.Namespace); ok {
		kind = types.StrategicMergePatchType // merges conditions by type
	}
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"uid": object.GetUID()},
		"status":   encoded,
	})
	if err != nil {
		return fmt.Errorf("encoding the status of %s: %w", object.GetName(), err)
	}
	// The patch names no version: a conflict means that the API server gave up against concurrent writers.
	return RetryStatus(ctx, object, func(ctx context.Context) error {
		return c.Status().Patch(ctx, object, client.RawPatch(kind, patch), fieldManager)
	})
}

// PatchUnchangedStatus writes the differences between the statuses of two versions of an object. It is for lists that have several
// writers, such as conditions, which a merge patch replaces whole: it returns a conflict if the object has changed since it was
// read. An error wraps ErrGone if it was deleted.
func PatchUnchangedStatus(ctx context.Context, c client.Client, fieldManager client.FieldOwner, oldObj, newObj client.Object) error {
	patch := client.MergeFromWithOptions(oldObj, client.MergeFromWithOptimisticLock{})
	err := c.Status().Patch(ctx, newObj, patch, fieldManager)
	if apierr.IsObjectNotFound(err) {
		return fmt.Errorf("%s: %w: %w", oldObj.GetName(), ErrGone, err)
	}
	return err
}

// RetryStatus repeats a status write after transient errors and conflicts. Its error wraps ErrGone if the object to write to is
// gone.
func RetryStatus(ctx context.Context, object client.Object, write func(ctx context.Context) error) error {
	var last error
	err := wait.ExponentialBackoffWithContext(ctx, WriteRetries, func(ctx context.Context) (bool, error) {
		last = write(ctx)
		return !apierr.IsTransient(last) && !apierrors.IsConflict(last), nil
	})
	if last == nil {
		last = err
	}
	switch {
	case last == nil:
		return nil
	case errors.Is(last, ErrGone), apierr.IsObjectNotFound(last), IsUIDMismatch(last):
		return fmt.Errorf("%s: %w: %w", object.GetName(), ErrGone, last)
	default:
		return fmt.Errorf("writing the status of %s: %w", object.GetName(), last)
	}
}

// withNulls encodes a status, with null for each of the empties that it does not set.
func withNulls(status any, empties []string) (map[string]any, error) {
	raw, err := json.Marshal(status)
	if err != nil {
		return nil, err
	}
	fields := map[string]any{}
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, err
	}
	for _, field := range empties {
		if _, set := fields[field]; !set {
			fields[field] = nil
		}
	}
	return fields, nil
}
