package certs

import (
	"bytes"
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// configurations returns an empty one of each kind that holds webhooks. Where it is missing nobody calls them.
func configurations() []client.Object {
	return []client.Object{&admissionv1.ValidatingWebhookConfiguration{}}
}

// clientConfigs are how a configuration's webhooks are called.
func clientConfigs(configuration client.Object) []*admissionv1.WebhookClientConfig {
	var clients []*admissionv1.WebhookClientConfig
	if c, ok := configuration.(*admissionv1.ValidatingWebhookConfiguration); ok {
		for i := range c.Webhooks {
			clients = append(clients, &c.Webhooks[i].ClientConfig)
		}
	}
	return clients
}

// published is what each webhook of the configurations hands to the API server.
func published(configurations ...client.Object) []bundle {
	var bundles []bundle
	for _, configuration := range configurations {
		for _, config := range clientConfigs(configuration) {
			bundles = append(bundles, parseBundle(config.CABundle))
		}
	}
	return bundles
}

// publish puts the bundle into every webhook and says whether that changed any.
func publish(configuration client.Object, b bundle) bool {
	encoded, changed := b.encode(), false
	for _, config := range clientConfigs(configuration) {
		if !bytes.Equal(config.CABundle, encoded) {
			config.CABundle, changed = slices.Clone(encoded), true
		}
	}
	return changed
}
