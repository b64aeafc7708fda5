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

// testCertManager lets cert-manager issue the certificates and renews them. CERT_MANAGER names the command that installs it; it
// stays in the cluster.
func testCertManager(t *testing.T, e *env) {
	if install := os.Getenv("CERT_MANAGER"); install != "" && !e.hasCertManager(t) {
		// kubectl wait, which an installation may use, fails on a CRD so young that it has no conditions yet.
		e.requireEventually(t, func(ctx context.Context) error { return e.runShell(ctx, t, install) })
	}
	if !e.hasCertManager(t) {
		t.Skip("the cluster has no cert-manager, and CERT_MANAGER names no command that installs it")
	}
	e.switchCertificates(t, "cert-manager", func() { e.awaitCertificate(t, e.chartFullname()+"-webhook") })
	serving, authority := e.chartFullname()+"-webhook", e.chartFullname()+"-ca"
	e.rotateUnderLoad(t, "cert-manager",
		func() { e.renewCertificate(t, serving, e.tlsSecretName(), corev1.TLSCertKey) },
		func() {
			e.renewCertificate(t, authority, authority, corev1.TLSCertKey)
			e.renewCertificate(t, serving, e.tlsSecretName(), "ca.crt") // the next certificates are signed by the new CA
			// cert-manager may publish it hours later only: both CAs have one key, so that the old one does as well.
			e.awaitTrust(t)
		})
	e.switchCertificates(t, "self-signed", func() {})
}

func (e *env) hasCertManager(t *testing.T) bool {
	t.Helper()
	definition := &unstructured.Unstructured{}
	definition.SetAPIVersion("apiextensions.k8s.io/v1")
	definition.SetKind("CustomResourceDefinition")
	err := e.Get(e.newContext(t), client.ObjectKey{Name: "certificates.cert-manager.io"}, definition)
	if client.IgnoreNotFound(err) != nil {
		t.Fatal(err)
	}
	return err == nil
}

// switchCertificates changes the issuer of the certificates, which replaces CA and certificate at once, as the chart's README
// warns: until replicas and API servers have both, the webhook fails open, so no namespace is refused.
func (e *env) switchCertificates(t *testing.T, mode string, awaitIssued func()) {
	t.Helper()
	l := e.startLoad(t, "to-"+mode, steadyRate)
	l.awaitAdmitted(t, 2)
	began := time.Now()
	e.helmUpgrade(t, "tls.mode="+mode)
	e.awaitPods(t)
	awaitIssued()
	e.awaitTrust(t)
	took := time.Since(began).Round(time.Millisecond)
	l.awaitAdmitted(t, 4)
	attempts := l.collectAttempts(t, steadyRate)
	counted := newOutcomeTable()
	counted.addPhase("to "+mode, attempts)
	counted.logTo(t)
	l.requireSuccess(t, attempts, neverFails)
	t.Logf("the switch to %s took %s", mode, took)
	l.awaitPopulated(t)
}

// renewCertificate asks cert-manager to issue a certificate again, as `cmctl renew` does, and waits for the new Secret.
func (e *env) renewCertificate(t *testing.T, certificate, secret, key string) {
	t.Helper()
	before, err := e.getSecret(e.newContext(t), secret)
	if err != nil {
		t.Fatal(err)
	}
	e.requireEventually(t, func(ctx context.Context) error { // cert-manager writes the status too
		object, err := e.getCertificate(ctx, certificate)
		if err != nil {
			return err
		}
		certmanagerutil.SetCertificateCondition(object, object.Generation, certmanagerv1.CertificateConditionIssuing, certmanagermetav1.ConditionTrue,
			"ManuallyTriggered", "Certificate re-issuance manually triggered")
		return e.Status().Update(ctx, object)
	})
	e.awaitChange(t, before, key)
}

// awaitCertificate waits until a Certificate is Ready.
func (e *env) awaitCertificate(t *testing.T, certificate string) {
	t.Helper()
	e.requireEventually(t, func(ctx context.Context) error {
		object, err := e.getCertificate(ctx, certificate)
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

func (e *env) getCertificate(ctx context.Context, name string) (*certmanagerv1.Certificate, error) {
	certificate := &certmanagerv1.Certificate{}
	err := e.Get(ctx, client.ObjectKey{Namespace: e.namespace, Name: name}, certificate)
	return certificate, err
}
