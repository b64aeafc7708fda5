package certs

import (
	"bytes"
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"
)

// published is what each webhook of the configuration hands to the API server.
func published(configuration *admissionv1.ValidatingWebhookConfiguration) []bundle {
	var bundles []bundle
	for i := range configuration.Webhooks {
		bundles = append(bundles, parseBundle(configuration.Webhooks[i].ClientConfig.CABundle))
	}
	return bundles
}

// publish puts the bundle into every webhook and says whether that changed any.
func publish(configuration *admissionv1.ValidatingWebhookConfiguration, b bundle) bool {
	encoded, changed := b.encode(), false
	for i := range configuration.Webhooks {
		client := &configuration.Webhooks[i].ClientConfig
		if !bytes.Equal(client.CABundle, encoded) {
			client.CABundle, changed = slices.Clone(encoded), true
		}
	}
	return changed
}
