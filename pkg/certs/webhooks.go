package certs

import (
	"bytes"
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// newConfigurations returns an empty object of each kind that configures webhooks. If it does not exist, no webhook
// is called.
func newConfigurations() []client.Object {
	return []client.Object{&admissionv1.ValidatingWebhookConfiguration{}}
}

// webhookClient is the name and the client configuration of a webhook.
type webhookClient struct {
	name   string
	config *admissionv1.WebhookClientConfig
}

// webhookClients returns the client configurations of a configuration's webhooks.
func webhookClients(configuration client.Object) []webhookClient {
	var clients []webhookClient
	if c, ok := configuration.(*admissionv1.ValidatingWebhookConfiguration); ok {
		for i := range c.Webhooks {
			clients = append(clients, webhookClient{c.Webhooks[i].Name, &c.Webhooks[i].ClientConfig})
		}
	}
	return clients
}

// publishedBundles returns the bundle of each webhook in the configurations.
func publishedBundles(configurations ...client.Object) []bundle {
	var bundles []bundle
	for _, configuration := range configurations {
		for _, webhook := range webhookClients(configuration) {
			bundles = append(bundles, parseBundle(webhook.config.CABundle))
		}
	}
	return bundles
}

// publishBundle sets the bundle in every webhook and reports whether that changed any.
func publishBundle(configuration client.Object, b bundle) bool {
	encoded, changed := b.encodePEM(), false
	for _, webhook := range webhookClients(configuration) {
		if !bytes.Equal(webhook.config.CABundle, encoded) {
			webhook.config.CABundle, changed = slices.Clone(encoded), true
		}
	}
	return changed
}
