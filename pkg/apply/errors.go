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

// ErrNamespaceGone says that the target namespace is missing or being deleted: nothing more can be written.
var ErrNamespaceGone = errors.New("the namespace is gone or being deleted")

// ErrNotServed says that the cluster knows no such kind; it may once a CRD is installed.
var ErrNotServed = errors.New("the cluster does not serve this kind")

// errBeingDeleted says that an object of that name is still on its way out.
var errBeingDeleted = errors.New("an object of this name is still being deleted")

// errNoRole says what the API server does not.
var errNoRole = errors.New("the role that it binds is not there")

// errAbsent says that there is no object of that name. Right after the API server said that there is one, it is
// worth another try.
var errAbsent = errors.New("there is no object of this name")

// classify turns an API server's error into one that callers can tell apart.
func classify(err error) error {
	switch {
	case err == nil:
		return nil
	case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause), namespaceNotFound(err):
		return fmt.Errorf("%w: %w", ErrNamespaceGone, err)
	default:
		return err
	}
}

func namespaceNotFound(err error) bool {
	return notFound(err) == schema.GroupResource{Resource: "namespaces"}
}

// roleNotFound says that a RoleBinding was refused since there is no such role. The API server then names the role and
// calls it a RoleBinding.
func roleNotFound(err error) bool { return notFound(err).Group == rbacv1.GroupName }

// notFound is what the API server does not find: not that it does not know the path.
func notFound(err error) (resource schema.GroupResource) {
	var status apierrors.APIStatus
	if !apierrors.IsNotFound(err) || !errors.As(err, &status) || status.Status().Details == nil ||
		apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse) {
		return resource
	}
	details := status.Status().Details
	return schema.GroupResource{Group: details.Group, Resource: details.Kind}
}

// transient reports whether the same write may succeed a moment later: the API server is overloaded or away, or another
// writer was quicker.
func transient(err error) bool {
	switch {
	case err == nil, errors.Is(err, ErrNamespaceGone), apierrors.IsNotFound(err), apierrors.IsMethodNotSupported(err):
		return false
	case apierrors.IsConflict(err), errors.Is(err, errBeingDeleted), errors.Is(err, errAbsent), quotaNotCounted(err):
		return true
	case apierrors.IsUnexpectedServerError(err): // not the API server's own answer, but that of something before it
		return true
	default:
		return apierr.IsTransient(err)
	}
}

// quotaNotCounted recognises the refusal that a ResourceQuota causes between its creation and its first
// count by the controller manager; the API server gives it no reason of its own.
func quotaNotCounted(err error) bool {
	return apierrors.IsForbidden(err) && strings.Contains(err.Error(), "status unknown for quota")
}
