package apierr

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"syscall"
	"testing"

	"golang.org/x/net/http2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var things = schema.GroupResource{Group: "g", Resource: "things"}

func TestIsTransientExcludesPermanentErrors(t *testing.T) {
	answer := func(code int) error {
		return apierrors.NewGenericServerResponse(code, "create", things, "a", "", 0, true)
	}
	tests := map[string]struct {
		err  error
		want bool
	}{
		"no error":                    {},
		"too many requests":           {err: apierrors.NewTooManyRequestsError("busy"), want: true},
		"an internal error":           {err: apierrors.NewInternalError(errors.New("etcd")), want: true},
		"unavailable":                 {err: apierrors.NewServiceUnavailable("starting"), want: true},
		"a bad gateway":               {err: answer(http.StatusBadGateway), want: true},
		"a gateway that timed out":    {err: answer(http.StatusGatewayTimeout), want: true},
		"no answer within its time":   {err: apierrors.NewServerTimeout(things, "list", 1), want: true},
		"a timeout":                   {err: apierrors.NewTimeoutError("slow", 1), want: true},
		"a reset connection":          {err: syscall.ECONNRESET, want: true},
		"in a wrapping":               {err: fmt.Errorf("creating: %w", answer(http.StatusServiceUnavailable)), want: true},
		"a refused connection":        {err: &url.Error{Op: "Get", Err: syscall.ECONNREFUSED}, want: true},
		"a connection that broke":     {err: &url.Error{Op: "Post", Err: io.EOF}, want: true},
		"an answer that broke":        {err: fmt.Errorf("reading: %w", io.ErrUnexpectedEOF), want: true},
		"a stream that was reset":     {err: fmt.Errorf("reading: %w", http2.StreamError{Code: http2.ErrCodeInternal}), want: true},
		"no answer in time":           {err: &url.Error{Op: "Get", Err: context.DeadlineExceeded}, want: true},
		"given up":                    {err: &url.Error{Op: "Get", Err: context.Canceled}},
		"a conflict":                  {err: apierrors.NewConflict(things, "a", errors.New("changed"))},
		"forbidden":                   {err: apierrors.NewForbidden(things, "a", errors.New("no"))},
		"invalid":                     {err: apierrors.NewInvalid(schema.GroupKind{Kind: "Thing"}, "a", nil)},
		"not found":                   {err: apierrors.NewNotFound(things, "a")},
		"gone":                        {err: apierrors.NewResourceExpired("too old")},
		"of no request":               {err: errors.New("encoding")},
		"a refused page of no Status": {err: answer(http.StatusBadRequest)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := IsTransient(test.err); got != test.want {
				t.Errorf("IsTransient(%v) = %v, want %v", test.err, got, test.want)
			}
		})
	}
}

func TestIsObjectNotFound(t *testing.T) {
	tests := map[string]struct {
		err  error
		want bool
	}{
		"the object":      {err: apierrors.NewNotFound(things, "a"), want: true},
		"in a wrapping":   {err: fmt.Errorf("reading: %w", apierrors.NewNotFound(things, "a")), want: true},
		"the path":        {err: apierrors.NewGenericServerResponse(http.StatusNotFound, "get", things, "", "404 page not found", 0, true)},
		"another refusal": {err: apierrors.NewForbidden(things, "a", errors.New("no"))},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := IsObjectNotFound(test.err); got != test.want {
				t.Errorf("IsObjectNotFound(%v) = %v, want %v", test.err, got, test.want)
			}
		})
	}
}

func TestIsThrottled(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"none":                {},
		"too many requests":   {err: apierrors.NewTooManyRequestsError("busy"), want: true},
		"in a wrapping":       {err: fmt.Errorf("creating: %w", apierrors.NewServiceUnavailable("away")), want: true},
		"no answer in time":   {err: apierrors.NewServerTimeout(things, "create", 1), want: true},
		"a conflict":          {err: apierrors.NewConflict(things, "a", errors.New("changed"))},
		"a refusal, for good": {err: apierrors.NewForbidden(things, "a", errors.New("no"))},
	} {
		t.Run(name, func(t *testing.T) {
			if got := IsThrottled(test.err); got != test.want {
				t.Errorf("IsThrottled(%v) = %v, want %v", test.err, got, test.want)
			}
		})
	}
}
