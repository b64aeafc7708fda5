package apply

import (
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/internal/apierr"
)

// ErrNamespaceGone is the error of a target namespace that is missing or being deleted: nothing more can be written.
var ErrNamespaceGone = errors.New("the namespace is gone or being deleted")

// ErrNotServed is the error of a kind that the cluster does not serve. It may, once a CRD is installed.
var ErrNotServed = errors.New("the cluster does not serve this kind")

// errBeingDeleted is the error of an object whose predecessor is still being deleted.
var errBeingDeleted = errors.New("an object of this name is still being deleted")

// errNoRole is the error of a RoleBinding without its role, which the API server reports as a missing RoleBinding.
var errNoRole = errors.New("the role that it binds is not there")

// errAbsent is the error of an object that does not exist. It is worth a retry right after AlreadyExists.
var errAbsent = errors.New("there is no object of this name")

// classifyError wraps ErrNamespaceGone around the API server's errors about a missing or terminating namespace.
func classifyError(err error) error {
	switch {
	case err == nil:
		return nil
	case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause), missingResource(err) == schema.GroupResource{Resource: "namespaces"}:
		return fmt.Errorf("%w: %w", ErrNamespaceGone, err)
	default:
		return err
	}
}

// isRoleNotFound reports whether a RoleBinding was refused because its role does not exist. The API server then names the role
// and calls it a RoleBinding.
func isRoleNotFound(err error) bool { return missingResource(err).Group == rbacv1.GroupName }

// missingResource returns the resource of the object that was not found; it is empty if the API server does not know the path.
func missingResource(err error) (resource schema.GroupResource) {
	var status apierrors.APIStatus
	if !apierrors.IsNotFound(err) || !errors.As(err, &status) || status.Status().Details == nil ||
		apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse) {
		return resource
	}
	details := status.Status().Details
	return schema.GroupResource{Group: details.Group, Resource: details.Kind}
}

// isUnknownPath reports whether the API server does not know the path of a request, because it does not serve the kind there.
func isUnknownPath(err error) bool { return apierrors.IsNotFound(err) && missingResource(err).Empty() }

// isTransient reports whether the same write may succeed a moment later: the API server is overloaded or unreachable, or another
// writer was faster.
func isTransient(err error) bool {
	switch {
	case err == nil, errors.Is(err, ErrNamespaceGone), apierrors.IsNotFound(err), apierrors.IsMethodNotSupported(err), isTooLarge(err):
		return false
	case apierrors.IsConflict(err), errors.Is(err, errBeingDeleted), errors.Is(err, errAbsent), isQuotaNotCounted(err):
		return true
	case apierrors.IsUnexpectedServerError(err): // something in front of the API server answered
		return true
	default:
		return apierr.IsTransient(err)
	}
}

// isQuotaNotCounted reports whether a ResourceQuota refused the object because the controller manager has not counted it yet. The
// API server gives that refusal no reason of its own, so the text decides.
func isQuotaNotCounted(err error) bool {
	return apierrors.IsForbidden(err) && strings.Contains(err.Error(), "status unknown for quota")
}

// isTooLarge reports whether an object is too large for etcd. The API server passes on etcd's error as an internal one, so the text
// decides.
func isTooLarge(err error) bool {
	return apierr.IsTransient(err) &&
		(strings.Contains(err.Error(), "etcdserver: request is too large") || strings.Contains(err.Error(), "trying to send message larger than max"))
}
