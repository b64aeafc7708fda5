package certs

import (
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func TestPublish(t *testing.T) {
	b := newBundle(mustCA(t, epoch).leaf())
	validating := &admissionv1.ValidatingWebhookConfiguration{Webhooks: make([]admissionv1.ValidatingWebhook, 3)}
	validating.Webhooks[1].ClientConfig.CABundle = b.encode()
	mutating := &admissionv1.MutatingWebhookConfiguration{Webhooks: make([]admissionv1.MutatingWebhook, 2)}
	mutating.Webhooks[0].ClientConfig.CABundle = b.encode()
	for name, configuration := range map[string]client.Object{"validating": validating, "mutating": mutating} {
		t.Run(name, func(t *testing.T) {
			if !publish(configuration, b) {
				t.Error("a webhook lacked the bundle")
			}
			if publish(configuration, b) {
				t.Error("nothing was left to change")
			}
		})
	}
	held := published(validating, mutating)
	if len(held) != 5 {
		t.Errorf("%d webhooks", len(held))
	}
	for i, got := range held {
		if !got.equal(b) {
			t.Errorf("webhook %d has %d CAs", i, len(got))
		}
	}
}

// A CA is signed with only when the webhooks of both configurations hold it.
func TestNextPublishedMeansEveryConfiguration(t *testing.T) {
	next := mustCA(t, epoch)
	b := newBundle(next.leaf())
	holds := &admissionv1.ValidatingWebhookConfiguration{Webhooks: make([]admissionv1.ValidatingWebhook, 1)}
	publish(holds, b)
	lacks := &admissionv1.MutatingWebhookConfiguration{Webhooks: make([]admissionv1.MutatingWebhook, 1)}
	for name, test := range map[string]struct {
		configurations []client.Object
		want           bool
	}{
		"one of them lacks it":     {[]client.Object{holds, lacks}, false},
		"one of them is missing":   {[]client.Object{holds, &admissionv1.MutatingWebhookConfiguration{}}, true},
		"both of them are missing": {configurations(), false},
	} {
		t.Run(name, func(t *testing.T) {
			s := state{next: next, published: published(test.configurations...)}
			if got := s.nextPublished(); got != test.want {
				t.Errorf("published: %v", got)
			}
		})
	}
}
