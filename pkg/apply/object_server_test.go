package apply

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/client-go/rest"
)

// objectServer serves one object as the API server does: it applies patches with the same library, compares resource versions, and
// refuses an update as a case has it.
type objectServer struct {
	live *unstructured.Unstructured // nil if there is none
	// refusal answers each update of the live object, invalid each create.
	refusal, invalid *metav1.Status
	// intercept may answer a call in place of the server, or change the object before it.
	intercept func(call string) *metav1.Status
	// mutate changes each object before it is stored, as a webhook does.
	mutate func(written *unstructured.Unstructured)
	calls  []string
	failed error
}

func (s *objectServer) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	body, err := io.ReadAll(in.Body)
	dry := in.URL.Query().Get("dryRun") != ""
	call := in.Method
	if dry {
		call = "dry " + call
	}
	var code int
	var answer any
	var instead *metav1.Status
	if s.intercept != nil {
		instead = s.intercept(call)
	}
	switch {
	case instead != nil:
		code, answer = int(instead.Code), instead
	case in.Method == http.MethodGet:
		code, answer = s.get()
	case in.Method == http.MethodPost:
		code, answer, err = s.create(body, dry)
	case in.Method == http.MethodPut:
		code, answer, err = s.put(body, dry)
	case in.Method == http.MethodPatch:
		code, answer, err = s.patch(body)
	case in.Method == http.MethodDelete:
		code, answer = s.delete()
	}
	s.calls = append(s.calls, fmt.Sprintf("%s %d", call, code))
	if err != nil {
		s.failed = err
	}
	out.Header().Set("Content-Type", "application/json")
	out.WriteHeader(code)
	encoded, err := json.Marshal(answer)
	if err != nil {
		s.failed = err
	}
	_, _ = out.Write(encoded)
}

func failure(code int32, reason metav1.StatusReason, details *metav1.StatusDetails) (int, *metav1.Status) {
	return int(code), &metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusFailure,
		Code: code, Reason: reason, Message: string(reason), Details: details,
	}
}

func notFound() (int, any) {
	return failure(http.StatusNotFound, metav1.StatusReasonNotFound, &metav1.StatusDetails{Name: "web", Kind: "things"})
}

func (s *objectServer) get() (int, any) {
	if s.live == nil {
		return notFound()
	}
	return http.StatusOK, s.live.Object
}

func (s *objectServer) create(body []byte, dry bool) (int, any, error) {
	if s.invalid != nil {
		return int(s.invalid.Code), s.invalid, nil
	}
	created := &unstructured.Unstructured{}
	if err := json.Unmarshal(body, &created.Object); err != nil {
		return http.StatusBadRequest, nil, err
	}
	if s.live != nil && created.GetGenerateName() == "" {
		code, status := failure(http.StatusConflict, metav1.StatusReasonAlreadyExists, &metav1.StatusDetails{Name: "web", Kind: "things"})
		return code, status, nil
	}
	if s.mutate != nil {
		s.mutate(created)
	}
	created.SetUID("created")
	created.SetResourceVersion("1")
	if !dry {
		s.live = created
	}
	return http.StatusCreated, created.Object, nil
}

func (s *objectServer) put(body []byte, dry bool) (int, any, error) {
	written := &unstructured.Unstructured{}
	if err := json.Unmarshal(body, &written.Object); err != nil {
		return http.StatusBadRequest, nil, err
	}
	if written.GetResourceVersion() != s.live.GetResourceVersion() {
		code, status := failure(http.StatusConflict, metav1.StatusReasonConflict, nil)
		return code, status, nil
	}
	return s.store(written, dry)
}

func (s *objectServer) patch(body []byte) (int, any, error) {
	if s.live == nil {
		code, answer := notFound()
		return code, answer, nil
	}
	patch, err := jsonpatch.DecodePatch(body)
	if err != nil {
		return http.StatusBadRequest, nil, err
	}
	before, err := json.Marshal(s.live.Object)
	if err != nil {
		return http.StatusInternalServerError, nil, err
	}
	after, err := patch.Apply(before)
	if err != nil { // a test failed
		code, status := failure(http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, &metav1.StatusDetails{})
		return code, status, nil //nolint:nilerr // the refusal is the answer
	}
	written := &unstructured.Unstructured{}
	if err := json.Unmarshal(after, &written.Object); err != nil {
		return http.StatusBadRequest, nil, err
	}
	return s.store(written, false)
}

func (s *objectServer) store(written *unstructured.Unstructured, dry bool) (int, any, error) {
	if s.refusal != nil {
		return int(s.refusal.Code), s.refusal, nil
	}
	if s.mutate != nil {
		s.mutate(written)
	}
	if !dry {
		written.SetResourceVersion(s.live.GetResourceVersion() + "0")
		s.live = written
	}
	return http.StatusOK, written.Object, nil
}

func (s *objectServer) delete() (int, any) {
	s.live, s.refusal = nil, nil
	_, status := failure(0, "", nil)
	status.Status = metav1.StatusSuccess
	return http.StatusOK, status
}

// newApplier returns an Applier of the server for objects of a kind.
func (s *objectServer) newApplier(t *testing.T, kind schema.GroupVersionKind) *Applier {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	resolver := &Resolver{known: map[schema.GroupVersionKind]*meta.RESTMapping{kind: {
		Resource: kind.GroupVersion().WithResource("things"), GroupVersionKind: kind, Scope: meta.RESTScopeNamespace,
	}}}
	applier, err := New(&rest.Config{Host: server.URL}, resolver, "seedbed")
	if err != nil {
		t.Fatal(err)
	}
	return applier
}
