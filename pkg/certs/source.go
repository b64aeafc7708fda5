package certs

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// Source serves the webhook's certificate from memory, on every replica, whatever its issuer. It follows a watch on
// the Secret, so it learns of a new one within milliseconds; a mounted file would lag by a minute or more.
type Source struct {
	// OnLoad, if set, is called with the expiration of each certificate that is loaded.
	OnLoad func(expires time.Time)

	secret  types.NamespacedName
	now     func() time.Time
	current atomic.Pointer[pair]
}

// NewSource returns a Source of the certificate under tls.crt and tls.key in the Secret.
func NewSource(namespace, secretName string) *Source {
	return &Source{secret: types.NamespacedName{Namespace: namespace, Name: secretName}, now: time.Now}
}

// GetCertificate is for [tls.Config]. It returns an error until a certificate has been loaded.
func (s *Source) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	current := s.current.Load()
	if current == nil {
		return nil, s.errMissing()
	}
	return &current.tls, nil
}

// Ready is a [sigs.k8s.io/controller-runtime/pkg/healthz.Checker]. It returns an error until a certificate has been
// loaded, and when that is no longer valid.
func (s *Source) Ready(*http.Request) error {
	current := s.current.Load()
	if current == nil {
		return s.errMissing()
	}
	if !current.validAt(s.now()) {
		return fmt.Errorf("the certificate of Secret %s is valid from %s to %s only",
			s.secret, current.leaf().NotBefore.Format(time.RFC3339), current.leaf().NotAfter.Format(time.RFC3339))
	}
	return nil
}

func (s *Source) errMissing() error {
	return fmt.Errorf("no certificate has been loaded from Secret %s yet", s.secret)
}

// Load replaces the served certificate by the Secret's. If that does not parse, or the key does not belong to it, it
// returns an error and keeps the previous certificate.
func (s *Source) Load(secret *corev1.Secret) error {
	loaded, err := parsePair(secret.Data[corev1.TLSCertKey], secret.Data[corev1.TLSPrivateKeyKey])
	if err != nil {
		return fmt.Errorf("loading the certificate in Secret %s: %w", s.secret, err)
	}
	s.current.Store(loaded)
	if s.OnLoad != nil {
		s.OnLoad(loaded.leaf().NotAfter)
	}
	return nil
}

// SetupWithManager adds the source to the manager, to run whether it leads or not. The manager's cache must hold the
// Secret; see [CacheByObject].
func (s *Source) SetupWithManager(mgr manager.Manager) error {
	if err := followSecret(mgr, "certificate-source", mgr, s.secret, s.Load, "Webhook certificate loaded"); err != nil {
		return fmt.Errorf("setting up the certificate source: %w", err)
	}
	return nil
}
