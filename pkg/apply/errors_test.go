package apply

import (
	"context"
	"errors"
	"net/http"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var things = schema.GroupResource{Group: "g", Resource: "things"}

func TestTransientErrors(t *testing.T) {
	terminating := apierrors.NewForbidden(things, "a", errors.New("being terminated"))
	terminating.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: corev1.NamespaceTerminatingCause}}
	tests := map[string]struct {
		err             error
		transient, gone bool
	}{
		"none":                                {err: nil},
		"too many requests":                   {err: apierrors.NewTooManyRequestsError("busy"), transient: true},
		"internal error":                      {err: apierrors.NewInternalError(errors.New("etcd")), transient: true},
		"service unavailable":                 {err: apierrors.NewServiceUnavailable("starting"), transient: true},
		"timeout":                             {err: apierrors.NewTimeoutError("slow", 1), transient: true},
		"bad gateway":                         {err: apierrors.NewGenericServerResponse(http.StatusBadGateway, "create", things, "a", "", 0, true), transient: true},
		"conflict":                            {err: apierrors.NewConflict(things, "a", errors.New("changed")), transient: true},
		"still being deleted":                 {err: errBeingDeleted, transient: true},
		"quota not counted yet":               {err: apierrors.NewForbidden(things, "a", errors.New("status unknown for quota: limits, resources: pods")), transient: true},
		"quota used up":                       {err: apierrors.NewForbidden(things, "a", errors.New("exceeded quota: limits"))},
		"forbidden":                           {err: apierrors.NewForbidden(things, "a", errors.New("no"))},
		"invalid":                             {err: apierrors.NewInvalid(schema.GroupKind{Kind: "Thing"}, "a", nil)},
		"kind not found":                      {err: apierrors.NewGenericServerResponse(http.StatusNotFound, "create", things, "", "", 0, true)},
		"the namespace is being deleted":      {err: terminating, gone: true},
		"the namespace was not found":         {err: apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "bar"), gone: true},
		"an object of that name is not found": {err: apierrors.NewNotFound(things, "a")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := classifyError(test.err)
			if isTransient(got) != test.transient {
				t.Errorf("transient = %v, want %v", isTransient(got), test.transient)
			}
			if errors.Is(got, ErrNamespaceGone) != test.gone {
				t.Errorf("namespace gone = %v, want %v", errors.Is(got, ErrNamespaceGone), test.gone)
			}
		})
	}
}

// The API server reports a missing role as a missing RoleBinding.
func TestRoleNotFound(t *testing.T) {
	bindings := schema.GroupResource{Group: "rbac.authorization.k8s.io", Resource: "rolebindings"}
	tests := map[string]struct {
		err  error
		want bool
	}{
		"none":            {nil, false},
		"the role":        {apierrors.NewNotFound(bindings, "reader"), true},
		"the path":        {apierrors.NewGenericServerResponse(http.StatusNotFound, "create", bindings, "", "404 page not found", 0, true), false},
		"the namespace":   {apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "bar"), false},
		"another refusal": {apierrors.NewForbidden(bindings, "reader", errors.New("no")), false},
		"no API server's": {errors.New("not found"), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := isRoleNotFound(test.err); got != test.want {
				t.Errorf("isRoleNotFound: %v", got)
			}
		})
	}
}

func TestRetryEndsWithSuccessOrTheLastError(t *testing.T) {
	busy := apierrors.NewTooManyRequestsError("busy")
	t.Run("until it succeeds", func(t *testing.T) {
		tries := 0
		err := retryTransient(t.Context(), func() error {
			if tries++; tries < 3 {
				return busy
			}
			return nil
		})
		if err != nil || tries != 3 {
			t.Errorf("%d tries, error %v; want 3 and none", tries, err)
		}
	})
	t.Run("not when it is for good", func(t *testing.T) {
		tries := 0
		err := retryTransient(t.Context(), func() error { tries++; return apierrors.NewForbidden(things, "a", errors.New("no")) })
		if !apierrors.IsForbidden(err) || tries != 1 {
			t.Errorf("%d tries, error %v; want 1 and forbidden", tries, err)
		}
	})
	t.Run("not after the end of its context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		tries := 0
		err := retryTransient(ctx, func() error { tries++; cancel(); return busy })
		if !apierrors.IsTooManyRequests(err) || tries != 1 {
			t.Errorf("%d tries, error %v; want 1 and too many requests", tries, err)
		}
	})
}
