package apierr

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"

	"golang.org/x/net/http2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// IsTransient reports whether the same request may succeed a moment later, because the API server is overloaded,
// unreachable or broke the connection. A conflict is not transient: the same request conflicts again unless the
// object is read anew.
func IsTransient(err error) bool {
	var status apierrors.APIStatus
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return false
	case errors.As(err, &status):
		return isTransientCode(status.Status().Code) || IsThrottled(err)
	default:
		return isNetwork(err)
	}
}

// IsThrottled reports whether the API server is overloaded.
func IsThrottled(err error) bool {
	return apierrors.IsTooManyRequests(err) || apierrors.IsServiceUnavailable(err) || apierrors.IsServerTimeout(err) || apierrors.IsTimeout(err)
}

// IsObjectNotFound reports whether the API server serves the kind and has no such object. It also answers 404 for an
// unknown path, for example while a CRD is missing.
func IsObjectNotFound(err error) bool {
	return apierrors.IsNotFound(err) && !apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse)
}

func isTransientCode(code int32) bool {
	return code == http.StatusRequestTimeout || code == http.StatusTooManyRequests ||
		code >= http.StatusInternalServerError
}

// isNetwork reports whether an error is a connection's: it was not established, it broke, or no response arrived in
// time.
func isNetwork(err error) bool {
	var (
		request *url.Error
		network net.Error
		stream  http2.StreamError
	)
	return errors.As(err, &request) || errors.As(err, &network) || errors.As(err, &stream) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
