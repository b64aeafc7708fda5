package certs

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"
)

// AuthorityOptions say what certificates an [Authority] makes and where it puts them.
type AuthorityOptions struct {
	// Namespace and SecretName are where certificates and keys are kept. Required.
	Namespace, SecretName string
	// WebhookConfiguration is the name of the ValidatingWebhookConfiguration whose webhooks get the bundle of CAs. Required.
	WebhookConfiguration string
	// DNSNames are what the API server verifies the serving certificate by. One that is an IP address counts as that. At
	// least one of DNSNames and IPs is required.
	DNSNames []string
	// IPs are addresses that it is verified by.
	IPs []net.IP
	// CALifetime is how long a CA is valid: whole seconds, DefaultCALifetime when zero.
	CALifetime time.Duration
	// CertLifetime is how long a serving certificate is valid: whole seconds, at most CALifetime, DefaultCertLifetime when
	// zero.
	CertLifetime time.Duration
	// PublishGrace is how long API servers may take to learn of a CA, and replicas of a certificate: DefaultPublishGrace
	// when zero. A CA is replaced in a little more than twice that.
	PublishGrace time.Duration
}

// Authority makes the webhook's certificates, rotates them and hands their CAs to the webhook configurations. It works on
// the leader only; where cert-manager issues it is not set up at all.
type Authority struct {
	secret, configuration types.NamespacedName
	policy                policy
	now                   func() time.Time

	// client reads from the manager's cache, live reads from the API server.
	client client.Client
	live   client.Reader
	// served is the certificate that was served when last seen. One worker reads and writes it.
	served *pair
}

// NewAuthority checks the options and fills in their defaults.
func NewAuthority(opts AuthorityOptions) (*Authority, error) {
	if opts.Namespace == "" || opts.SecretName == "" || opts.WebhookConfiguration == "" {
		return nil, errors.New("set the namespace, the Secret's name and the webhook configuration's name for the certificates")
	}
	p := policy{
		hosts:        slices.Clone(opts.DNSNames),
		caLifetime:   withDefault(opts.CALifetime, DefaultCALifetime),
		certLifetime: withDefault(opts.CertLifetime, DefaultCertLifetime),
		publishGrace: withDefault(opts.PublishGrace, DefaultPublishGrace),
	}
	for _, ip := range opts.IPs {
		p.hosts = append(p.hosts, ip.String())
	}
	if len(p.hosts) == 0 {
		return nil, errors.New("set at least one DNS name or address for the webhook's certificate")
	}
	if p.certLifetime > p.caLifetime || p.certLifetime < time.Second || p.publishGrace < 0 {
		return nil, fmt.Errorf("the lifetime of a certificate (%s) must be between 1s and that of its CA (%s), and the grace (%s) not negative",
			p.certLifetime, p.caLifetime, p.publishGrace)
	}
	return &Authority{
		secret:        types.NamespacedName{Namespace: opts.Namespace, Name: opts.SecretName},
		configuration: types.NamespacedName{Name: opts.WebhookConfiguration},
		policy:        p,
		now:           time.Now,
	}, nil
}

func withDefault(value, standard time.Duration) time.Duration {
	if value == 0 {
		return standard
	}
	return value
}

// SetupWithManager has the manager run the authority while it leads. The manager's cache must hold the Secret and the
// webhook configurations; see [CacheByObject].
func (a *Authority) SetupWithManager(mgr manager.Manager) error {
	a.client, a.live = mgr.GetClient(), mgr.GetAPIReader()
	request := reconcile.Request{NamespacedName: a.secret}
	always := handler.EnqueueRequestsFromMapFunc(func(context.Context, client.Object) []reconcile.Request {
		return []reconcile.Request{request}
	})
	// The first look, when there is nothing yet that a watch could tell of.
	first := source.Func(func(_ context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
		queue.Add(request)
		return nil
	})
	authority := builder.ControllerManagedBy(mgr).
		Named("certificate-authority").
		Watches(&corev1.Secret{}, always, builder.WithPredicates(named(a.secret))).
		WatchesRawSource(first).
		WithOptions(controller.Options{RateLimiter: rateLimiter()})
	for _, configuration := range configurations() {
		authority.Watches(configuration, always, builder.WithPredicates(named(a.configuration)))
	}
	if err := authority.Complete(reconcile.Func(a.reconcile)); err != nil {
		return fmt.Errorf("set up the certificate authority: %w", err)
	}
	return nil
}

