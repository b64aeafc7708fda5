package certs

import (
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
)

func TestPublish(t *testing.T) {
	b := newBundle(mustCA(t, epoch).leaf())
	configuration := &admissionv1.ValidatingWebhookConfiguration{Webhooks: make([]admissionv1.ValidatingWebhook, 3)}
	configuration.Webhooks[1].ClientConfig.CABundle = b.encode()
	if !publish(configuration, b) {
		t.Error("two webhooks lacked the bundle")
	}
	for i, got := range published(configuration) {
		if !got.equal(b) {
			t.Errorf("webhook %d has %d CAs", i, len(got))
		}
	}
	if publish(configuration, b) {
		t.Error("nothing was left to change")
	}
}
