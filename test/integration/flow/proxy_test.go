package flow

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync"

	"k8s.io/client-go/rest"

	"seedbed.dev/seedbed/test/cluster"
	"seedbed.dev/seedbed/test/seedbed"
)

// proxy is between a controller and the API server, as a load balancer is.
type proxy struct {
	server *httptest.Server
	// kubeconfig reaches the API server through it, with the controller's own permissions.
	kubeconfig string

	mu sync.Mutex
	// intercept sees each request before it is passed on; nil passes every request.
	intercept func(out http.ResponseWriter, in *http.Request, pass http.Handler)
}

// newProxy starts a proxy that passes every request.
func (e *env) newProxy() *proxy {
	e.t.Helper()
	config, err := e.Cluster.ServiceAccountConfig(e.ctx(), seedbed.Namespace, seedbed.ServiceAccount)
	if err != nil {
		e.t.Fatal(err)
	}
	upstream, err := url.Parse(config.Host)
	if err != nil {
		e.t.Fatal(err)
	}
	// The proxy passes the caller's token on: it has no permissions of its own.
	transport, err := rest.TransportFor(rest.AnonymousClientConfig(config))
	if err != nil {
		e.t.Fatal(err)
	}
	pass := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(upstream) },
		Transport: transport, FlushInterval: -1, // watches are streams
		ErrorLog: quietLog(),
	}
	p := &proxy{kubeconfig: filepath.Join(e.t.TempDir(), "kubeconfig")}
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
	p.server.Config.ErrorLog = quietLog()
	p.server.StartTLS()
	// Not p.server.Close, which waits for open connections: the controller, which ends later, connects again until it does not listen.
	e.t.Cleanup(func() { _ = p.server.Config.Close() })

	through := rest.CopyConfig(config)
	through.Host = p.server.URL
	through.TLSClientConfig = rest.TLSClientConfig{Insecure: true}
	if err := cluster.WriteKubeconfig(p.kubeconfig, through); err != nil {
		e.t.Fatal(err)
	}
	return p
}

// setIntercept sets the interception from the next request on.
func (p *proxy) setIntercept(intercept func(out http.ResponseWriter, in *http.Request, pass http.Handler)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.intercept = intercept
}

// isAbout reports whether a request is about a namespace or something in it, and no watch.
func isAbout(in *http.Request, namespace string) bool {
	_, rest, found := strings.Cut(in.URL.Path, "/namespaces/")
	name, _, _ := strings.Cut(rest, "/")
	return found && name == namespace && in.URL.Query().Get("watch") == ""
}
