package capture

import (
	"context"
	"errors"
	"syscall"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestPassing(t *testing.T) {
	secrets := schema.GroupResource{Resource: "secrets"}
	tests := map[string]struct {
		err  error
		want bool
	}{
		"none":                 {},
		"unavailable":          {err: apierrors.NewServiceUnavailable("starting"), want: true},
		"too many requests":    {err: apierrors.NewTooManyRequests("later", 1), want: true},
		"server timeout":       {err: apierrors.NewServerTimeout(secrets, "list", 1), want: true},
		"timeout":              {err: apierrors.NewTimeoutError("slow", 1), want: true},
		"internal":             {err: apierrors.NewInternalError(errors.New("etcd")), want: true},
		"connection refused":   {err: syscall.ECONNREFUSED, want: true},
		"connection reset":     {err: syscall.ECONNRESET, want: true},
		"forbidden":            {err: apierrors.NewForbidden(secrets, "", nil)},
		"not found":            {err: apierrors.NewNotFound(secrets, "")},
		"expired":              {err: apierrors.NewResourceExpired("too old")},
		"the caller has ended": {err: context.Canceled},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := passing(test.err); got != test.want {
				t.Errorf("passing(%v) is %t, want %t", test.err, got, test.want)
			}
		})
	}
}

func TestCall(t *testing.T) {
	busy, forbidden := apierrors.NewServiceUnavailable("starting"), apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "", nil)
	tests := map[string]struct {
		answers []error
		calls   int
		want    error
	}{
		"at once":            {answers: []error{nil}, calls: 1},
		"after a moment":     {answers: []error{busy, nil}, calls: 2},
		"never":              {answers: []error{busy, busy, busy, busy, nil}, calls: 4, want: busy},
		"refused for good":   {answers: []error{forbidden, nil}, calls: 1, want: forbidden},
		"refused in the end": {answers: []error{busy, forbidden, nil}, calls: 2, want: forbidden},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			got, err := call(t.Context(), func() (int, error) {
				calls++
				return calls, test.answers[calls-1]
			})
			if !errors.Is(err, test.want) || calls != test.calls || got != test.calls {
				t.Errorf("got %d and %v after %d calls, want %v after %d", got, err, calls, test.want, test.calls)
			}
		})
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := call(ended, func() (int, error) { return 0, busy }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}
