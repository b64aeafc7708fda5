package apply

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"seedbed.dev/seedbed/pkg/internal/manifest"
)

func TestAwaitedKeyOfARefusedObject(t *testing.T) {
	bindings := schema.GroupResource{Group: "rbac.authorization.k8s.io", Resource: "rolebindings"}
	noRole := fmt.Errorf("%w: %w", errNoRole, apierrors.NewNotFound(bindings, "reader"))
	noAccount := apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "single",
		errors.New(`error looking up service account bar/app: serviceaccount "app" not found`))
	role := map[string]any{"roleRef": map[string]any{"kind": "Role", "name": "reader"}}
	tests := map[string]struct {
		content map[string]any
		err     error
		want    string
	}{
		"not refused":                     {role, nil, ""},
		"the Role":                        {role, noRole, "roles.rbac.authorization.k8s.io/reader"},
		"a ClusterRole, which no restore": {map[string]any{"roleRef": map[string]any{"kind": "ClusterRole", "name": "reader"}}, noRole, ""},
		"the ServiceAccount":              {map[string]any{"spec": map[string]any{"serviceAccountName": "app"}}, noAccount, "serviceaccounts/app"},
		"another refusal of a Pod":        {map[string]any{"spec": map[string]any{"serviceAccountName": "app"}}, apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "a", errors.New("exceeded quota")), ""},
		"an odd shape":                    {map[string]any{"roleRef": "Role"}, noRole, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			body, err := manifest.NewBody(test.content, "placeholder-of-the-test")
			if err != nil {
				t.Fatal(err)
			}
			if got := awaitedKey(manifest.Object{Body: body}, Target{Namespace: "bar"}, test.err); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestDryRunClientWritesNothing(t *testing.T) {
	var mu sync.Mutex
	var wrote []string
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		body, _ := io.ReadAll(in.Body) // nothing is read of a request that was cut off
		mu.Lock()
		defer mu.Unlock()
		dry := strings.Join(in.URL.Query()["dryRun"], ",") == "All"
		if in.Method == http.MethodDelete { // whose options are in its body
			var options struct{ DryRun []string }
			dry = json.Unmarshal(body, &options) == nil && strings.Join(options.DryRun, ",") == "All"
		}
		if !dry && in.Method != http.MethodGet {
			wrote = append(wrote, in.Method+" "+in.URL.String())
		}
		out.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(out, `{"metadata":{"name":"a","uid":"u"}}`)
	}))
	defer server.Close()
	c, err := newClient(&rest.Config{Host: server.URL}, "test")
	if err != nil {
		t.Fatal(err)
	}
	write := func(c *client) {
		t.Helper()
		at := place{resource: schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}, namespace: "bar"}
		raw, err := c.get(t.Context(), at, "a")
		if err != nil {
			t.Fatal(err)
		}
		live := &unstructured.Unstructured{}
		if err := json.Unmarshal(raw, &live.Object); err != nil {
			t.Fatal(err)
		}
		_, created := c.create(t.Context(), at, []byte(`{}`), false)
		_, tried := c.dryRunReplace(t.Context(), at, "a", live)
		if err := errors.Join(created, tried, c.dryRunCreate(t.Context(), at, []byte(`{}`)),
			c.replace(t.Context(), at, "a", live, true), c.deleteByUID(t.Context(), at, "a", "u")); err != nil {
			t.Fatal(err)
		}
	}
	dry := c.dryRun()
	if write(dry); len(wrote) > 0 {
		t.Errorf("a dry client wrote: %q", wrote)
	}
	wrote = nil
	if write(c); len(wrote) != 3 { // create, replace and remove
		t.Errorf("the other client wrote: %q", wrote)
	}
}
