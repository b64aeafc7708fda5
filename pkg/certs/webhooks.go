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

// webhookClient is how a webhook of that name is called.
type webhookClient struct {
	name   string
	config *admissionv1.WebhookClientConfig
}

// webhookClients lists how a configuration's webhooks are called.
func webhookClients(configuration client.Object) []webhookClient {
	var clients []webhookClient
	if c, ok := configuration.(*admissionv1.ValidatingWebhookConfiguration); ok {
		for i := range c.Webhooks {
			clients = append(clients, webhookClient{c.Webhooks[i].Name, &c.Webhooks[i].ClientConfig})
		}
	}
	return clients
}

// published is what each webhook of the configurations hands to the API server.
func published(configurations ...client.Object) []bundle {
	var bundles []bundle
	for _, configuration := range configurations {
		for _, webhook := range webhookClients(configuration) {
			bundles = append(bundles, parseBundle(webhook.config.CABundle))
		}
	}
	return bundles
}

// publish puts the bundle into every webhook and says whether that changed any.
func publish(configuration client.Object, b bundle) bool {
	encoded, changed := b.encode(), false
	for _, webhook := range webhookClients(configuration) {
		if !bytes.Equal(webhook.config.CABundle, encoded) {
			webhook.config.CABundle, changed = slices.Clone(encoded), true
		}
	}
	return changed
}
