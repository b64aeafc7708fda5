//go:build e2e

package e2e

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"syscall"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// outcome is the result of a create.
type outcome string

const (
	admitted outcome = "admitted"
	// refused by Seedbed, or because the API server could not call it.
	refused outcome = "refused"
	// away: the API server gave no answer, or could not reach etcd. This is no refusal.
	away outcome = "away"
)

var knowsNoService = regexp.MustCompile(`failed to call webhook: Post "[^"]+": service "[^"]+" not found$`)

// classifyError separates a refusal from an unavailable API server. An unknown error counts as a refusal.
func classifyError(err error) outcome {
	var status apierrors.APIStatus
	switch {
	case err == nil:
		return admitted
	case knowsNoService.MatchString(err.Error()): // a starting API server has not read the Services yet
		return away
	case strings.Contains(err.Error(), `webhook "`): // it denied the request, or failed to be called
		return refused
	case errors.Is(err, context.DeadlineExceeded): // a minute without an answer counts as a refusal
		return refused
	case !errors.As(err, &status): // the connection was refused, or cut
		return away
	case status.Status().Code >= http.StatusInternalServerError, apierrors.IsTooManyRequests(err):
		return away
	case strings.Contains(status.Status().Message, "not yet ready to handle request"): // it is still starting
		return away
	default:
		return refused
	}
}

func TestClassifyErrorSeparatesRefusalFromOutage(t *testing.T) {
	namespaces := schema.GroupResource{Resource: "namespaces"}
	connection := func(cause error) error {
		return &url.Error{Op: "Post", URL: "https://10.0.0.1/api/v1/namespaces", Err: cause}
	}
	tests := []struct {
		name string
		err  error
		want outcome
	}{
		{"no error", nil, admitted},
		{"denied", apierrors.NewForbidden(namespaces, "a", errors.New(`admission webhook "choose.seedbed.dev" denied the request: no`)), refused},
		{"Seedbed's replica is out of reach", apierrors.NewInternalError(errors.New(`failed calling webhook "choose.seedbed.dev": failed to call webhook: Post "https://a.b.svc": connection refused`)), refused},
		{"the API server knows no Services yet", apierrors.NewInternalError(errors.New(`failed calling webhook "choose.seedbed.dev": failed to call webhook: Post "https://a.b.svc:443/x?timeout=10s": service "a" not found`)), away},
		{"no permission", apierrors.NewForbidden(namespaces, "a", errors.New("RBAC")), refused},
		{"something else", apierrors.NewConflict(namespaces, "a", errors.New("changed")), refused},
		{"no answer in a minute", connection(context.DeadlineExceeded), refused},
		{"the API server's port is closed", connection(syscall.ECONNREFUSED), away},
		{"the API server's connection is cut", connection(syscall.ECONNRESET), away},
		{"etcd is away", apierrors.NewInternalError(errors.New("etcdserver: request timed out")), away},
		{"too many", apierrors.NewTooManyRequests("later", 1), away},
		{"the API server is starting", apierrors.NewForbidden(namespaces, "a", errors.New("not yet ready to handle request")), away},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := classifyError(test.err); got != test.want {
				t.Errorf("%v is %s, want %s", test.err, got, test.want)
			}
		})
	}
}
