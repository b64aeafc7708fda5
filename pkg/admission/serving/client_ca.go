package serving

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
)

// ClientCA demands a client certificate of each caller. The API server presents one if its --admission-control-config-file
// names a kubeconfig for the webhook.
type ClientCA struct {
	file  string
	names []string

	mu      sync.Mutex
	pool    *x509.CertPool
	changed time.Time
}

// NewClientCA returns a ClientCA with the CAs of a file, which may be replaced later. With names, one of them must be the
// common name or a DNS name of a certificate.
func NewClientCA(file string, names []string) (*ClientCA, error) {
	c := &ClientCA{file: file, names: slices.Clone(names)}
	if err := c.reloadFile(); err != nil {
		return nil, err
	}
	return c, nil
}

// Configure sets a server's TLS configuration so that it demands the certificate.
func (c *ClientCA) Configure(config *tls.Config) {
	config.ClientAuth = tls.RequireAndVerifyClientCert
	config.SessionTicketsDisabled = true // a resumed session would outlive a CA that was removed
	config.VerifyConnection = c.verifyName
	base := config.Clone()
	config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		current := base.Clone()
		current.ClientCAs = c.currentPool()
		return current, nil
	}
}

// verifyName returns an error unless the certificate has one of the names.
func (c *ClientCA) verifyName(state tls.ConnectionState) error {
	if len(c.names) == 0 {
		return nil
	}
	if len(state.PeerCertificates) == 0 {
		return errors.New("no client certificate")
	}
	leaf := state.PeerCertificates[0]
	for _, name := range append([]string{leaf.Subject.CommonName}, leaf.DNSNames...) {
		if name != "" && slices.Contains(c.names, name) {
			return nil
		}
	}
	return fmt.Errorf("client certificate of %q has none of the accepted names", leaf.Subject.CommonName)
}

// currentPool returns the CAs, read again if the file has changed. It keeps the earlier ones while the file is unreadable.
func (c *ClientCA) currentPool() *x509.CertPool {
	if err := c.reloadFile(); err != nil {
		ctrl.Log.Error(err, "Kept the client CA read before")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pool
}

func (c *ClientCA) reloadFile() error {
	info, err := os.Stat(c.file)
	if err != nil {
		return fmt.Errorf("reading the client CA: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if info.ModTime().Equal(c.changed) {
		return nil
	}
	content, err := os.ReadFile(c.file)
	if err != nil {
		return fmt.Errorf("reading the client CA: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(content) {
		return fmt.Errorf("reading the client CA %s: it holds no certificate in PEM form", c.file)
	}
	c.pool, c.changed = pool, info.ModTime()
	return nil
}
