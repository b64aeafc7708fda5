package certs

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

func TestSourceKeepsLastValidCertificate(t *testing.T) {
	s := NewSource("seedbed-system", "tls")
	now := epoch
	s.now = func() time.Time { return now }
	if _, err := s.GetCertificate(nil); err == nil {
		t.Error("GetCertificate must fail before a certificate is loaded")
	}
	if err := s.Ready(nil); err == nil || !strings.Contains(err.Error(), "seedbed-system/tls") {
		t.Errorf("Ready before a certificate is loaded: %v", err)
	}

	secret := &corev1.Secret{}
	writeSecret(secret, steadyState(t))
	if err := s.Load(secret); err != nil {
		t.Fatal(err)
	}
	first, err := s.GetCertificate(nil)
	if err != nil || s.Ready(nil) != nil {
		t.Fatalf("%v, ready: %v", err, s.Ready(nil))
	}

	damaged := secret.DeepCopy()
	damaged.Data[corev1.TLSPrivateKeyKey] = damaged.Data[issuerKeyKey]
	if err := s.Load(damaged); err == nil || strings.Contains(err.Error(), "PRIVATE") {
		t.Errorf("a damaged certificate must be refused without quoting it: %v", err)
	}
	if again, _ := s.GetCertificate(nil); again != first {
		t.Error("the certificate before a damaged one must go on being served")
	}

	now = epoch.Add(testPolicy.certLifetime)
	if err := s.Ready(nil); err == nil {
		t.Error("Ready with a certificate that is over")
	}
	later := steadyState(t)
	later.serving = mustServing(t, now, later.issuer)
	writeSecret(secret, later)
	if err := s.Load(secret); err != nil || s.Ready(nil) != nil {
		t.Errorf("a new certificate must be taken: %v, %v", err, s.Ready(nil))
	}
}
