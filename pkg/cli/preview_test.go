package cli

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// An older installation has Baselines, but does not serve previews.
func TestPreviewsNeedAChartThatHasThem(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		if in.URL.Path != "/apis/seedbed.dev/v1alpha1/baselines/web" {
			http.NotFound(out, in)
			return
		}
		out.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(out, `{"apiVersion":"seedbed.dev/v1alpha1","kind":"Baseline","metadata":{"name":"web"}}`)
	}))
	defer server.Close()
	out, errOut, code := runTool(t, "baseline", "preview", "web", "-n", "bar", "--server", server.URL)
	const want = "error: the Seedbed of this cluster makes no previews (no baselinepreviews in the seedbed.dev API): upgrade its chart\n"
	if code != 1 || out != "" || errOut != want {
		t.Errorf("exit code %d, printed %q, error\n%s\nwant\n%s", code, out, errOut, want)
	}
}
