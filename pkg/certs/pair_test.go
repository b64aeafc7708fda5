package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"testing"
	"time"
)

func TestNewServingCoversHosts(t *testing.T) {
	ca := mustCA(t, epoch)
	serving := mustServing(t, epoch, ca)
	key, ok := serving.tls.PrivateKey.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		t.Errorf("key %T, want ECDSA P-256", serving.tls.PrivateKey)
	}
	for _, host := range testPolicy.hosts {
		if err := serving.leaf().VerifyHostname(host); err != nil {
			t.Errorf("host %s: %v", host, err)
		}
	}
	if serving.leaf().IsCA || serving.leaf().KeyUsage&x509.KeyUsageCertSign != 0 {
		t.Error("a serving certificate must not sign others")
	}
	if got, want := serving.leaf().NotAfter, epoch.Add(testPolicy.certLifetime); !got.Equal(want) {
		t.Errorf("valid until %s, want %s", got, want)
	}
	if got, want := serving.leaf().NotBefore, epoch.Add(-maxSkew); !got.Equal(want) {
		t.Errorf("valid from %s, want %s: clocks differ", got, want)
	}
}

func TestNewServingEndsWithItsCA(t *testing.T) {
	ca := mustCA(t, epoch)
	serving := mustServing(t, epoch.Add(testPolicy.caLifetime-time.Hour), ca)
	if got, want := serving.leaf().NotAfter, ca.leaf().NotAfter; !got.Equal(want) {
		t.Errorf("valid until %s, want %s", got, want)
	}
}

func TestNewServingRejectsInvalidHost(t *testing.T) {
	if _, err := newServing(epoch, time.Hour, []string{"ünicode"}, mustCA(t, epoch)); err == nil {
		t.Error("want an error")
	}
}

func TestParsePairRejectsMismatch(t *testing.T) {
	one, other := mustCA(t, epoch), mustCA(t, epoch)
	tests := []struct {
		name      string
		cert, key []byte
	}{
		{name: "nothing"},
		{name: "another's key", cert: one.certPEM, key: other.keyPEM},
		{name: "damaged certificate", cert: []byte("x"), key: one.keyPEM},
		{name: "damaged key", cert: one.certPEM, key: one.keyPEM[:len(one.keyPEM)/2]},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := parsePair(tt.cert, tt.key); err == nil {
				t.Error("want an error")
			}
		})
	}
}

func TestBackdatedStartIsBounded(t *testing.T) {
	tests := []struct {
		name           string
		lifetime, want time.Duration
	}{
		{name: "long", lifetime: time.Hour, want: maxSkew},
		{name: "short", lifetime: 10 * time.Second, want: time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := epoch.Sub(backdatedStart(epoch, tt.lifetime)); got != tt.want {
				t.Errorf("backdated by %s, want %s", got, tt.want)
			}
		})
	}
}
