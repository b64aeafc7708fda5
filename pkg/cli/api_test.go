package cli

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// cannedAPI answers requests for Seedbed's kinds with stored objects and with refusals: a test cluster cannot serve one kind
// and not the other.
type cannedAPI struct {
	url string
	// refused and unserved are resources.
	refused, unserved map[string]bool
	// undeletable are resources whose deletion is refused.
	undeletable map[string]bool
	// pageSize bounds a page of a list; 0 is unbounded.
	pageSize int
	// onRead is called before an object is read.
	onRead func()
	// answer returns the answer to a preview.
	answer func(spec *v1alpha1.BaselinePreviewSpec) v1alpha1.BaselinePreviewStatus

	mu      sync.Mutex
	objects map[string]client.Object // by path after apiPrefix
	lists   int
	writes  []string // method, path and body
}

const apiPrefix = "/apis/seedbed.dev/v1alpha1"

// coreNamespaces is the resource of Namespaces, which are not under apiPrefix.
const coreNamespaces = "corenamespaces"

// newCannedAPI serves objects; those of namespaced kinds are in namespace bar.
func newCannedAPI(t *testing.T, objects ...client.Object) *cannedAPI {
	t.Helper()
	api := &cannedAPI{objects: map[string]client.Object{}, refused: map[string]bool{}, undeletable: map[string]bool{}, unserved: map[string]bool{}, onRead: func() {}}
	for _, obj := range objects {
		api.add(t, obj)
	}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	api.url = server.URL
	return api
}

// listKinds has the kinds of lists by resource.
var listKinds = map[string]string{
	coreNamespaces: "NamespaceList",
	"baselines":    "BaselineList", "baselinebackups": "BaselineBackupList", "baselinerestores": "BaselineRestoreList", "baselinerecords": "BaselineRecordList",
}

// add serves one more object.
func (a *cannedAPI) add(t *testing.T, obj client.Object) {
	t.Helper()
	folder, kind := "/namespaces/bar", ""
	switch obj.(type) {
	case *corev1.Namespace:
		a.objects["/"+coreNamespaces+"/"+obj.GetName()] = obj
		return
	case *v1alpha1.Baseline:
		folder, kind = "", "Baseline"
	case *v1alpha1.BaselineBackup:
		folder, kind = "", "BaselineBackup"
	case *v1alpha1.BaselineRestore:
		kind = "BaselineRestore"
	case *v1alpha1.BaselineRecord:
		kind = "BaselineRecord"
	default:
		t.Fatalf("no path for %T", obj)
	}
	if folder != "" {
		obj.SetNamespace("bar")
	}
	obj.GetObjectKind().SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind))
	a.objects[folder+"/"+strings.ToLower(kind)+"s/"+obj.GetName()] = obj
}

// call runs the tool against the API.
func (a *cannedAPI) call(t *testing.T, line string) (out, errOut string, code int) {
	t.Helper()
	return runTool(t, append(strings.Fields(line), "--server", a.url)...)
}

func (a *cannedAPI) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	path, found := strings.CutPrefix(in.URL.Path, apiPrefix)
	if name, isCore := strings.CutPrefix(in.URL.Path, "/api/v1/namespaces"); isCore {
		path, found = "/"+coreNamespaces+name, true
	}
	parts := strings.Split(strings.TrimPrefix(path, "/namespaces/bar"), "/")
	resource := parts[1]
	obj := a.objects[path]
	switch {
	case !found || a.unserved[resource]:
		http.NotFound(out, in)
	case a.refused[resource]:
		writeStatus(out, http.StatusForbidden, metav1.StatusReasonForbidden, resource+".seedbed.dev is forbidden: no")
	case in.Method == http.MethodPost && resource == "baselinepreviews":
		a.answerPreview(out, in)
	case len(parts) == 2:
		writeJSON(out, http.StatusOK, a.page(path, resource, in.URL.Query()))
	case obj == nil:
		writeStatus(out, http.StatusNotFound, metav1.StatusReasonNotFound, path+" not found")
	case in.Method == http.MethodGet:
		a.onRead()
		writeJSON(out, http.StatusOK, obj)
	default:
		body, _ := io.ReadAll(in.Body)
		a.writes = append(a.writes, in.Method+" "+path+" "+string(body))
		if in.Method == http.MethodDelete && a.undeletable[resource] {
			writeStatus(out, http.StatusForbidden, metav1.StatusReasonForbidden, "it is used")
			return
		}
		writeJSON(out, http.StatusOK, obj)
	}
}

// answerPreview creates a preview that has its answer.
func (a *cannedAPI) answerPreview(out http.ResponseWriter, in *http.Request) {
	preview := &v1alpha1.BaselinePreview{}
	if err := json.NewDecoder(in.Body).Decode(preview); err != nil {
		writeStatus(out, http.StatusBadRequest, metav1.StatusReasonBadRequest, err.Error())
		return
	}
	preview.Name, preview.Status = preview.GenerateName+"1", a.answer(&preview.Spec)
	preview.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("BaselinePreview"))
	a.objects["/baselinepreviews/"+preview.Name] = preview
	writeJSON(out, http.StatusCreated, preview)
}

// page returns the part of a list after the token, which is the path of the last object before it.
func (a *cannedAPI) page(folder, resource string, query url.Values) map[string]any {
	a.lists++
	token := query.Get("continue")
	selector, _ := labels.Parse(query.Get("labelSelector"))
	items, next, last := []client.Object{}, "", ""
	for _, path := range slices.Sorted(maps.Keys(a.objects)) {
		if !strings.HasPrefix(path, folder+"/") || path <= token || !selector.Matches(labels.Set(a.objects[path].GetLabels())) {
			continue
		}
		if a.pageSize > 0 && len(items) == a.pageSize {
			next = last
			break
		}
		items, last = append(items, a.objects[path]), path
	}
	version := v1alpha1.GroupVersion.String()
	if resource == coreNamespaces {
		version = "v1"
	}
	return map[string]any{
		"apiVersion": version, "kind": listKinds[resource], "metadata": map[string]any{"continue": next}, "items": items,
	}
}

func writeJSON(out http.ResponseWriter, code int, body any) {
	out.Header().Set("Content-Type", "application/json")
	out.WriteHeader(code)
	_ = json.NewEncoder(out).Encode(body)
}

func writeStatus(out http.ResponseWriter, code int32, reason metav1.StatusReason, message string) {
	writeJSON(out, int(code), &metav1.Status{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"},
		Status:   metav1.StatusFailure, Code: code, Reason: reason, Message: message,
	})
}
