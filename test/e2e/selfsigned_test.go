//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// rotateSelfSigned asks for both rotations as an administrator does.
func rotateSelfSigned(t *testing.T, w *world) {
	ask := func(what string) *corev1.Secret {
		before, err := w.secret(w.context(t), w.tlsSecret())
		if err != nil {
			t.Fatal(err)
		}
		w.must(t, "kubectl", "--namespace", w.namespace, "annotate", "secret", before.Name, "seedbed.dev/rotate="+what)
		w.awaitChange(t, before, corev1.TLSCertKey)
		return before
	}
	w.rotating(t, "self-signed",
		func() { ask("serving") },
		func() {
			before := ask("ca")
			w.awaitOneCA(t, before)
			w.awaitTrust(t)
		})
}

// awaitOneCA waits until the CA that was there before is in no bundle any more.
func (w *world) awaitOneCA(t *testing.T, before *corev1.Secret) {
	t.Helper()
	w.eventually(t, func(ctx context.Context) error {
		now, err := w.secret(ctx, before.Name)
		if err != nil {
			return err
		}
		bundle := string(now.Data["ca.crt"])
		if bundle == string(before.Data["ca.crt"]) || strings.Count(bundle, "BEGIN CERTIFICATE") != 1 {
			return fmt.Errorf("the CA is not replaced yet: the bundle has %d certificates", strings.Count(bundle, "BEGIN CERTIFICATE"))
		}
		for webhook, trusted := range w.caBundles(t) {
			if trusted != bundle {
				return fmt.Errorf("webhook %s does not have the CA of Secret %s", webhook, now.Name)
			}
		}
		return nil
	})
}
