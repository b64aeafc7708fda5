package main

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
)

// removal prepares the deletion of Seedbed's objects. The chart's pre-delete hook runs it while the controllers still run. It is
// idempotent.
type removal struct {
	namespace, webhookConfiguration, gatePolicy, deployment string
	// patience is the time limit of the controllers' shutdown.
	patience time.Duration

	client   kubernetes.Interface
	metadata metadata.Interface
	log      *slog.Logger
}

// runRemove runs the command `seedbed-controller remove`.
func runRemove(ctx context.Context, args []string, out io.Writer) error {
	r := &removal{log: slog.New(slog.NewTextHandler(out, nil))}
	o, flags := &options{}, pflag.NewFlagSet("seedbed-controller remove", pflag.ContinueOnError)
	o.clusterFlags(flags)
	flags.StringVar(&r.webhookConfiguration, "webhook-configuration", "seedbed", "name of the ValidatingWebhookConfiguration to delete")
	flags.StringVar(&r.gatePolicy, "gate-policy", "seedbed-gate", "name of the ValidatingAdmissionPolicy of the gate to delete; its second one is named so with \"-stamps\" behind it")
	flags.StringVar(&r.deployment, "deployment", "seedbed", "Deployment in the own namespace whose controllers are ended")
	flags.DurationVar(&r.patience, "timeout", time.Minute, "how long the controllers may take to end; then the removal goes on without them")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	if err := o.validateNamespace(); err != nil {
		return err
	}
	r.namespace = o.namespace
	var err error
	if r.client, r.metadata, err = o.newCommandClients(nil); err != nil {
		return err
	}
	return r.runSteps(ctx)
}

// runSteps runs the steps in an order that matters. The gate and the webhooks go first: if a later step fails, no pod and no
// backup is refused because Seedbed is away. The controllers end before the finalizers are removed, because they would add them
// again. The stored content is kept, and so are the CRDs and the policies that authorize requests for baselines.
func (r *removal) runSteps(ctx context.Context) error {
	for _, step := range []func(context.Context) error{r.deleteGate, r.deleteWebhooks, r.endControllers, r.deletePreviews, r.releaseBackups} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	r.log.Info("Prepared the removal of Seedbed: stored backups are kept", "namespace", r.namespace)
	return nil
}
