package memory

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/test/seedbed"
)

// reviewNamespace posts count reviews of a namespace at once, each of size bytes, and returns the number of answers.
func (e *env) reviewNamespace(webhook string, count, size int) (answered int64) {
	e.t.Helper()
	httpClient, err := e.HTTPClient(e.newContext())
	if err != nil {
		e.t.Fatal(err)
	}
	defer httpClient.CloseIdleConnections()
	body, address := e.largeReview(size), "https://"+webhook+e.webhookPath("populate.seedbed.dev")
	var ok atomic.Int64
	var all sync.WaitGroup
	for range count {
		all.Go(func() {
			request, err := http.NewRequestWithContext(e.t.Context(), http.MethodPost, address, bytes.NewReader(body))
			if err != nil {
				e.t.Error(err)
				return
			}
			request.Header.Set("Content-Type", "application/json")
			response, err := httpClient.Do(request)
			if err != nil {
				return // refused unread
			}
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				ok.Add(1)
			}
		})
	}
	all.Wait()
	return ok.Load()
}

// webhookPath returns the path by which the API server calls a webhook.
func (e *env) webhookPath(name string) string {
	e.t.Helper()
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	if err := e.Client.Get(e.newContext(), client.ObjectKey{Name: seedbed.WebhookConfiguration}, configuration); err != nil {
		e.t.Fatal(err)
	}
	for i := range configuration.Webhooks {
		if configuration.Webhooks[i].Name != name {
			continue
		}
		address, err := url.Parse(*configuration.Webhooks[i].ClientConfig.URL)
		if err != nil {
			e.t.Fatal(err)
		}
		return address.Path
	}
	e.t.Fatalf("there is no webhook %s", name)
	return ""
}

func (e *env) largeReview(size int) []byte {
	e.t.Helper()
	raw, err := json.Marshal(&corev1.Namespace{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: metav1.ObjectMeta{Name: "large", Annotations: map[string]string{"example.com/long": strings.Repeat("x", size)}},
	})
	if err != nil {
		e.t.Fatal(err)
	}
	body, err := json.Marshal(admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"},
		Request:  &admissionv1.AdmissionRequest{UID: "large", Operation: admissionv1.Create, Name: "large", Object: runtime.RawExtension{Raw: raw}},
	})
	if err != nil {
		e.t.Fatal(err)
	}
	return body
}
