package certs

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"time"

	"github.com/cert-manager/cert-manager/pkg/util/pki"
)

// bundle is a set of CAs, sorted from the newest and unique.
type bundle []*x509.Certificate

// parseBundle returns every certificate of data that parses and leaves out the rest: one damaged entry must not cost
// the trust in the others, as it would in pki.DecodeX509CertificateSetBytes.
func parseBundle(data []byte) bundle {
	var found []*x509.Certificate
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			return newBundle(found...)
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		if c, err := x509.ParseCertificate(block.Bytes); err == nil {
			found = append(found, c)
		}
	}
}

func newBundle(certificates ...*x509.Certificate) bundle {
	sorted := slices.SortedFunc(slices.Values(certificates), func(a, b *x509.Certificate) int {
		if c := b.NotBefore.Compare(a.NotBefore); c != 0 {
			return c
		}
		return bytes.Compare(a.Raw, b.Raw)
	})
	return slices.CompactFunc(sorted, (*x509.Certificate).Equal)
}

// withPairs returns the bundle with the certificates of pairs added. Nil pairs add nothing.
func (b bundle) withPairs(pairs ...*pair) bundle {
	all := slices.Clone(b)
	for _, p := range pairs {
		if p != nil {
			all = append(all, p.leaf())
		}
	}
	return newBundle(all...)
}

// withoutExpired returns the bundle without expired certificates.
func (b bundle) withoutExpired(now time.Time) bundle {
	return slices.DeleteFunc(slices.Clone(b), func(c *x509.Certificate) bool { return !now.Before(c.NotAfter) })
}

func (b bundle) contains(p *pair) bool {
	return slices.ContainsFunc(b, p.leaf().Equal)
}

func (b bundle) equal(other bundle) bool {
	return slices.EqualFunc(b, other, (*x509.Certificate).Equal)
}

// trusts reports whether a client that trusts only this bundle accepts the serving certificate at that time.
func (b bundle) trusts(serving *pair, now time.Time) bool {
	roots := x509.NewCertPool()
	for _, c := range b {
		roots.AddCert(c)
	}
	_, err := serving.leaf().Verify(x509.VerifyOptions{
		Roots:         roots,
		Intermediates: serving.intermediates(),
		CurrentTime:   now,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	return err == nil
}

func (b bundle) encodePEM() []byte {
	var out []byte
	for _, c := range b {
		encoded, _ := pki.EncodeX509(c) // never fails for a parsed certificate
		out = append(out, encoded...)
	}
	return out
}
