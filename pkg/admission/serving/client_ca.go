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

// ClientCA demands a client certificate of each caller. The API server presents one where its --admission-control-config-file
// names a kubeconfig for the webhook.
type ClientCA struct {
	file  string
	names []string

	mu      sync.Mutex
	pool    *x509.CertPool
	changed time.Time
}

// NewClientCA reads the CAs in a file, which may be replaced later. With names, a certificate must be issued to one of them, as
// its common name or one of its DNS names.
func NewClientCA(file string, names []string) (*ClientCA, error) {
	c := &ClientCA{file: file, names: slices.Clone(names)}
	if err := c.reload(); err != nil {
		return nil, err
	}
	return c, nil
}

// Configure has a server's TLS configuration demand the certificate.
func (c *ClientCA) Configure(config *tls.Config) {
	config.ClientAuth = tls.RequireAndVerifyClientCert
	config.SessionTicketsDisabled = true // a resumed session would outlive a CA that was taken away
	config.VerifyConnection = c.verify
	base := config.Clone()
	config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		current := base.Clone()
		current.ClientCAs = c.current()
		return current, nil
	}
}

func (c *ClientCA) verify(state tls.ConnectionState) error {
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
	return fmt.Errorf("the client certificate of %q is of no name that may ask", leaf.Subject.CommonName)
}

// current returns the CAs, read anew when the file has changed. A file that is unreadable for a while changes nothing.
func (c *ClientCA) current() *x509.CertPool {
	if err := c.reload(); err != nil {
		ctrl.Log.Error(err, "Kept the client CA read before")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pool
}

func (c *ClientCA) reload() error {
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
