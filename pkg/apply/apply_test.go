package apply

import (
	"net/http"
	"sync/atomic"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/internal/manifest"
)

func TestChangeReportsThrottling(t *testing.T) {
	kind := schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}
	body, err := manifest.NewBody(map[string]any{"kind": "ConfigMap", "metadata": map[string]any{"name": "one"}}, "\x00")
	if err != nil {
		t.Fatal(err)
	}
	for name, refusals := range map[string]int32{"never": 0, "twice": 2} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int32
			client := newTestClient(t, func(out http.ResponseWriter, _ *http.Request) {
				if asked.Add(1) <= refusals {
					out.WriteHeader(http.StatusTooManyRequests)
					return
				}
				out.WriteHeader(http.StatusCreated)
				_, _ = out.Write([]byte(`{"metadata":{"uid":"u1"}}`))
			})
			resolver := NewResolver(nil)
			resolver.known[kind] = &meta.RESTMapping{Resource: corev1.SchemeGroupVersion.WithResource("configmaps"), GroupVersionKind: kind, Scope: meta.RESTScopeNamespace}
			change := (&Applier{client: client, resolver: resolver}).Apply(t.Context(), Target{Namespace: "bar"}, manifest.Object{Kind: kind, Key: "configmaps/one", Name: "one", Body: body})
			if change.Result != Created || change.created != (reference{"one", "u1"}) || change.Throttled != (refusals > 0) {
				t.Errorf("it refused %d times: %+v", refusals, change)
			}
		})
	}
}
