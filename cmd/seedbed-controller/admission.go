package main

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
	webhookadmission "sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"seedbed.dev/seedbed/pkg/admission"
	"seedbed.dev/seedbed/pkg/capture"
)

// reasonBudget is why a request was not made at the API server.
const reasonBudget = "budget"

// setupAdmission serves every webhook, on every replica. A webhook's path is made of its name in the webhook configuration, so
// that one line here adds or removes one.
func (p *process) setupAdmission() error {
	disco, err := discovery.NewDiscoveryClientForConfig(p.config)
	if err != nil {
		return fmt.Errorf("making a discovery client: %w", err)
	}
	budget := admission.NewBudget(p.options.webhookRequests, func() { p.recorder.WebhookRejected(reasonBudget) })
	catalog := &admission.Catalog{Cached: p.mgr.GetClient(), Live: budget.Reader(p.mgr.GetAPIReader())}
	reviewer := admission.NewAccessReviewer(p.client.AuthorizationV1().SubjectAccessReviews())
	reviewer.Budget = budget
	decoder := webhookadmission.NewDecoder(p.mgr.GetScheme())
	server := p.mgr.GetWebhookServer()
	for name, handler := range map[string]webhookadmission.Handler{
		admission.WebhookChoose: &admission.AdmitNamespace{
			Webhook: admission.WebhookChoose, Decoder: decoder, Baselines: catalog, Hints: p.hints, Recorder: p.recorder, OwnNamespace: p.options.namespace,
		},
		admission.WebhookPopulate: &admission.AdmitNamespace{
			Webhook: admission.WebhookPopulate, Decoder: decoder, Baselines: catalog, Hints: p.hints, Recorder: p.recorder, OwnNamespace: p.options.namespace,
		},
		admission.WebhookBackup: &admission.ValidateBackup{
			Decoder: decoder, Reviewer: reviewer, Resources: resources{disco, budget}, Uses: catalog, Recorder: p.recorder, OwnUser: p.user,
		},
		admission.WebhookBaseline: &admission.ValidateBaseline{
			Decoder: decoder, Backups: catalog, Recorder: p.recorder, OwnUser: p.user, Gate: p.options.gate,
		},
		admission.WebhookRestore: &admission.ValidateRestore{
			Decoder: decoder, Backups: catalog, Recorder: p.recorder, OwnUser: p.user, OwnNamespace: p.options.namespace,
		},
	} {
		server.Register(name, &webhook.Admission{Handler: handler})
	}
	return nil
}

// resources tells admission what the names in a backup's selection stand for, as the backup itself will read them.
type resources struct {
	discovery discovery.DiscoveryInterface
	budget    *admission.Budget
}

// Resolve implements admission.Resources.
func (r resources) Resolve(ctx context.Context, names []string) ([]schema.GroupResource, []string, error) {
	if err := r.budget.Spend(ctx); err != nil {
		return nil, nil, err
	}
	return capture.Resolve(r.discovery, names)
}
