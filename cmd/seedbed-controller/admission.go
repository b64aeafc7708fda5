package main

import (
	"context"
	"fmt"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/utils/clock"
	webhookadmission "sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"seedbed.dev/seedbed/pkg/admission"
	"seedbed.dev/seedbed/pkg/capture"
)

// reasonBudget is the metric's reason of a request that was not made at the API server.
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
	reviewer := admission.NewAccessReviewer(p.client.AuthorizationV1().SubjectAccessReviews(), clock.RealClock{})
	reviewer.Budget = budget
	namespaces := &admission.NamespaceValidator{Baselines: catalog, Hints: p.hints, OwnNamespace: p.options.namespace}
	backups := &admission.BackupValidator{Reviewer: reviewer, Resources: resourceResolver{disco, budget}, Uses: catalog}
	baselines := &admission.BaselineValidator{Backups: catalog, Gate: p.options.gate, Protection: p.options.protection}
	restores := &admission.RestoreValidator{Backups: catalog, OwnNamespace: p.options.namespace}
	const ignore, fail = admissionregistrationv1.Ignore, admissionregistrationv1.Fail
	registerWebhook(p, namespaces, admission.Options{Name: admission.WebhookChoose, FailurePolicy: ignore})
	registerWebhook(p, namespaces, admission.Options{Name: admission.WebhookPopulate, FailurePolicy: ignore})
	registerWebhook(p, backups, admission.Options{Name: admission.WebhookBackup, FailurePolicy: fail, OwnUser: p.user})
	registerWebhook(p, baselines, admission.Options{Name: admission.WebhookBaseline, FailurePolicy: ignore, OwnUser: p.user})
	registerWebhook(p, restores, admission.Options{Name: admission.WebhookRestore, FailurePolicy: ignore, OwnUser: p.user})
	return nil
}

func registerWebhook[T runtime.Object](p *process, validator webhookadmission.Validator[T], o admission.Options) {
	o.Recorder, o.Clock = p.recorder, clock.RealClock{}
	p.mgr.GetWebhookServer().Register(o.Name, admission.NewWebhook(p.mgr.GetScheme(), validator, o))
}

// resourceResolver resolves names of resources as a backup does.
type resourceResolver struct {
	discovery discovery.DiscoveryInterface
	budget    *admission.Budget
}

// Resolve implements admission.Resources.
func (r resourceResolver) Resolve(ctx context.Context, names []string) ([]schema.GroupResource, []string, error) {
	if err := r.budget.Spend(ctx); err != nil {
		return nil, nil, err
	}
	return capture.Resolve(r.discovery, names)
}
