package admission

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"syscall"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestOnlyUnansweredRequestsAreRepeated(t *testing.T) {
	reviews := schema.GroupResource{Group: "authorization.k8s.io", Resource: "subjectaccessreviews"}
	connection := func(cause error) error { return &url.Error{Op: "Post", URL: "https://10.0.0.1", Err: cause} }
	tests := []struct {
		name string
		err  error
		want bool
	}{
		{name: "an answer", err: nil, want: false},
		{name: "no permission to ask", err: apierrors.NewForbidden(reviews, "", errors.New("RBAC")), want: false},
		{name: "a bad question", err: apierrors.NewBadRequest("no user"), want: false},
		{name: "too many questions", err: apierrors.NewTooManyRequests("later", 1), want: false}, // the client has repeated it already
		{name: "the requester is gone", err: connection(context.Canceled), want: false},
		{name: "too late", err: connection(context.DeadlineExceeded), want: false},
		{name: "the port is closed", err: connection(syscall.ECONNREFUSED), want: true},
		{name: "the connection is cut", err: connection(syscall.ECONNRESET), want: true},
		{name: "the API server is not ready", err: apierrors.NewServiceUnavailable("starting"), want: true},
		{name: "the API server has lost etcd", err: apierrors.NewInternalError(errors.New("etcdserver: no leader")), want: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := isUnanswered(test.err); got != test.want {
				t.Errorf("%v: %t, want %t", test.err, got, test.want)
			}
			if got := isUnanswered(fmt.Errorf("asking: %w", test.err)); test.err != nil && got != test.want {
				t.Errorf("%v, wrapped: %t, want %t", test.err, got, test.want)
			}
		})
	}
}
