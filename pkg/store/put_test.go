package store

import (
	"context"
	"fmt"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// TestIsRefused covers the decision whether chunks may be removed after a failed commit: only if it can no longer be
// executed.
func TestIsRefused(t *testing.T) {
	secrets := schema.GroupResource{Resource: "secrets"}
	tests := map[string]struct {
		err  error
		want bool
	}{
		"conflict":             {err: apierrors.NewConflict(secrets, "web", nil), want: true},
		"exists":               {err: apierrors.NewAlreadyExists(secrets, "web"), want: true},
		"forbidden, wrapped":   {err: fmt.Errorf("write: %w", apierrors.NewForbidden(secrets, "web", nil)), want: true},
		"too many requests":    {err: apierrors.NewTooManyRequests("later", 1), want: true},
		"the server timed out": {err: apierrors.NewTimeoutError("slow", 1)},
		"internal error":       {err: apierrors.NewInternalError(context.DeadlineExceeded)},
		"no answer":            {err: context.DeadlineExceeded},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := isRefused(test.err); got != test.want {
				t.Errorf("refused(%v) is %t, want %t", test.err, got, test.want)
			}
		})
	}
}
