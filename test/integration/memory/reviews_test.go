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

// reviewNamespace posts so many reviews of a namespace at once, each of that many bytes, and returns how many were answered.
func (w *world) reviewNamespace(webhook string, count, size int) (answered int64) {
	w.t.Helper()
	httpClient, err := w.HTTPClient(w.ctx())
	if err != nil {
		w.t.Fatal(err)
	}
	defer httpClient.CloseIdleConnections()
	body, address := w.largeReview(size), "https://"+webhook+w.path("populate.seedbed.dev")
	var ok atomic.Int64
	var all sync.WaitGroup
	for range count {
		all.Go(func() {
			request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, address, bytes.NewReader(body))
			if err != nil {
				w.t.Error(err)
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

// path is where the API server calls a webhook.
func (w *world) path(name string) string {
	w.t.Helper()
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	if err := w.Client.Get(w.ctx(), client.ObjectKey{Name: seedbed.WebhookConfiguration}, configuration); err != nil {
		w.t.Fatal(err)
	}
	for i := range configuration.Webhooks {
		if configuration.Webhooks[i].Name != name {
			continue
		}
		address, err := url.Parse(*configuration.Webhooks[i].ClientConfig.URL)
		if err != nil {
			w.t.Fatal(err)
		}
		return address.Path
	}
	w.t.Fatalf("there is no webhook %s", name)
	return ""
}

func (w *world) largeReview(size int) []byte {
	w.t.Helper()
	raw, err := json.Marshal(&corev1.Namespace{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: metav1.ObjectMeta{Name: "large", Annotations: map[string]string{"example.com/long": strings.Repeat("x", size)}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	body, err := json.Marshal(admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"},
		Request:  &admissionv1.AdmissionRequest{UID: "large", Operation: admissionv1.Create, Name: "large", Object: runtime.RawExtension{Raw: raw}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return body
}
