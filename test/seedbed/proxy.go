package seedbed

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"sync"
	"testing"

	"k8s.io/client-go/rest"

	"seedbed.dev/seedbed/test/cluster"
)

// Proxy is between a controller and the API server, as a load balancer is.
type Proxy struct {
	// Kubeconfig is the path of a file that reaches the API server through it, with the controller's own permissions.
	Kubeconfig string

	server *httptest.Server
	mu     sync.Mutex
	// intercept sees each request before it is passed on; nil passes every request.
	intercept func(out http.ResponseWriter, in *http.Request, pass http.Handler)
}

// NewProxy starts a proxy that passes every request. It ends with the test.
func (i *Installation) NewProxy(ctx context.Context, t *testing.T) *Proxy {
	t.Helper()
	config, err := i.Cluster.ServiceAccountConfig(ctx, Namespace, ServiceAccount)
	if err != nil {
		t.Fatal(err)
	}
	upstream, err := url.Parse(config.Host)
	if err != nil {
		t.Fatal(err)
	}
	// The proxy passes the caller's token on: it has no permissions of its own.
	transport, err := rest.TransportFor(rest.AnonymousClientConfig(config))
	if err != nil {
		t.Fatal(err)
	}
	quiet := log.New(io.Discard, "", 0)
	pass := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(upstream) },
		Transport: transport, FlushInterval: -1, // watches are streams
		ErrorLog: quiet,
	}
	p := &Proxy{Kubeconfig: filepath.Join(t.TempDir(), "kubeconfig")}
	p.server = httptest.NewUnstartedServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		p.mu.Lock()
		intercept := p.intercept
		p.mu.Unlock()
		if intercept == nil {
			pass.ServeHTTP(out, in)
			return
		}
		intercept(out, in, pass)
	}))
	p.server.EnableHTTP2 = true
	p.server.Config.ErrorLog = quiet
	p.server.StartTLS()
	// Not p.server.Close, which waits for open connections: the controller, which ends later, connects again until it does not listen.
	t.Cleanup(func() { _ = p.server.Config.Close() })

	through := rest.CopyConfig(config)
	through.Host = p.server.URL
	through.TLSClientConfig = rest.TLSClientConfig{Insecure: true}
	if err := cluster.WriteKubeconfig(p.Kubeconfig, through); err != nil {
		t.Fatal(err)
	}
	return p
}

// SetIntercept sets the interception from the next request on.
func (p *Proxy) SetIntercept(intercept func(out http.ResponseWriter, in *http.Request, pass http.Handler)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.intercept = intercept
}

// CutConnections ends all connections of the controller, with the watches on them.
func (p *Proxy) CutConnections() { p.server.CloseClientConnections() }
