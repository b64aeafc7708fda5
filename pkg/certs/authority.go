package certs

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
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
	publisher publisher[state]
	policy    policy
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
	a := &Authority{policy: p}
	a.publisher = publisher[state]{
		name:          "certificate-authority",
		content:       "webhook certificates",
		secret:        types.NamespacedName{Namespace: opts.Namespace, Name: opts.SecretName},
		configuration: types.NamespacedName{Name: opts.WebhookConfiguration},
		clock:         clock.RealClock{},
		next:          a.next,
		write:         writeSecret,
		publish:       func(configuration client.Object, s state) bool { return publish(configuration, s.bundle) },
		stored:        func(s state) []any { return []any{"cas", len(s.bundle), "servingUntil", s.serving.leaf().NotAfter} },
	}
	return a, nil
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
	a.publisher.secrets = mgr.GetClient()
	return a.publisher.setup(mgr, secretChanges(mgr.GetCache(), a.publisher.secret))
}

func (a *Authority) next(secret *corev1.Secret, configurations []client.Object, now time.Time) (state, step, time.Duration, error) {
	found := readSecret(secret)
	found.published = published(configurations...)
	found.recall(a.served, now)
	if found.serves(now) {
		a.served = found.serving
	}
	return a.policy.next(found, now)
}
