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

// rotationCreates is the least number of annotated namespaces that are created during a rotation.
const rotationCreates = 200

// rotateUnderLoad creates annotated namespaces while the serving certificate is replaced and then the CA. None is refused, and none
// is missed.
func (e *env) rotateUnderLoad(t *testing.T, base string, serving, authority func()) {
	t.Helper()
	l := e.startLoad(t, base, busyRate)
	l.awaitAdmitted(t, 1)
	for _, step := range []struct {
		name    string
		replace func()
	}{{"serving certificate", serving}, {"CA", authority}} {
		began := time.Now()
		step.replace()
		t.Logf("the %s was replaced in %s; %d namespaces have been created", step.name, time.Since(began).Round(time.Millisecond), l.countAdmitted())
	}
	l.awaitAdmitted(t, max(1, rotationCreates-l.countAdmitted()))
	attempts := l.collectAttempts(t, busyRate)
	l.requireSuccess(t, attempts, neverFails)
	counted := newOutcomeTable()
	counted.addPhase(base, attempts)
	counted.logTo(t)
	began := time.Now()
	count := l.awaitPopulated(t)
	if admitted := l.countAdmitted(); count != admitted {
		t.Errorf("%d namespaces are there; %d were created", count, admitted)
	}
	t.Logf("all %d namespaces were populated %s after the last create", count, time.Since(began).Round(time.Millisecond))
}

// getSecret returns a Secret of Seedbed's namespace.
func (e *env) getSecret(ctx context.Context, name string) (*corev1.Secret, error) {
	secret := &corev1.Secret{}
	err := e.Get(ctx, client.ObjectKey{Namespace: e.namespace, Name: name}, secret)
	return secret, err
}

// tlsSecretName returns the name of the Secret with the webhook's certificate, whichever issuer writes it.
func (e *env) tlsSecretName() string { return e.chartFullname() + "-webhook-tls" }

// awaitChange waits until a key of a Secret has another value than before.
func (e *env) awaitChange(t *testing.T, before *corev1.Secret, key string) {
	t.Helper()
	e.requireEventually(t, func(ctx context.Context) error {
		now, err := e.getSecret(ctx, before.Name)
		if err == nil && string(now.Data[key]) == string(before.Data[key]) {
			err = fmt.Errorf("%s of Secret %s has not changed", key, before.Name)
		}
		return err
	})
}

// awaitTrust waits until the webhooks' caBundles verify the certificate in the Secret.
func (e *env) awaitTrust(t *testing.T) {
	t.Helper()
	e.requireEventually(t, func(ctx context.Context) error {
		secret, err := e.getSecret(ctx, e.tlsSecretName())
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
		for webhook, trusted := range e.caBundles(t) {
			roots := x509.NewCertPool()
			roots.AppendCertsFromPEM([]byte(trusted))
			name := e.chartFullname() + "-webhook." + e.namespace + ".svc"
			if _, err := serving.Verify(x509.VerifyOptions{Roots: roots, DNSName: name}); err != nil {
				return fmt.Errorf("the CAs of webhook %s: %w", webhook, err)
			}
		}
		return nil
	})
}
