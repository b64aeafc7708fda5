package apply

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"k8s.io/client-go/rest"
)

// connectionCount is how many connections creates are spread over. An API server reads and writes the frames of one HTTP/2
// connection in one goroutine, and takes 100 requests at a time from it: a burst is faster over several, for a bare client
// too. They also reach several API servers, where there are some behind one address.
const connectionCount = 4

// connections are taken in turn. Each is opened when it is first needed.
type connections struct {
	each [connectionCount]http.RoundTripper
	next atomic.Uint32
}

func newConnections(config *rest.Config) (*connections, error) {
	c := &connections{}
	for i := range c.each {
		transport, err := rest.TransportFor(apart(config))
		if err != nil {
			return nil, fmt.Errorf("making the transport of creates: %w", err)
		}
		c.each[i] = transport
	}
	return c, nil
}

// RoundTrip implements http.RoundTripper.
func (c *connections) RoundTrip(request *http.Request) (*http.Response, error) {
	return c.each[c.next.Add(1)%connectionCount].RoundTrip(request)
}

// apart is the same configuration for a transport of its own: client-go shares one among all that do not say how to dial.
func apart(config *rest.Config) *rest.Config {
	config = rest.CopyConfig(config)
	dial := config.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext // as client-go itself
	}
	config.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		return dial(ctx, network, address)
	}
	return config
}
