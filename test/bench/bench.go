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

// lease is long: a controller that cannot renew its lease in time, on a machine that does too much at once, ends
// itself, and here nobody starts it again.
const lease = time.Minute

// bench is a cluster with Seedbed in it, and what is measured there.
type bench struct {
	*options
	cluster      *cluster.Cluster
	installation *seedbed.Installation
	controller   *seedbed.Controller
	admin        kubernetes.Interface
	observer     *observer
	blind        context.CancelFunc // ends the observer's watches
	// floors is how the floor does best, by the number of objects.
	floors map[int]floorSetup
	report *report
	names  int
	// profiled counts the profiles of bursts.
	profiled int
}

func newBench(ctx context.Context, o *options) (*bench, error) {
	starting, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	b := &bench{options: o, floors: map[int]floorSetup{}, report: newReport(o)}
	if err := b.start(ctx, starting); err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

func (b *bench) start(ctx, starting context.Context) (err error) {
	if b.cluster, err = cluster.Start(starting, cluster.Options{}); err != nil {
		return err
	}
	if b.installation, err = seedbed.Install(starting, b.cluster); err != nil {
		return err
	}
	if err := b.spareFloor(starting); err != nil {
		return err
	}
	if b.gate {
		if err := b.installation.Apply(starting, "config/gate/*.yaml"); err != nil {
			return err
		}
	}
	if b.controller, err = b.installation.Start(starting, b.arguments()...); err != nil {
		return err
	}
	if err := b.installation.AwaitWebhooks(starting); err != nil {
		return fmt.Errorf("the webhooks are not called: %w", err)
	}
	if b.admin, err = kubernetes.NewForConfig(ownConnection(b.cluster.Config())); err != nil {
		return err
	}
	var watching context.Context
	watching, b.blind = context.WithCancel(ctx)
	if b.observer, err = observe(watching, b.cluster.Config()); err != nil {
		return err
	}
	for _, size := range b.sizes {
		if err := b.prepare(starting, size); err != nil {
			return fmt.Errorf("prepare a baseline of %d objects: %w", size, err)
		}
	}
	return nil
}

// arguments of the controller.
func (b *bench) arguments() []string {
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
		b.blind() // before the API server goes, else the watches complain
	}
	if b.installation != nil {
		errs = append(errs, b.installation.Close())
	}
	if b.cluster != nil {
		errs = append(errs, b.cluster.Stop())
	}
	return errors.Join(errs...)
}

// name makes a namespace's name that no other has.
func (b *bench) name(prefix string) string {
	b.names++
	return fmt.Sprintf("%s-%05d", prefix, b.names)
}

// spareFloor keeps the webhooks from being called for the floor's namespaces, which ask for nothing: its creations cost what
// they would without Seedbed.
func (b *bench) spareFloor(ctx context.Context) error {
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	if err := b.installation.Client.Get(ctx, client.ObjectKey{Name: seedbed.WebhookConfiguration}, configuration); err != nil {
		return fmt.Errorf("read the webhook configuration: %w", err)
	}
	for i := range configuration.Webhooks {
		if !slices.Contains(configuration.Webhooks[i].Rules[0].Resources, "namespaces") {
			continue // no backup is taken while another webhook is not as the chart has it
		}
		configuration.Webhooks[i].MatchConditions = append(configuration.Webhooks[i].MatchConditions, admissionregistrationv1.MatchCondition{
			Name: "not-the-floor", Expression: fmt.Sprintf("!request.name.startsWith('%s-')", floorPrefix),
		})
	}
	if err := b.installation.Client.Update(ctx, configuration); err != nil {
		return fmt.Errorf("write the webhook configuration: %w", err)
	}
	return nil
}

// Prefixes of names. Seedbed's webhooks are not called for the floor's.
const (
	floorPrefix   = "floor"
	seedbedPrefix = "bench"
)

// quiet is how long the cluster is left alone between measurements, for what comes after a namespace is ready:
// its event, the controller manager's ConfigMap and ServiceAccount, everybody's watches.
const quiet = 40 * time.Millisecond

func pause(ctx context.Context, length time.Duration) error {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// ownConnection is a configuration whose clients do not share connections with those of any other.
func ownConnection(config *rest.Config) *rest.Config {
	config = rest.CopyConfig(config)
	config.Dial = dial // client-go shares transports only among configurations that do not set it
	return config
}
