//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// testSelfSignedRotation requests both rotations as an administrator does.
func testSelfSignedRotation(t *testing.T, e *env) {
	ask := func(what string) *corev1.Secret {
		before, err := e.getSecret(e.newContext(t), e.tlsSecretName())
		if err != nil {
			t.Fatal(err)
		}
		e.mustRun(t, "kubectl", "--namespace", e.namespace, "annotate", "secret", before.Name, "seedbed.dev/rotate="+what)
		e.awaitChange(t, before, corev1.TLSCertKey)
		return before
	}
	e.rotateUnderLoad(t, "self-signed",
		func() { ask("serving") },
		func() {
			before := ask("ca")
			e.awaitOneCA(t, before)
			e.awaitTrust(t)
		})
}

// awaitOneCA waits until no bundle holds the old CA.
func (e *env) awaitOneCA(t *testing.T, before *corev1.Secret) {
	t.Helper()
	e.requireEventually(t, func(ctx context.Context) error {
		now, err := e.getSecret(ctx, before.Name)
		if err != nil {
			return err
		}
		bundle := string(now.Data["ca.crt"])
		if bundle == string(before.Data["ca.crt"]) || strings.Count(bundle, "BEGIN CERTIFICATE") != 1 {
			return fmt.Errorf("the CA is not replaced yet: the bundle has %d certificates", strings.Count(bundle, "BEGIN CERTIFICATE"))
		}
		for webhook, trusted := range e.caBundles(t) {
			if trusted != bundle {
				return fmt.Errorf("webhook %s does not have the CA of Secret %s", webhook, now.Name)
			}
		}
		return nil
	})
}
