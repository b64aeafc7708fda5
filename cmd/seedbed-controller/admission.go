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

// Paths of the webhooks, as charts/seedbed has them.
const (
	pathChoose   = "/validate-namespace-choose"
	pathPopulate = "/validate-namespace-populate"
	pathBackup   = "/validate-baselinebackup"
	pathBaseline = "/validate-baseline"
	pathRestore  = "/validate-baselinerestore"
)

// setupAdmission serves every webhook, on every replica.
func (p *process) setupAdmission() error {
	disco, err := discovery.NewDiscoveryClientForConfig(p.config)
	if err != nil {
		return fmt.Errorf("making a discovery client: %w", err)
	}
	catalog := &admission.Catalog{Cached: p.mgr.GetClient(), Live: p.mgr.GetAPIReader()}
	reviewer := admission.NewAccessReviewer(p.client.AuthorizationV1().SubjectAccessReviews())
	decoder := webhookadmission.NewDecoder(p.mgr.GetScheme())
	server := p.mgr.GetWebhookServer()
	for path, handler := range map[string]webhookadmission.Handler{
		pathChoose: &admission.AdmitNamespace{
			Webhook: admission.WebhookChoose, Decoder: decoder, Baselines: catalog, Hints: p.hints, Recorder: p.recorder, OwnNamespace: p.options.namespace,
		},
		pathPopulate: &admission.AdmitNamespace{
			Webhook: admission.WebhookPopulate, Decoder: decoder, Baselines: catalog, Hints: p.hints, Recorder: p.recorder, OwnNamespace: p.options.namespace,
		},
		pathBackup: &admission.ValidateBackup{
			Decoder: decoder, Reviewer: reviewer, Resources: resources{disco}, Uses: catalog, Recorder: p.recorder, OwnUser: p.user,
		},
		pathBaseline: &admission.ValidateBaseline{
			Decoder: decoder, Backups: catalog, Recorder: p.recorder, OwnUser: p.user, Gate: p.options.gate,
		},
		pathRestore: &admission.ValidateRestore{
			Decoder: decoder, Backups: catalog, Recorder: p.recorder, OwnUser: p.user, OwnNamespace: p.options.namespace,
		},
	} {
		server.Register(path, &webhook.Admission{Handler: handler})
	}
	return nil
}

// resources tells admission what the names in a backup's selection stand for, as the backup itself will read them.
type resources struct{ discovery discovery.DiscoveryInterface }

// Resolve implements admission.Resources.
func (r resources) Resolve(_ context.Context, names []string) ([]schema.GroupResource, []string, error) {
	return capture.Resolve(r.discovery, names)
}
