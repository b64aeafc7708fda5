package apply

import (
	"context"
	"net/http"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestPatchRequest(t *testing.T) {
	var asked *http.Request
	c := newTestClient(t, func(out http.ResponseWriter, in *http.Request) {
		asked = in.Clone(in.Context())
		_, _ = out.Write([]byte(`{"kind":"PartialObjectMetadata","metadata":{"name":"one"}}`))
	})
	if err := c.patch(t.Context(), webhooks, "one", []byte(`[]`)); err != nil {
		t.Fatal(err)
	}
	if asked.Method != http.MethodPatch || asked.URL.Path != "/k8s/clusters/one/apis/example.com/v1/namespaces/bar/hooks/one" ||
		asked.URL.RawQuery != "fieldManager=seedbed&fieldValidation=Ignore&timeout=10s" || asked.Header.Get("Accept") != metadataOnly ||
		asked.Header.Get("Content-Type") != "application/json-patch+json" || asked.Header.Get("User-Agent") != "seedbed/test" {
		t.Errorf("the request is %s %s with %v", asked.Method, asked.URL, asked.Header)
	}
}

func TestRefusedPatchIsRead(t *testing.T) {
	status := func(code, rest string) string {
		return `{"kind":"Status","apiVersion":"v1","status":"Failure","code":` + code + rest + `}`
	}
	tests := map[string]struct {
		code int
		body string
		want bool
	}{
		"done":                         {200, `{}`, false},
		"a test failed":                {422, status("422", `,"reason":"Invalid","details":{}`), true},
		"a test failed, on old ones":   {500, status("500", ``), true},
		"an invalid result":            {422, status("422", `,"reason":"Invalid","details":{"name":"one","causes":[{"field":"data"}]}`), true},
		"absent":                       {404, status("404", `,"reason":"NotFound","details":{"name":"one","kind":"hooks"}`), true},
		"a kind that is not served":    {404, "404 page not found", true},
		"too large":                    {413, status("413", `,"reason":"RequestEntityTooLarge"`), true},
		"too large for etcd":           {500, status("500", `,"message":"etcdserver: request is too large"`), true},
		"refused":                      {403, status("403", `,"reason":"Forbidden","details":{"name":"one"}`), true},
		"another writer":               {409, status("409", `,"reason":"Conflict","details":{"name":"one"}`), false},
		"busy":                         {429, "Too many requests, please try again later.", false},
		"away":                         {503, "", false},
		"a proxy's page":               {502, "<html>", false},
		"an internal error":            {500, status("500", `,"reason":"InternalError","details":{"causes":[{"message":"x"}]}`), false},
		"a namespace that terminates":  {403, status("403", `,"reason":"Forbidden","details":{"causes":[{"reason":"`+string(corev1.NamespaceTerminatingCause)+`"}]}`), false},
		"a namespace that is not here": {404, status("404", `,"reason":"NotFound","details":{"name":"bar","kind":"namespaces"}`), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := newTestClient(t, func(out http.ResponseWriter, _ *http.Request) {
				out.WriteHeader(test.code)
				_, _ = out.Write([]byte(test.body))
			})
			err := classifyError(c.patch(t.Context(), webhooks, "one", nil))
			if mustRead(err) != test.want {
				t.Errorf("%v: want %v", err, test.want)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := newTestClient(t, func(http.ResponseWriter, *http.Request) {})
	if err := c.patch(ctx, webhooks, "one", nil); err == nil {
		t.Error("a patch of an ended context was sent")
	}
}
