package capture

import (
	"context"
	"errors"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestRetryTransientIsBounded(t *testing.T) {
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
			got, err := retryTransient(t.Context(), func() (int, error) {
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
	if _, err := retryTransient(ended, func() (int, error) { return 0, busy }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}
