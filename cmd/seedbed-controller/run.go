package main

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/client-go/kubernetes"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	"seedbed.dev/seedbed/pkg/admission/serving"
	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/certs"
	"seedbed.dev/seedbed/pkg/controller/attempt"
	"seedbed.dev/seedbed/pkg/controller/namespace"
	seedbedmetrics "seedbed.dev/seedbed/pkg/metrics"
	"seedbed.dev/seedbed/pkg/seal"
)

// shutdownWithin is the time limit of restores in flight after SIGTERM. The chart's terminationGracePeriodSeconds is
// longer than this, lingerFor and reviewsWithin together.
const shutdownWithin = 20 * time.Second

// lingerFor is how long the webhooks are served after everything else has ended. A client that was idle for that long hardly
// sends a request at the moment when its connection is closed.
const lingerFor = 2 * time.Second

// lingerUnready is the same for a process that ends without a signal: a leader that could not renew its lease. No preStop hook
// has removed its endpoint, so it gets calls until its readiness probe has failed (in the chart three times in six seconds)
// and every node's proxy has been updated.
const lingerUnready = 10 * time.Second

// lingerDuration returns a function that chooses between the two at the end. signalled ends with a signal.
func lingerDuration(signalled context.Context) func() time.Duration {
	return func() time.Duration {
		if signalled.Err() != nil {
			return lingerFor
		}
		return lingerUnready
	}
}

// reviewsWithin is the time limit of the webhooks' last reviews after lingering. The API server waits at most ten seconds for an
// answer.
const reviewsWithin = 10 * time.Second

// process holds the dependencies that the parts of the controller share.
type process struct {
	options  *options
	config   *rest.Config
	client   kubernetes.Interface
	mgr      ctrl.Manager
	recorder *seedbedmetrics.Recorder
	hints    *namespace.Hints
	keys     *seal.Ring
	// serving has the certificate of this replica's ports, and segments the accepted segments of the webhooks' paths.
	serving  *certs.Source
	segments *certs.SegmentSource
	// user is Seedbed's own user name at the API server.
	user string
}

// runController runs the controller until ctx ends or a part fails.
func runController(ctx context.Context, o *options) error {
	config, err := o.restConfig()
	if err != nil {
		return err
	}
	p := &process{options: o, config: config}
	if p.client, err = kubernetes.NewForConfig(config); err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	if p.user, err = whoAmI(ctx, p.client); err != nil {
		return err
	}
	if err := p.loadRecordKeys(ctx); err != nil {
		return err
	}
	if p.recorder, err = seedbedmetrics.NewRecorder(metrics.Registry); err != nil {
		return err
	}
	p.hints = namespace.NewHints(p.recorder)
	p.serving = certs.NewSource(o.namespace, o.tlsSecret)
	p.serving.OnLoad = p.recorder.ServingCertificate
	p.segments = o.segmentSource()
	server, err := p.webhookServer()
	if err != nil {
		return err
	}
	webhooks := &drainingServer{Server: server, linger: lingerDuration(ctx)}
	writing, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	managed := o.managerOptions(webhooks, p.serving, p.keys)
	managed.BaseContext = func() context.Context { return attempt.WithHardStop(context.WithoutCancel(ctx), writing) }
	if p.mgr, err = ctrl.NewManager(config, managed); err != nil {
		return fmt.Errorf("making the manager: %w", err)
	}
	if err := p.setupManager(ctx); err != nil {
		return err
	}
	ctrl.Log.Info("Starting the controller", "version", version, "namespace", o.namespace, "user", p.user, "workers", o.workers)
	err = p.mgr.Start(ctx)
	if ctx.Err() == nil {
		cut()
	}
	webhooks.awaitDrained(webhooks.linger() + reviewsWithin)
	return err
}

func (p *process) setupManager(ctx context.Context) error {
	synced, err := startInformers(ctx, p.mgr)
	if err != nil {
		return err
	}
	for name, check := range map[string]healthz.Checker{
		"caches": synced.checkReady, "certificate": p.serving.Ready, "paths": p.segments.Ready, "webhook": p.mgr.GetWebhookServer().StartedChecker(),
	} {
		if err := p.mgr.AddReadyzCheck(name, check); err != nil {
			return err
		}
	}
	if err := p.mgr.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return err
	}
	for _, part := range []func() error{p.setupCertificates, p.setupPaths, p.setupControllers, p.setupAdmission} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

func (o *options) segmentSource() *certs.SegmentSource {
	if len(o.webhookSegments) > 0 {
		return certs.FixedSegments(o.webhookSegments...)
	}
	return certs.NewSegmentSource(o.namespace, o.pathSecret, o.tlsPublishGrace)
}

func (p *process) webhookServer() (*serving.Server, error) {
	o := serving.Options{
		Host: p.options.webhookHost, Port: p.options.webhookPort,
		GetCertificate: p.serving.GetCertificate, Segments: p.segments, Recorder: p.recorder,
	}
	if p.options.clientCA != "" {
		var err error
		if o.ClientCA, err = serving.NewClientCA(p.options.clientCA, p.options.clientNames); err != nil {
			return nil, fmt.Errorf("--webhook-client-ca: %w", err)
		}
	}
	return serving.NewServer(o), nil
}

func (o *options) managerOptions(webhooks webhook.Server, source *certs.Source, keys *seal.Ring) ctrl.Options {
	return ctrl.Options{
		Scheme:                        newScheme(),
		Cache:                         cache.Options{ByObject: o.cacheByObject(keys), DefaultTransform: cache.TransformStripManagedFields(), NewInformer: newInformer},
		WebhookServer:                 webhooks,
		Metrics:                       o.metricsOptions(source),
		HealthProbeBindAddress:        o.healthAddress,
		PprofBindAddress:              o.pprof,
		LeaderElection:                o.leaderElect,
		LeaderElectionID:              "seedbed-leader",
		LeaderElectionNamespace:       o.namespace,
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 &o.leaseDuration,
		RenewDeadline:                 new(o.leaseDuration * 7 / 10),
		RetryPeriod:                   new(min(500*time.Millisecond, o.leaseDuration/10)),
		GracefulShutdownTimeout:       new(shutdownWithin),
	}
}

func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	return scheme
}
