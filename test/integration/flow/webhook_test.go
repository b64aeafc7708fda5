package flow

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// review returns how another webhook refuses a request; nil lets it pass.
type review func(*admissionv1.AdmissionRequest) (refusal *metav1.Status)

// reviewCreations puts another validating webhook in front of the creation of a core resource, and waits until it is called
// about the creation of probe. The API server calls validating webhooks in parallel, so Seedbed's also receive the requests
// that this one refuses.
func (e *env) reviewCreations(resource string, probe client.Object, answer func(*admissionv1.AdmissionRequest) (refusal string)) {
	e.t.Helper()
	e.reviewCreationsWith(resource, probe, func(request *admissionv1.AdmissionRequest) *metav1.Status {
		if refusal := answer(request); refusal != "" {
			return &metav1.Status{Message: refusal}
		}
		return nil
	})
}

// reviewCreationsWith is reviewCreations by a webhook that sets the whole status of a refusal.
func (e *env) reviewCreationsWith(resource string, probe client.Object, answer review) {
	e.t.Helper()
	e.reviewWrites(resource, probe, answer, admissionregistrationv1.Create)
}

// reviewWrites does the same for these operations, of which Create is one.
func (e *env) reviewWrites(resource string, probe client.Object, answer review, operations ...admissionregistrationv1.OperationType) {
	e.t.Helper()
	var asked atomic.Bool
	server := httptest.NewTLSServer(review(func(request *admissionv1.AdmissionRequest) *metav1.Status {
		if request.DryRun != nil && *request.DryRun && request.Name == probe.GetName() {
			asked.Store(true)
		}
		return answer(request)
	}))
	e.t.Cleanup(server.Close)
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("another")},
		Webhooks: []admissionregistrationv1.ValidatingWebhook{{
			Name: "another.example.com", AdmissionReviewVersions: []string{"v1"},
			ClientConfig:  admissionregistrationv1.WebhookClientConfig{URL: &server.URL, CABundle: certificate},
			FailurePolicy: new(admissionregistrationv1.Ignore), SideEffects: new(admissionregistrationv1.SideEffectClassNone),
			Rules: []admissionregistrationv1.RuleWithOperations{{
				Operations: operations,
				Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{resource}},
			}},
		}},
	}
	e.createObjects(configuration)
	e.t.Cleanup(func() {
		if err := e.Client.Delete(e.cleanupContext(), configuration); err != nil {
			e.t.Error(err)
		}
	})
	e.eventually(func(ctx context.Context) error {
		_ = e.Client.Create(ctx, probe.DeepCopyObject().(client.Object), client.DryRunAll) // whatever the answer is
		if !asked.Load() {
			return errors.New("the other webhook is not asked")
		}
		return nil
	})
}

// ServeHTTP implements http.Handler.
func (r review) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	var asked admissionv1.AdmissionReview
	if err := json.NewDecoder(in.Body).Decode(&asked); err != nil || asked.Request == nil {
		http.Error(out, "no review", http.StatusBadRequest)
		return
	}
	refusal := r(asked.Request)
	asked.Response = &admissionv1.AdmissionResponse{UID: asked.Request.UID, Allowed: refusal == nil, Result: refusal}
	asked.Request = nil
	_ = json.NewEncoder(out).Encode(asked) // a caller that is gone fails its request by itself
}
