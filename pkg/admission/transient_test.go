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

func TestOnlyWhatGotNoAnswerIsAskedAgain(t *testing.T) {
	reviews := schema.GroupResource{Group: "authorization.k8s.io", Resource: "subjectaccessreviews"}
	connection := func(cause error) error { return &url.Error{Op: "Post", URL: "https://10.0.0.1", Err: cause} }
	tests := []struct {
		name string
		err  error
		want bool
	}{
		{"an answer", nil, false},
		{"no permission to ask", apierrors.NewForbidden(reviews, "", errors.New("RBAC")), false},
		{"a bad question", apierrors.NewBadRequest("no user"), false},
		{"too many questions", apierrors.NewTooManyRequests("later", 1), false}, // the client has waited and asked again already
		{"the requester is gone", connection(context.Canceled), false},
		{"too late", connection(context.DeadlineExceeded), false},
		{"the port is closed", connection(syscall.ECONNREFUSED), true},
		{"the connection is cut", connection(syscall.ECONNRESET), true},
		{"the API server is not ready", apierrors.NewServiceUnavailable("starting"), true},
		{"the API server has lost etcd", apierrors.NewInternalError(errors.New("etcdserver: no leader")), true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := unanswered(test.err); got != test.want {
				t.Errorf("%v: %t, want %t", test.err, got, test.want)
			}
			if got := unanswered(fmt.Errorf("asking: %w", test.err)); test.err != nil && got != test.want {
				t.Errorf("%v, wrapped: %t, want %t", test.err, got, test.want)
			}
		})
	}
}
