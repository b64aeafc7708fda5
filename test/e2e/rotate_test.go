//go:build e2e

package e2e

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// rotationCreates are how many annotated namespaces have to meet a rotation.
const rotationCreates = 200

// rotating creates annotated namespaces while the serving certificate is replaced and then the CA. None is refused, and none
// missed.
func (w *world) rotating(t *testing.T, base string, serving, authority func()) {
	t.Helper()
	l := w.load(t, base, busily)
	l.awaitMore(t, 1)
	for _, step := range []struct {
		name    string
		replace func()
	}{{"serving certificate", serving}, {"CA", authority}} {
		began := time.Now()
		step.replace()
		t.Logf("the %s was replaced in %s; %d namespaces have been created", step.name, time.Since(began).Round(time.Millisecond), l.made())
	}
	l.awaitMore(t, max(1, rotationCreates-l.made()))
	attempts := l.outcomes(t, busily)
	l.tolerates(t, attempts, never)
	counted := newTable()
	counted.add(base, attempts)
	counted.print(t)
	ended := time.Now()
	count := l.awaitPopulated(t)
	if admitted := l.made(); count != admitted {
		t.Errorf("%d namespaces are there; %d were created", count, admitted)
	}
	t.Logf("all %d namespaces were populated %s after the last create", count, time.Since(ended).Round(time.Millisecond))
}

// secret reads a Secret of Seedbed's namespace.
func (w *world) secret(ctx context.Context, name string) (*corev1.Secret, error) {
	secret := &corev1.Secret{}
	err := w.Get(ctx, client.ObjectKey{Namespace: w.namespace, Name: name}, secret)
	return secret, err
}

// tlsSecret is where the webhook's certificate is kept, whoever makes it.
func (w *world) tlsSecret() string { return w.fullname() + "-webhook-tls" }

// awaitChange waits until a key of a Secret holds something else than before.
func (w *world) awaitChange(t *testing.T, before *corev1.Secret, key string) {
	t.Helper()
	w.eventually(t, func(ctx context.Context) error {
		now, err := w.secret(ctx, before.Name)
		if err == nil && string(now.Data[key]) == string(before.Data[key]) {
			err = fmt.Errorf("%s of Secret %s is what it was", key, before.Name)
		}
		return err
	})
}

// awaitTrust waits until the API server is told to trust whoever signed the certificate that the Secret has.
func (w *world) awaitTrust(t *testing.T) {
	t.Helper()
	w.eventually(t, func(ctx context.Context) error {
		secret, err := w.secret(ctx, w.tlsSecret())
		if err != nil {
			return err
		}
		block, _ := pem.Decode(secret.Data[corev1.TLSCertKey])
		if block == nil {
			return fmt.Errorf("Secret %s has no certificate", secret.Name)
		}
		serving, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return err
		}
		for webhook, trusted := range w.caBundles(t) {
			roots := x509.NewCertPool()
			roots.AppendCertsFromPEM([]byte(trusted))
			name := w.fullname() + "-webhook." + w.namespace + ".svc"
			if _, err := serving.Verify(x509.VerifyOptions{Roots: roots, DNSName: name}); err != nil {
				return fmt.Errorf("the CAs of webhook %s: %w", webhook, err)
			}
		}
		return nil
	})
}
