package certs

import (
	"bytes"
	"slices"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
)

// webhookConfiguration configures the webhooks. If it does not exist, no webhook is called.
type webhookConfiguration = admissionregistrationv1.ValidatingWebhookConfiguration

// publishedBundles returns the bundle of each webhook in the configuration.
func publishedBundles(configuration *webhookConfiguration) []bundle {
	bundles := make([]bundle, len(configuration.Webhooks))
	for i := range configuration.Webhooks {
		bundles[i] = parseBundle(configuration.Webhooks[i].ClientConfig.CABundle)
	}
	return bundles
}

// publishBundle sets the bundle in every webhook and reports whether that changed any.
func publishBundle(configuration *webhookConfiguration, b bundle) bool {
	encoded, changed := b.encodePEM(), false
	for i := range configuration.Webhooks {
		if config := &configuration.Webhooks[i].ClientConfig; !bytes.Equal(config.CABundle, encoded) {
			config.CABundle, changed = slices.Clone(encoded), true
		}
	}
	return changed
}
