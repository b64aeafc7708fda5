package integration

import (
	"errors"
	"net/http"

	"k8s.io/client-go/rest"
)

var errNetwork = errors.New("the network is gone")

// interceptor wraps the transport to the API server. before may refuse a request, after may lose its response;
// each may be nil.
type interceptor struct {
	next          http.RoundTripper
	before, after func(*http.Request) error
}

func (i *interceptor) RoundTrip(request *http.Request) (*http.Response, error) {
	if i.before != nil {
		if err := i.before(request); err != nil {
			return nil, err
		}
	}
	response, err := i.next.RoundTrip(request)
	if err != nil || i.after == nil {
		return response, err
	}
	if err := i.after(request); err != nil {
		return nil, errors.Join(err, response.Body.Close())
	}
	return response, nil
}

// interceptedConfig returns the administrator's configuration with an interceptor.
func interceptedConfig(before, after func(*http.Request) error) *rest.Config {
	config := testCluster.Config()
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return &interceptor{next: next, before: before, after: after}
	})
	return config
}
