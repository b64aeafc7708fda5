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
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	"seedbed.dev/seedbed/pkg/admission/serving"
	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/certs"
	"seedbed.dev/seedbed/pkg/controller"
	seedbedmetrics "seedbed.dev/seedbed/pkg/metrics"
	"seedbed.dev/seedbed/pkg/seal"
)

// shutdownWithin bounds how long runs in flight go on after SIGTERM. The chart's terminationGracePeriodSeconds is
// longer than this, lingerFor and reviewsWithin together.
const shutdownWithin = 20 * time.Second

// lingerFor is how long the webhooks are served after everything else has ended. A caller that has sent nothing for so
// long does not send something in the moment when its connection is closed.
const lingerFor = 2 * time.Second

// lingerUnready is the same for a process that nobody told to end: a leader that could not renew its lease. No preStop has
// taken its endpoint away, so callers are sent to it until its readiness probe has failed (in the chart three times in six
// seconds) and every node's proxy knows.
const lingerUnready = 10 * time.Second

// lingering chooses between the two when the time has come.
func lingering(told context.Context) func() time.Duration {
	return func() time.Duration {
		if told.Err() != nil {
			return lingerFor
		}
		return lingerUnready
	}
}

// reviewsWithin bounds how long the webhooks' last reviews are waited for after lingering. The API server waits no longer
// than ten seconds for an answer.
const reviewsWithin = 10 * time.Second

// process is what the parts of the controller share.
type process struct {
	options  *options
	config   *rest.Config
	client   kubernetes.Interface
	mgr      ctrl.Manager
	recorder *seedbedmetrics.Recorder
	hints    *controller.Hints
	keys     *seal.Ring
	// serving has the certificate of this replica's ports, segments the paths by which webhooks are called.
	serving  *certs.Source
	segments *certs.SegmentSource
	// user is who Seedbed itself is to the API server.
	user string
}

// run starts everything and comes back when ctx ends or something fails.
func run(ctx context.Context, o *options) error {
	config, err := o.config()
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
	p.hints = controller.NewHints(p.recorder)
	p.serving = certs.NewSource(o.namespace, o.tlsSecret)
	p.serving.OnLoad = p.recorder.ServingCertificate
	p.segments = o.segmentSource()
	server, err := p.webhookServer()
	if err != nil {
		return err
	}
	webhooks := &drainingServer{Server: server, linger: lingering(ctx)}
	writing, cut := context.WithCancel(context.Background())
	defer cut()
	managed := o.managerOptions(webhooks, p.serving, p.keys)
	managed.BaseContext = func() context.Context { return controller.WithHardStop(context.Background(), writing) }
	if p.mgr, err = ctrl.NewManager(config, managed); err != nil {
		return fmt.Errorf("making the manager: %w", err)
	}
	if err := p.setup(ctx); err != nil {
		return err
	}
	ctrl.Log.Info("starting", "version", version, "namespace", o.namespace, "user", p.user, "workers", o.workers)
	err = p.mgr.Start(ctx)
	if ctx.Err() == nil {
		cut()
	}
	webhooks.drained(webhooks.linger() + reviewsWithin)
	return err
}

func (p *process) setup(ctx context.Context) error {
	synced, err := startInformers(ctx, p.mgr)
	if err != nil {
		return err
	}
	for name, check := range map[string]healthz.Checker{
		"caches": synced.ready, "certificate": p.serving.Ready, "paths": p.segments.Ready, "webhook": p.mgr.GetWebhookServer().StartedChecker(),
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
	byObject := controller.CacheByObject(keys)
	for kind, by := range certs.CacheByObject(o.namespace, o.tlsSecret, o.webhookConfiguration) {
		byObject[kind] = by
	}
	return ctrl.Options{
		Scheme:                        scheme(),
		Cache:                         cache.Options{ByObject: byObject, DefaultTransform: cache.TransformStripManagedFields(), NewInformer: newInformer},
		WebhookServer:                 webhooks,
		Metrics:                       o.metricsOptions(source),
		HealthProbeBindAddress:        o.healthAddress,
		PprofBindAddress:              o.pprof,
		LeaderElection:                o.leaderElect,
		LeaderElectionID:              "seedbed-leader",
		LeaderElectionNamespace:       o.namespace,
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 &o.leaseDuration,
		RenewDeadline:                 ptr.To(o.leaseDuration * 7 / 10),
		RetryPeriod:                   ptr.To(min(500*time.Millisecond, o.leaseDuration/10)),
		GracefulShutdownTimeout:       ptr.To(shutdownWithin),
	}
}

func scheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	return scheme
}
