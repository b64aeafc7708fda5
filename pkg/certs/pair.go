package certs

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net"
	"time"

	"github.com/cert-manager/cert-manager/pkg/util/pki"
)

// pair is a certificate with its private key.
type pair struct {
	certPEM, keyPEM []byte
	tls             tls.Certificate
}

// parsePair parses a pair. It returns an error unless the key belongs to the certificate. Errors are the library's
// and contain no key.
func parsePair(certPEM, keyPEM []byte) (*pair, error) {
	parsed, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return nil, err
	}
	return &pair{certPEM: certPEM, keyPEM: keyPEM, tls: parsed}, nil
}

func (p *pair) leaf() *x509.Certificate { return p.tls.Leaf }

// validAt reports whether now is within the certificate's lifetime. A nil pair is never valid.
func (p *pair) validAt(now time.Time) bool {
	return p != nil && !now.Before(p.leaf().NotBefore) && now.Before(p.leaf().NotAfter)
}

// renewalTime returns the end of two thirds of the certificate's lifetime.
func (p *pair) renewalTime() time.Time {
	life := p.leaf().NotAfter.Sub(p.leaf().NotBefore)
	return p.leaf().NotBefore.Add(life / 3 * 2)
}

// intermediates returns the certificates after the leaf in the PEM.
func (p *pair) intermediates() *x509.CertPool {
	pool := x509.NewCertPool()
	for _, der := range p.tls.Certificate[1:] {
		if c, err := x509.ParseCertificate(der); err == nil {
			pool.AddCert(c)
		}
	}
	return pool
}

// newCA returns a new self-signed CA. Its unique name distinguishes it from others in a bundle.
func newCA(now time.Time, lifetime time.Duration) (*pair, error) {
	template := x509.Certificate{
		Subject: pkix.Name{
			Organization: []string{organization},
			CommonName:   "Seedbed webhook CA " + now.UTC().Format(time.RFC3339Nano),
		},
		NotBefore:             backdatedStart(now, lifetime),
		NotAfter:              now.Add(lifetime),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}
	return issuePair(&template, nil)
}

// newServing returns a new serving certificate for hosts, which are names and addresses. It never outlives its
// issuer.
func newServing(now time.Time, lifetime time.Duration, hosts []string, issuer *pair) (*pair, error) {
	template := x509.Certificate{
		Subject:     pkix.Name{Organization: []string{organization}, CommonName: "Seedbed webhook"},
		NotBefore:   backdatedStart(now, lifetime),
		NotAfter:    now.Add(lifetime),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if end := issuer.leaf().NotAfter; end.Before(template.NotAfter) {
		template.NotAfter = end
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	return issuePair(&template, issuer)
}

// backdatedStart returns the start of a lifetime that begins now, earlier by at most a tenth of it, for clients whose
// clock lags.
func backdatedStart(now time.Time, lifetime time.Duration) time.Time {
	return now.Add(-min(maxSkew, lifetime/10))
}

// issuePair creates a key and a certificate from template, signed by the issuer, or self-signed if issuer is nil.
func issuePair(template *x509.Certificate, issuer *pair) (*pair, error) {
	key, err := pki.GenerateECPrivateKey(pki.ECCurve256)
	if err != nil {
		return nil, fmt.Errorf("generating a key: %w", err)
	}
	parent, signer := template, crypto.PrivateKey(key)
	if issuer != nil {
		parent, signer = issuer.leaf(), issuer.tls.PrivateKey
	}
	certPEM, _, err := pki.SignCertificate(template, parent, key.Public(), signer)
	if err != nil {
		return nil, fmt.Errorf("signing certificate %q: %w", template.Subject.CommonName, err)
	}
	keyPEM, err := pki.EncodePKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encoding the key of certificate %q: %w", template.Subject.CommonName, err)
	}
	return parsePair(certPEM, keyPEM)
}