// reconcile makes one write at most: the Secret's, or, when nothing is due there, a webhook configuration's. The
// watches bring it back after each.
func (a *Authority) reconcile(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
	secret, configurations, err := a.read(ctx)
	if err != nil {
		return reconcile.Result{}, err
	}
	now := a.now()
	found := readSecret(secret)
	found.published = published(configurations...)
	found.recall(a.served, now)
	if found.serves(now) {
		a.served = found.serving
	}
	next, done, wait, err := a.policy.next(found, now)
	if err != nil {
		return reconcile.Result{}, fmt.Errorf("certificates in Secret %s: %w", a.secret, err)
	}
	if done != stepNone {
		err = a.store(ctx, secret, next)
	} else {
		err = a.publish(ctx, secret, configurations, next.bundle)
	}
	if outdated(err) {
		// What was read is older than what is there: the watch is about to tell.
		return reconcile.Result{RequeueAfter: time.Second}, nil
	}
	if err == nil && done != stepNone {
		log.FromContext(ctx).Info("Webhook certificates changed", "step", done, "cas", len(next.bundle),
			"servingUntil", next.serving.leaf().NotAfter)
	}
	return reconcile.Result{RequeueAfter: wait}, err
}

func (a *Authority) read(ctx context.Context) (*corev1.Secret, []client.Object, error) {
	secret := &corev1.Secret{}
	if err := a.client.Get(ctx, a.secret, secret); client.IgnoreNotFound(err) != nil {
		return nil, nil, fmt.Errorf("read Secret %s: %w", a.secret, err)
	}
	found := configurations()
	for _, configuration := range found {
		if err := a.client.Get(ctx, a.configuration, configuration); client.IgnoreNotFound(err) != nil {
			return nil, nil, fmt.Errorf("read %T %s: %w", configuration, a.configuration.Name, err)
		}
	}
	return secret, found, nil
}

// store writes the state, unless the Secret has changed since it was read.
func (a *Authority) store(ctx context.Context, read *corev1.Secret, s state) error {
	secret := read.DeepCopy()
	secret.Namespace, secret.Name = a.secret.Namespace, a.secret.Name
	writeSecret(secret, s)
	write := a.client.Update
	if secret.ResourceVersion == "" {
		write = func(ctx context.Context, obj client.Object, _ ...client.UpdateOption) error {
			return a.client.Create(ctx, obj, client.FieldOwner(fieldManager))
		}
	}
	if err := write(ctx, secret, client.FieldOwner(fieldManager)); err != nil {
		return fmt.Errorf("write the certificates to Secret %s: %w", a.secret, err)
	}
	return nil
}

// publish hands the bundle to every webhook of the first configuration that lacks it, by a patch that touches nothing
// else. It first makes sure that the bundle is the Secret's present one: a leader whose cache lags would otherwise take a
// CA away again that another one has published.
func (a *Authority) publish(ctx context.Context, read *corev1.Secret, configurations []client.Object, b bundle) error {
	for _, configuration := range configurations {
		changed := configuration.DeepCopyObject().(client.Object)
		if !publish(changed, b) {
			continue
		}
		secret := &corev1.Secret{}
		if err := a.live.Get(ctx, a.secret, secret); err != nil {
			return fmt.Errorf("read Secret %s: %w", a.secret, err)
		}
		if secret.ResourceVersion != read.ResourceVersion {
			return errOutdated
		}
		patch := client.StrategicMergeFrom(configuration, client.MergeFromWithOptimisticLock{})
		if err := a.client.Patch(ctx, changed, patch, client.FieldOwner(fieldManager)); err != nil {
			return fmt.Errorf("write the CAs to %T %s: %w", configuration, configuration.GetName(), err)
		}
		log.FromContext(ctx).Info("Webhook CAs published", "configuration", fmt.Sprintf("%T", configuration), "name", configuration.GetName(), "cas", len(b))
		return nil
	}
	return nil
}

var errOutdated = errors.New("the cache is behind the API server")

// outdated says whether an error means that the decision was made on an older version of an object.
func outdated(err error) bool {
	return errors.Is(err, errOutdated) || apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) || apierrors.IsNotFound(err)
}
