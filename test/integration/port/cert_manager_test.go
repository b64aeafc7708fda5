package port

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/test/seedbed"
)

// certificateAuthority signs certificates for loopback.
type certificateAuthority struct {
	t           *testing.T
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
	pem         []byte
}

func newAuthority(t *testing.T) *certificateAuthority {
	t.Helper()
	ca := &certificateAuthority{t: t, key: newKey(t)}
	ca.renewCA()
	return ca
}

// renewCA issues another certificate for the same key, as cert-manager does with the chart's CA.
func (ca *certificateAuthority) renewCA() {
	ca.t.Helper()
	now := time.Now() //nolint:forbidigo // TLS has this clock too
	template := &x509.Certificate{
		SerialNumber: newSerial(ca.t), Subject: pkix.Name{CommonName: "a CA"}, NotBefore: now.Add(-time.Minute), NotAfter: now.Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, ca.key.Public(), ca.key)
	if err != nil {
		ca.t.Fatal(err)
	}
	if ca.certificate, err = x509.ParseCertificate(der); err != nil {
		ca.t.Fatal(err)
	}
	ca.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// issueCertificate returns a certificate and its key, for a server on loopback or for a client of that name.
func (ca *certificateAuthority) issueCertificate(name string, usage x509.ExtKeyUsage) (certificate, key []byte) {
	ca.t.Helper()
	private := newKey(ca.t)
	now := time.Now() //nolint:forbidigo // TLS has this clock too
	template := &x509.Certificate{
		SerialNumber: newSerial(ca.t), Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-time.Minute), NotAfter: now.Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{usage}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.certificate, private.Public(), ca.key)
	if err != nil {
		ca.t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		ca.t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newSerial(t *testing.T) *big.Int {
	t.Helper()
	number, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	return number
}

// certManager does the work of cert-manager and its CA injector for an installation.
type certManager struct {
	*env

	ca *certificateAuthority
}

// renewServing writes another serving certificate, with its CA, to the Secret.
func (m *certManager) renewServing() {
	m.t.Helper()
	certificate, key := m.ca.issueCertificate("seedbed-webhook", x509.ExtKeyUsageServerAuth)
	wanted := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: seedbed.Namespace, Name: seedbed.TLSSecret}, Type: corev1.SecretTypeTLS,
		Data: map[string][]byte{corev1.TLSCertKey: certificate, corev1.TLSPrivateKeyKey: key, "ca.crt": m.ca.pem},
	}
	m.requireEventually(func(ctx context.Context) error {
		found := &corev1.Secret{}
		err := m.Client.Get(ctx, client.ObjectKeyFromObject(wanted), found)
		if client.IgnoreNotFound(err) != nil {
			return err
		}
		if err != nil {
			return m.Client.Create(ctx, wanted)
		}
		found.Data = wanted.Data
		return m.Client.Update(ctx, found)
	})
}

// injectCA copies the CA into every webhook.
func (m *certManager) injectCA() {
	m.t.Helper()
	m.requireEventually(func(ctx context.Context) error {
		configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{}
		if err := m.Client.Get(ctx, client.ObjectKey{Name: seedbed.WebhookConfiguration}, configuration); err != nil {
			return err
		}
		for i := range configuration.Webhooks {
			configuration.Webhooks[i].ClientConfig.CABundle = m.ca.pem
		}
		return m.Client.Update(ctx, configuration)
	})
}
