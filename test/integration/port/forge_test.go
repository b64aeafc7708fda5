package port

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/seedbed"
)

// forger sends requests to a controller's webhook port without credentials.
type forger struct {
	t      *testing.T
	client *http.Client
	base   string
}

func (e *env) newForger(c *seedbed.Controller) *forger {
	e.t.Helper()
	client, err := e.HTTPClient(testContext(e.t))
	if err != nil {
		e.t.Fatal(err)
	}
	client.Transport.(*http.Transport).MaxIdleConnsPerHost = 256
	e.t.Cleanup(client.CloseIdleConnections)
	return &forger{t: e.t, client: client, base: "https://" + c.Webhook}
}

// postReview sends a body and returns the response's status and body; a broken connection is an error.
func (f *forger) postReview(path string, body []byte) (status int, answer string, err error) {
	request, err := http.NewRequestWithContext(f.t.Context(), http.MethodPost, f.base+path, bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := f.client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	return response.StatusCode, string(content), err
}

// masters may do everything, if the review is believed.
var masters = authenticationv1.UserInfo{Username: "forger", Groups: []string{"system:masters", "system:authenticated"}}

// encodeReview returns the review of an object.
func encodeReview(t *testing.T, user authenticationv1.UserInfo, operation admissionv1.Operation, dryRun bool, object any) []byte {
	t.Helper()
	raw, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	request := &admissionv1.AdmissionRequest{
		UID: types.UID("forged"), Operation: operation, UserInfo: user, DryRun: new(dryRun),
		Object: runtime.RawExtension{Raw: raw}, OldObject: runtime.RawExtension{Raw: raw},
	}
	if operation == admissionv1.Create {
		request.OldObject = runtime.RawExtension{}
	}
	if operation == admissionv1.Delete {
		request.Object = runtime.RawExtension{}
	}
	if named, ok := object.(metav1.Object); ok {
		request.Name, request.Namespace = named.GetName(), named.GetNamespace()
	}
	body, err := json.Marshal(admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"}, Request: request,
	})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func newNamespace(name, baseline string) *corev1.Namespace {
	n := &corev1.Namespace{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}}
	n.Name, n.UID = name, "forged"
	if baseline != "" {
		n.Annotations = map[string]string{v1alpha1.AnnotationBaseline: baseline}
	}
	return n
}

func newBackup(name string, resources []string, namespaces ...string) *v1alpha1.BaselineBackup {
	b := &v1alpha1.BaselineBackup{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "BaselineBackup"},
		Spec:     v1alpha1.BaselineBackupSpec{IncludedNamespaces: namespaces, IncludedResources: resources},
	}
	b.Name = name
	return b
}

// largeReview returns a review of that many bytes, with one long annotation.
func largeReview(t *testing.T, bytes int) []byte {
	t.Helper()
	n := newNamespace("inflated", "")
	n.Annotations = map[string]string{"example.com/long": strings.Repeat("x", bytes)}
	return encodeReview(t, masters, admissionv1.Create, false, n)
}
