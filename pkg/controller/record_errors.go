package controller

import (
	"errors"
	"fmt"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/apierr"
)

// errRecordAltered reports that the API server stored another record than it was sent.
var errRecordAltered = errors.New("the stored record differs from the sealed one")

// describeUnrecorded returns the condition's reason and the error of a restore whose record could not be written. A refusal needs
// a change by a person; any other error is retried.
func describeUnrecorded(err error) (reason string, described error) {
	if isRefusal(err) {
		return v1alpha1.ReasonRecordRefused, fmt.Errorf("its objects are restored, and its record is refused: %w", err)
	}
	return v1alpha1.ReasonRecordPending, fmt.Errorf("its objects are restored, and its record could not be written yet: %w", err)
}

// isRefusal reports whether the API server refused a record, for example by a quota or a policy, or stored it changed.
func isRefusal(err error) bool {
	var status apierrors.APIStatus
	switch {
	case errors.Is(err, errRecordAltered):
		return true
	case !errors.As(err, &status), apierr.IsTransient(err), apierrors.IsNotFound(err), apierrors.IsConflict(err):
		return false
	default:
		code := status.Status().Code
		return code >= http.StatusBadRequest && code < http.StatusInternalServerError
	}
}

// isNamespaceMissing reports whether an error may mean that the namespace is gone or being deleted. It may also come from a
// webhook, or from a path that the API server does not serve.
func isNamespaceMissing(err error) bool {
	return apierrors.IsNotFound(err) || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause)
}
