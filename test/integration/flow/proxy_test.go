package flow

import (
	"net/http"
	"strings"

	"seedbed.dev/seedbed/test/seedbed"
)

// newProxy starts a proxy between a controller and the API server, which passes every request.
func (e *env) newProxy() *seedbed.Proxy {
	e.t.Helper()
	return e.NewProxy(e.ctx(), e.t)
}

// isAbout reports whether a request is about a namespace or something in it, and no watch.
func isAbout(in *http.Request, namespace string) bool {
	_, rest, found := strings.Cut(in.URL.Path, "/namespaces/")
	name, _, _ := strings.Cut(rest, "/")
	return found && name == namespace && in.URL.Query().Get("watch") == ""
}
