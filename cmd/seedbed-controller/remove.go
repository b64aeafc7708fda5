package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
)

// removal makes ready for Seedbed's objects to be deleted. It is run by the chart's pre-delete hook, while the
// controllers still run, and does nothing twice: what is gone already is passed over.
type removal struct {
	namespace, webhookConfiguration, gatePolicy, deployment string
	// patience is how long the controllers may take to end.
	patience time.Duration

	client   kubernetes.Interface
	metadata metadata.Interface
	log      *slog.Logger
}

// remove is the command `seedbed-controller remove`.
func remove(ctx context.Context, args []string, out io.Writer) error {
	r := &removal{log: slog.New(slog.NewTextHandler(out, nil))}
	o, flags := &options{}, pflag.NewFlagSet("seedbed-controller remove", pflag.ContinueOnError)
	o.clusterFlags(flags)
	flags.StringVar(&r.webhookConfiguration, "webhook-configuration", "seedbed", "name of the ValidatingWebhookConfiguration to delete")
	flags.StringVar(&r.gatePolicy, "gate-policy", "seedbed-gate", "name of the ValidatingAdmissionPolicy of the gate to delete; its second one is named so with \"-stamps\" behind it")
	flags.StringVar(&r.deployment, "deployment", "seedbed", "Deployment in the own namespace whose controllers are ended")
	flags.DurationVar(&r.patience, "timeout", time.Minute, "how long the controllers may take to end; then the removal goes on without them")
	if err := parse(flags, args); err != nil {
		return err
	}
	if err := o.validateNamespace(); err != nil {
		return err
	}
	r.namespace = o.namespace
	config, err := o.config()
	if err != nil {
		return err
	}
	config.Timeout = requestTimeout
	if r.client, err = kubernetes.NewForConfig(config); err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	if r.metadata, err = metadata.NewForConfig(config); err != nil {
		return fmt.Errorf("making a client for metadata: %w", err)
	}
	return r.run(ctx)
}

// requestTimeout bounds a request of a command that runs to its end: the next try finds an API server that answers.
const requestTimeout = 30 * time.Second

// run keeps to this order. What refuses goes first, the gate before the webhooks: whatever fails after that, no pod and no
// backup is refused because Seedbed is away. The controllers go before the finalizers, since they would put them back. The
// stored content is not touched, and the policies that review who may ask for a baseline stay, as the CRDs do: what is asked
// for meanwhile is reviewed.
func (r *removal) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{r.deleteGate, r.deleteWebhooks, r.endControllers, r.deletePreviews, r.releaseBackups} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	r.log.Info("Seedbed can be removed: nothing is held up, and stored backups are kept", "namespace", r.namespace)
	return nil
}
