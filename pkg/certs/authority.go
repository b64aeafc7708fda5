package certs

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// AuthorityOptions configure the certificates of an [Authority] and where it stores them.
type AuthorityOptions struct {
	// Namespace and SecretName name the Secret with certificates and keys. Required.
	Namespace, SecretName string
	// WebhookConfiguration is the name of the ValidatingWebhookConfiguration whose webhooks get the bundle of CAs. Required.
	WebhookConfiguration string
	// DNSNames are the names by which the API server verifies the serving certificate. One that is an IP address is used as
	// such. Required.
	DNSNames []string
	// CALifetime is the validity of a CA, in whole seconds. Zero means DefaultCALifetime.
	CALifetime time.Duration
	// CertLifetime is the validity of a serving certificate, in whole seconds and at most CALifetime. Zero means
	// DefaultCertLifetime.
	CertLifetime time.Duration
	// PublishGrace is the time for API servers to learn of a CA, and for replicas to learn of a certificate. Zero means
	// DefaultPublishGrace. Replacing a CA takes a little more than twice that.
	PublishGrace time.Duration
}

// Authority creates the webhook's certificates, rotates them and publishes their CAs in the webhook configuration.
// It runs on the leader only, and not at all if cert-manager issues the certificates.
type Authority struct {
	publisher publisher[state]
	policy    policy
	// served is the last certificate seen that was being served. One worker reads and writes it.
	served *pair
}

// NewAuthority returns an Authority after checking the options and setting their defaults.
func NewAuthority(opts AuthorityOptions) (*Authority, error) {
	if opts.Namespace == "" || opts.SecretName == "" || opts.WebhookConfiguration == "" {
		return nil, errors.New("set the namespace, the Secret's name and the webhook configuration's name for the certificates")
	}
	p := policy{
		hosts:        slices.Clone(opts.DNSNames),
		caLifetime:   cmp.Or(opts.CALifetime, DefaultCALifetime),
		certLifetime: cmp.Or(opts.CertLifetime, DefaultCertLifetime),
		publishGrace: cmp.Or(opts.PublishGrace, DefaultPublishGrace),
	}
	if len(p.hosts) == 0 {
		return nil, errors.New("set at least one DNS name or address for the webhook's certificate")
	}
	if p.certLifetime > p.caLifetime || p.certLifetime < time.Second || p.publishGrace < 0 {
		return nil, fmt.Errorf("the lifetime of a certificate (%s) must be between 1s and that of its CA (%s), and the grace (%s) not negative",
			p.certLifetime, p.caLifetime, p.publishGrace)
	}
	a := &Authority{policy: p}
	a.publisher = publisher[state]{
		name:          "certificate-authority",
		content:       "webhook certificates",
		secret:        types.NamespacedName{Namespace: opts.Namespace, Name: opts.SecretName},
		configuration: types.NamespacedName{Name: opts.WebhookConfiguration},
		clock:         clock.RealClock{},
		next:          a.nextStep,
		write:         writeSecret,
		publish:       func(configuration *webhookConfiguration, s state) bool { return publishBundle(configuration, s.bundle) },
		stored:        func(s state) []any { return []any{"cas", len(s.bundle), "servingUntil", s.serving.leaf().NotAfter} },
	}
	return a, nil
}

// SetupWithManager adds the authority to the manager, to run while it leads. The manager's cache must hold the Secret
// and the webhook configuration; see [CacheByObject].
func (a *Authority) SetupWithManager(mgr manager.Manager) error {
	a.publisher.secrets = mgr.GetClient()
	return a.publisher.setupWithManager(mgr, secretChanges(mgr.GetCache(), a.publisher.secret))
}

func (a *Authority) nextStep(secret *corev1.Secret, configuration *webhookConfiguration, now time.Time) (state, step, time.Duration, error) {
	found := readSecret(secret)
	found.published = publishedBundles(configuration)
	found.recoverLost(a.served, now)
	if found.isServing(now) {
		a.served = found.serving
	}
	return a.policy.nextStep(found, now)
}
