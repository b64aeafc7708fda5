package records

import (
	"errors"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"seedbed.dev/seedbed/pkg/internal/apierr"
)

// ErrAltered reports that the API server stored another record than it was sent.
var ErrAltered = errors.New("the stored record differs from the sealed one")

// IsRefusal reports whether the API server refused a record, for example by a quota or a policy, or stored it changed.
func IsRefusal(err error) bool {
	var status apierrors.APIStatus
	switch {
	case errors.Is(err, ErrAltered):
		return true
	case !errors.As(err, &status), apierr.IsTransient(err), apierrors.IsNotFound(err), apierrors.IsConflict(err):
		return false
	default:
		code := status.Status().Code
		return code >= http.StatusBadRequest && code < http.StatusInternalServerError
	}
}

// IsNamespaceMissing reports whether an error may mean that the namespace is gone or being deleted. It may also come from a
// webhook, or from a path that the API server does not serve.
func IsNamespaceMissing(err error) bool {
	return apierrors.IsNotFound(err) || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause)
}
