package certs

import (
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func TestPublish(t *testing.T) {
	b := newBundle(mustCA(t, epoch).leaf())
	configuration := &admissionv1.ValidatingWebhookConfiguration{Webhooks: make([]admissionv1.ValidatingWebhook, 3)}
	configuration.Webhooks[1].ClientConfig.CABundle = b.encode()
	if !publish(configuration, b) {
		t.Error("a webhook lacked the bundle")
	}
	if publish(configuration, b) {
		t.Error("nothing was left to change")
	}
	held := published(configuration)
	if len(held) != 3 {
		t.Errorf("%d webhooks", len(held))
	}
	for i, got := range held {
		if !got.equal(b) {
			t.Errorf("webhook %d has %d CAs", i, len(got))
		}
	}
}

// A CA is signed with only when every webhook holds it.
func TestNextPublishedMeansEveryWebhook(t *testing.T) {
	next := mustCA(t, epoch)
	b := newBundle(next.leaf())
	holds := &admissionv1.ValidatingWebhookConfiguration{Webhooks: make([]admissionv1.ValidatingWebhook, 1)}
	publish(holds, b)
	lacks := &admissionv1.ValidatingWebhookConfiguration{Webhooks: make([]admissionv1.ValidatingWebhook, 2)}
	lacks.Webhooks[1] = holds.Webhooks[0]
	for name, test := range map[string]struct {
		configurations []client.Object
		want           bool
	}{
		"all hold it":    {[]client.Object{holds}, true},
		"one lacks it":   {[]client.Object{lacks}, false},
		"there are none": {configurations(), false},
	} {
		t.Run(name, func(t *testing.T) {
			s := state{next: next, published: published(test.configurations...)}
			if got := s.nextPublished(); got != test.want {
				t.Errorf("published: %v", got)
			}
		})
	}
}
