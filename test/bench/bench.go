//go:build bench

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/test/cluster"
	"seedbed.dev/seedbed/test/seedbed"
)

// startWithin bounds starting everything on a slow machine.
const startWithin = 3 * time.Minute

// lease is long: a controller that cannot renew its lease in time, on an overloaded machine, ends, and nothing restarts it
// here.
const lease = time.Minute

// bench is a cluster with Seedbed in it, and the results so far.
type bench struct {
	*options
	cluster      *cluster.Cluster
	installation *seedbed.Installation
	controller   *seedbed.Controller
	admin        kubernetes.Interface
	observer     *observer
	blind        context.CancelFunc // ends the observer's watches
	// floors are the floor's best settings, by the number of objects.
	floors map[int]floorSetup
	report *report
	names  int
	// profiled counts the profiles of bursts, floorRollouts the rollouts of the floor: no two of them write the same.
	profiled, floorRollouts int
}

func newBench(ctx context.Context, o *options) (*bench, error) {
	starting, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	b := &bench{options: o, floors: map[int]floorSetup{}, report: newReport(o)}
	if err := b.startAll(ctx, starting); err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

func (b *bench) startAll(ctx, starting context.Context) (err error) {
	if b.cluster, err = cluster.Start(starting, cluster.Options{}); err != nil {
		return err
	}
	if b.installation, err = seedbed.Install(starting, b.cluster); err != nil {
		return err
	}
	if err := b.excludeFloor(starting); err != nil {
		return err
	}
	if b.gate {
		if err := b.installation.Apply(starting, "config/gate/*.yaml"); err != nil {
			return err
		}
	}
	if b.controller, err = b.installation.Start(starting, b.controllerArgs()...); err != nil {
		return err
	}
	if err := b.installation.AwaitWebhooks(starting); err != nil {
		return fmt.Errorf("the webhooks are not called: %w", err)
	}
	if b.admin, err = kubernetes.NewForConfig(separateConnection(b.cluster.Config())); err != nil {
		return err
	}
	var watching context.Context
	watching, b.blind = context.WithCancel(ctx)
	if b.observer, err = startObserver(watching, b.cluster.Config()); err != nil {
		return err
	}
	for _, size := range b.sizes {
		if err := b.prepareBaseline(starting, size); err != nil {
			return fmt.Errorf("preparing a baseline of %d objects: %w", size, err)
		}
	}
	return nil
}

// controllerArgs returns the controller's arguments.
func (b *bench) controllerArgs() []string {
	args := append([]string{"--leader-elect-lease-duration=" + lease.String()}, b.options.controller...)
	if b.pprof != "" {
		args = append(args, "--pprof-address="+b.pprof)
	}
	if b.gate {
		args = append(args, "--gate")
	}
	return args
}

func (b *bench) close() error {
	var errs []error
	if b.blind != nil {
		b.blind() // before the API server stops, or the watches log errors
	}
	if b.installation != nil {
		errs = append(errs, b.installation.Close())
	}
	if b.cluster != nil {
		errs = append(errs, b.cluster.Stop())
	}
	return errors.Join(errs...)
}

// uniqueName returns a name that no other namespace has.
func (b *bench) uniqueName(prefix string) string {
	b.names++
	return fmt.Sprintf("%s-%05d", prefix, b.names)
}

// excludeFloor excludes the floor's namespaces, which ask for nothing, from the webhooks: their creates cost the same as
// without Seedbed.
func (b *bench) excludeFloor(ctx context.Context) error {
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	if err := b.installation.Client.Get(ctx, client.ObjectKey{Name: seedbed.WebhookConfiguration}, configuration); err != nil {
		return fmt.Errorf("reading the webhook configuration: %w", err)
	}
	for i := range configuration.Webhooks {
		if !slices.Contains(configuration.Webhooks[i].Rules[0].Resources, "namespaces") {
			continue // backups fail while another webhook differs from the chart
		}
		configuration.Webhooks[i].MatchConditions = append(configuration.Webhooks[i].MatchConditions, admissionregistrationv1.MatchCondition{
			Name: "not-the-floor", Expression: fmt.Sprintf("!request.name.startsWith('%s-')", floorPrefix),
		})
	}
	if err := b.installation.Client.Update(ctx, configuration); err != nil {
		return fmt.Errorf("writing the webhook configuration: %w", err)
	}
	return nil
}

// Prefixes of names. Seedbed's webhooks are not called for the floor's.
const (
	floorPrefix   = "floor"
	seedbedPrefix = "bench"
)

// quiet is the pause between measurements, for the work that follows a ready namespace: its event, the controller
// manager's ConfigMap and ServiceAccount, all watches.
const quiet = 40 * time.Millisecond

func pauseFor(ctx context.Context, length time.Duration) error {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// separateConnection returns a configuration whose clients share no connection with those of another.
func separateConnection(config *rest.Config) *rest.Config {
	config = rest.CopyConfig(config)
	config.Dial = dial // client-go shares transports only among configurations that do not set it
	return config
}
