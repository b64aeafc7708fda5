//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	certmanagerutil "github.com/cert-manager/cert-manager/pkg/api/util"
	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	certmanagermetav1 "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// certManaged leaves the certificates to cert-manager, and has it renew them. Installing cert-manager is the environment's;
// it stays in the cluster.
func certManaged(t *testing.T, w *world) {
	if install := os.Getenv("CERT_MANAGER"); install != "" && !w.hasCertManager(t) {
		// kubectl wait, which an installation may use, fails on a CRD so young that it has no conditions yet.
		w.eventually(t, func(ctx context.Context) error { return w.tryShell(ctx, t, install) })
	}
	if !w.hasCertManager(t) {
		t.Skip("the cluster has no cert-manager, and CERT_MANAGER names no command that installs it")
	}
	w.switchCertificates(t, "cert-manager", func() { w.awaitIssued(t, w.fullname()+"-webhook") })
	serving, authority := w.fullname()+"-webhook", w.fullname()+"-ca"
	w.rotating(t, "cert-manager",
		func() { w.renew(t, serving, w.tlsSecret(), corev1.TLSCertKey) },
		func() {
			w.renew(t, authority, authority, corev1.TLSCertKey)
			w.renew(t, serving, w.tlsSecret(), "ca.crt") // the new CA signs from now on
			// cert-manager may publish it hours later only: both CAs have one key, so that the old one does as well.
			w.awaitTrust(t)
		})
	w.switchCertificates(t, "self-signed", func() {})
}

func (w *world) hasCertManager(t *testing.T) bool {
	t.Helper()
	definition := &unstructured.Unstructured{}
	definition.SetAPIVersion("apiextensions.k8s.io/v1")
	definition.SetKind("CustomResourceDefinition")
	err := w.Get(w.context(t), client.ObjectKey{Name: "certificates.cert-manager.io"}, definition)
	if client.IgnoreNotFound(err) != nil {
		t.Fatal(err)
	}
	return err == nil
}

// switchCertificates has somebody else make the certificates, which replaces CA and certificate at once, as the chart's README
// says: until replicas and API servers have learnt of both, nobody looks closely at namespaces, and none is refused.
func (w *world) switchCertificates(t *testing.T, mode string, awaitIssued func()) {
	t.Helper()
	l := w.load(t, "to-"+mode, steadily)
	l.awaitMore(t, 2)
	began := time.Now()
	w.helmUpgrade(t, "tls.mode="+mode)
	w.awaitPods(t)
	awaitIssued()
	w.awaitTrust(t)
	settled := time.Now()
	l.awaitMore(t, 4)
	attempts := l.outcomes(t, steadily)
	counted := newTable()
	counted.add("to "+mode, attempts)
	counted.print(t)
	l.tolerates(t, attempts, never)
	t.Logf("the switch to %s took %s", mode, settled.Sub(began).Round(time.Millisecond))
	l.awaitPopulated(t)
}

// renew asks cert-manager to issue a certificate again, as `cmctl renew` does, and waits until it has.
func (w *world) renew(t *testing.T, certificate, secret, key string) {
	t.Helper()
	before, err := w.secret(w.context(t), secret)
	if err != nil {
		t.Fatal(err)
	}
	w.eventually(t, func(ctx context.Context) error { // cert-manager writes the status too
		object, err := w.certificate(ctx, certificate)
		if err != nil {
			return err
		}
		certmanagerutil.SetCertificateCondition(object, object.Generation, certmanagerv1.CertificateConditionIssuing, certmanagermetav1.ConditionTrue,
			"ManuallyTriggered", "Certificate re-issuance manually triggered")
		return w.Status().Update(ctx, object)
	})
	w.awaitChange(t, before, key)
}

// awaitIssued waits until cert-manager calls a certificate ready.
func (w *world) awaitIssued(t *testing.T, certificate string) {
	t.Helper()
	w.eventually(t, func(ctx context.Context) error {
		object, err := w.certificate(ctx, certificate)
		if err != nil {
			return err
		}
		ready := certmanagerv1.CertificateCondition{Type: certmanagerv1.CertificateConditionReady, Status: certmanagermetav1.ConditionTrue}
		if !certmanagerutil.CertificateHasCondition(object, ready) {
			return fmt.Errorf("Certificate %s is not ready: %v", certificate, object.Status.Conditions)
		}
		return nil
	})
}

func (w *world) certificate(ctx context.Context, name string) (*certmanagerv1.Certificate, error) {
	certificate := &certmanagerv1.Certificate{}
	err := w.Get(ctx, client.ObjectKey{Namespace: w.namespace, Name: name}, certificate)
	return certificate, err
}
