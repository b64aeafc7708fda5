package controller

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

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/apierr"
)

// errGone reports that the object was deleted, or replaced by another one of its name, since it was read.
var errGone = errors.New("deleted or replaced meanwhile")

// statusRetries bounds the retries of a status write after a transient error: the result of a restore must not be lost because
// the API server was overloaded for a moment.
var statusRetries = wait.Backoff{Duration: 50 * time.Millisecond, Factor: 3, Steps: 4, Jitter: 0.1}

// patchStatus writes the status of an object, and nothing else, to the object of that UID. A merge patch omits empty fields, so
// empties names the lists that the patch may have to clear.
func patchStatus(ctx context.Context, c client.Client, object client.Object, status any, empties ...string) error {
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
	var last error
	err = wait.ExponentialBackoffWithContext(ctx, statusRetries, func(ctx context.Context) (bool, error) {
		last = c.Status().Patch(ctx, object, client.RawPatch(kind, patch), client.FieldOwner(v1alpha1.FieldManager))
		// The patch names no version: a conflict means that the API server gave up against concurrent writers.
		return !apierr.IsTransient(last) && !apierrors.IsConflict(last), nil
	})
	if last == nil {
		last = err
	}
	return statusError(object, last)
}

// statusError wraps the error of a status write. It wraps errGone if the object to write to is gone.
func statusError(object client.Object, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errGone), apierr.IsObjectNotFound(err), isUIDMismatch(err):
		return fmt.Errorf("%s: %w: %w", object.GetName(), errGone, err)
	default:
		return fmt.Errorf("writing the status of %s: %w", object.GetName(), err)
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

// isUIDMismatch reports whether a patch was refused because its metadata.uid is another object's, as custom resources refuse it.
func isUIDMismatch(err error) bool {
	var status apierrors.APIStatus
	if !apierrors.IsInvalid(err) || !errors.As(err, &status) || status.Status().Details == nil {
		return false
	}
	for _, cause := range status.Status().Details.Causes {
		if cause.Field == "metadata.uid" {
			return true
		}
	}
	return false
}
