package certs

import (
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
)

func TestPublishBundleSetsEveryWebhook(t *testing.T) {
	b := newBundle(mustCA(t, epoch).leaf())
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{Webhooks: make([]admissionregistrationv1.ValidatingWebhook, 3)}
	configuration.Webhooks[1].ClientConfig.CABundle = b.encodePEM()
	if !publishBundle(configuration, b) {
		t.Error("a webhook lacked the bundle")
	}
	if publishBundle(configuration, b) {
		t.Error("nothing was left to change")
	}
	held := publishedBundles(configuration)
	if len(held) != 3 {
		t.Errorf("%d webhooks", len(held))
	}
	for i, got := range held {
		if !got.equal(b) {
			t.Errorf("webhook %d has %d CAs", i, len(got))
		}
	}
}

func TestIsNextPublishedMeansEveryWebhook(t *testing.T) {
	next := mustCA(t, epoch)
	b := newBundle(next.leaf())
	holds := &admissionregistrationv1.ValidatingWebhookConfiguration{Webhooks: make([]admissionregistrationv1.ValidatingWebhook, 1)}
	publishBundle(holds, b)
	lacks := &admissionregistrationv1.ValidatingWebhookConfiguration{Webhooks: make([]admissionregistrationv1.ValidatingWebhook, 2)}
	lacks.Webhooks[1] = holds.Webhooks[0]
	for name, test := range map[string]struct {
		configuration *webhookConfiguration
		want          bool
	}{
		"all hold it":    {configuration: holds, want: true},
		"one lacks it":   {configuration: lacks},
		"there are none": {configuration: &webhookConfiguration{}},
	} {
		t.Run(name, func(t *testing.T) {
			s := state{next: next, published: publishedBundles(test.configuration)}
			if got := s.isNextPublished(); got != test.want {
				t.Errorf("published: %v", got)
			}
		})
	}
}
