package certs

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"
)

// SegmentPublisherOptions say where a [SegmentPublisher] puts segments and how long they are in use.
type SegmentPublisherOptions struct {
	// WebhookConfiguration is the name of the ValidatingWebhookConfiguration whose webhooks get the path. Required.
	WebhookConfiguration string
	// Rotation is how long a segment is current: DefaultSegmentRotation when zero. A rotation itself takes a little more than
	// twice the grace.
	Rotation time.Duration
	// PublishGrace is how long replicas may take to learn of a segment, and API servers of a path: DefaultPublishGrace when
	// zero.
	PublishGrace time.Duration
}

// SegmentPublisher makes the segment of the webhooks' paths, replaces it, and writes the paths into the webhook
// configurations. It works on the leader only; with a segment of the administrator's it is not set up at all.
type SegmentPublisher struct {
	source        *SegmentSource
	configuration types.NamespacedName
	policy        segmentPolicy
	clock         clock.PassiveClock

	// client reads the Secret from the source's cache, webhooks the configurations from the manager's, live from the API server.
	client   client.Client
	webhooks client.Client
	live     client.Reader
	// started reports whether a rotation has begun since this process leads. One worker reads and writes it.
	started bool
}

// NewSegmentPublisher checks the options and fills in their defaults. The source's Secret holds the segments.
func NewSegmentPublisher(source *SegmentSource, opts SegmentPublisherOptions) (*SegmentPublisher, error) {
	if opts.WebhookConfiguration == "" || source.fixed {
		return nil, errors.New("set the webhook configuration's name, and no fixed segment, for the webhooks' paths")
	}
	p := segmentPolicy{
		rotation:     withDefault(opts.Rotation, DefaultSegmentRotation),
		publishGrace: withDefault(opts.PublishGrace, DefaultPublishGrace),
	}
	if p.rotation < 0 || p.publishGrace < 0 {
		return nil, fmt.Errorf("the rotation (%s) and the grace (%s) of webhook paths must not be negative", p.rotation, p.publishGrace)
	}
	return &SegmentPublisher{
		source: source, configuration: types.NamespacedName{Name: opts.WebhookConfiguration}, policy: p, clock: clock.RealClock{},
	}, nil
}

// SetupWithManager has the manager run the publisher while it leads. The source must be set up before, and the manager's cache
// must hold the webhook configurations; see [CacheByObject].
func (p *SegmentPublisher) SetupWithManager(mgr manager.Manager) error {
	p.client, p.webhooks, p.live = p.source.cluster.GetClient(), mgr.GetClient(), mgr.GetAPIReader()
	request := reconcile.Request{NamespacedName: p.source.secret}
	always := handler.EnqueueRequestsFromMapFunc(func(context.Context, client.Object) []reconcile.Request {
		return []reconcile.Request{request}
	})
	// The first look, when there is nothing yet that a watch could tell of.
	first := source.Func(func(_ context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
		queue.Add(request)
		return nil
	})
	publisher := builder.ControllerManagedBy(mgr).
		Named("webhook-path-publisher").
		WatchesRawSource(p.source.changes()).
		WatchesRawSource(first).
		WithOptions(controller.Options{RateLimiter: rateLimiter()})
	for _, configuration := range configurations() {
		publisher.Watches(configuration, always, builder.WithPredicates(named(p.configuration)))
	}
	if err := publisher.Complete(reconcile.Func(p.reconcile)); err != nil {
		return fmt.Errorf("setting up the publisher of webhook paths: %w", err)
	}
	return nil
}

// reconcile makes one write at most: the Secret's, or, when nothing is due there, a webhook configuration's. The watches
// bring it back after each.
func (p *SegmentPublisher) reconcile(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
	secret, configurations, err := p.read(ctx)
	if err != nil {
		return reconcile.Result{}, err
	}
	found := readSegments(secret)
	found.published = publishedSegments(configurations...)
	found.recall()
	p.started = p.started || found.next != ""
	found.requested = found.requested || !p.started
	next, done, wait := p.policy.next(found, p.clock.Now())
	if done != stepNone {
		err = p.store(ctx, secret, next)
	} else {
		err = p.publish(ctx, secret, configurations, next.current)
	}
	if outdated(err) {
		// What was read is older than what is there: the watch is about to tell.
		return reconcile.Result{RequeueAfter: time.Second}, nil
	}
	if err == nil && done != stepNone {
		p.started = p.started || !next.requested
		log.FromContext(ctx).Info("Webhook paths changed", "step", done)
	}
	return reconcile.Result{RequeueAfter: wait}, err
}

func (p *SegmentPublisher) read(ctx context.Context) (*corev1.Secret, []client.Object, error) {
	secret := &corev1.Secret{}
	if err := p.client.Get(ctx, p.source.secret, secret); client.IgnoreNotFound(err) != nil {
		return nil, nil, fmt.Errorf("reading Secret %s: %w", p.source.secret, err)
	}
	found := configurations()
	for _, configuration := range found {
		if err := p.webhooks.Get(ctx, p.configuration, configuration); client.IgnoreNotFound(err) != nil {
			return nil, nil, fmt.Errorf("reading %T %s: %w", configuration, p.configuration.Name, err)
		}
	}
	return secret, found, nil
}

// store writes the state, unless the Secret has changed since it was read.
func (p *SegmentPublisher) store(ctx context.Context, read *corev1.Secret, s segmentState) error {
	secret := read.DeepCopy()
	secret.Namespace, secret.Name = p.source.secret.Namespace, p.source.secret.Name
	writeSegments(secret, s)
	var err error
	if secret.ResourceVersion == "" {
		err = p.client.Create(ctx, secret, client.FieldOwner(fieldManager))
	} else {
		err = p.client.Update(ctx, secret, client.FieldOwner(fieldManager))
	}
	if err != nil {
		return fmt.Errorf("writing the webhook paths to Secret %s: %w", p.source.secret, err)
	}
	return nil
}

// publish sets the paths in the first configuration that lacks them, by a patch that touches nothing else. It first makes sure
// that the segment is the Secret's present one: a leader whose cache lags would otherwise bring back one that another leader has
// replaced.
func (p *SegmentPublisher) publish(ctx context.Context, read *corev1.Secret, configurations []client.Object, segment string) error {
	for _, configuration := range configurations {
		changed := configuration.DeepCopyObject().(client.Object)
		if !publishSegment(changed, segment) {
			continue
		}
		secret := &corev1.Secret{}
		if err := p.live.Get(ctx, p.source.secret, secret); err != nil {
			return fmt.Errorf("reading Secret %s: %w", p.source.secret, err)
		}
		if secret.ResourceVersion != read.ResourceVersion {
			return errOutdated
		}
		patch := client.StrategicMergeFrom(configuration, client.MergeFromWithOptimisticLock{})
		if err := p.webhooks.Patch(ctx, changed, patch, client.FieldOwner(fieldManager)); err != nil {
			return fmt.Errorf("writing the paths to %T %s: %w", configuration, configuration.GetName(), err)
		}
		log.FromContext(ctx).Info("Webhook paths published", "configuration", fmt.Sprintf("%T", configuration), "name", configuration.GetName())
		return nil
	}
	return nil
}
