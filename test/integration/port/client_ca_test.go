package port

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"seedbed.dev/seedbed/test/cluster"
	"seedbed.dev/seedbed/test/seedbed"
)

// With a client CA, callers without a certificate of it and of an allowed name fail the handshake. The API server of
// these tests presents none, so the test makes the calls itself.
func TestClientCARefusesOtherCallers(t *testing.T) {
	e := newEnv(t)
	ours, others := newAuthority(t), newAuthority(t)
	file := filepath.Join(t.TempDir(), "ca.crt")
	writeFile(t, file, ours.pem)
	controller, err := e.Launch(testContext(t), "--webhook-client-ca="+file, "--webhook-client-names=kube-apiserver")
	if err != nil {
		t.Fatal(err)
	}
	e.requireEventually(controller.Ready)

	passes := func(ca *certificateAuthority, name string) error { return e.callAs(controller, ca, name) }
	if err := passes(ours, "kube-apiserver"); err != nil {
		t.Errorf("the API server is refused: %v", err)
	}
	for name, err := range map[string]error{
		"no certificate":           passes(nil, ""),
		"another CA's certificate": passes(others, "kube-apiserver"),
		"another name":             passes(ours, "another-name"),
	} {
		if err == nil {
			t.Errorf("a caller with %s gets past the handshake", name)
		}
	}

	t.Run("the CA is replaced while the controller runs", func(t *testing.T) {
		writeFile(t, file, others.pem)
		if err := cluster.Eventually(testContext(t), func(context.Context) error { return passes(others, "kube-apiserver") }); err != nil {
			t.Fatal(err)
		}
		if passes(ours, "kube-apiserver") == nil {
			t.Error("a certificate of the CA before gets past the handshake")
		}
	})
	t.Run("a damaged file changes nothing", func(t *testing.T) {
		writeFile(t, file, []byte("damaged"))
		if err := passes(others, "kube-apiserver"); err != nil {
			t.Error(err)
		}
	})
}

// A client CA that cannot be read stops the start: the controller never runs without it.
func TestMissingClientCAStopsStart(t *testing.T) {
	e := newEnv(t)
	controller, err := e.Launch(testContext(t), "--webhook-client-ca=/no/such/file")
	if err != nil {
		t.Fatal(err)
	}
	e.requireEventually(func(context.Context) error {
		if !controller.Ended() {
			return fmt.Errorf("the controller runs")
		}
		return nil
	})
	log, err := os.ReadFile(controller.Log)
	if err != nil || !bytes.Contains(log, []byte("--webhook-client-ca: reading the client CA")) {
		t.Errorf("its log does not say why: %s, %v", log, err)
	}
}

// callAs calls an unused path: a caller who passes the handshake gets 404.
func (e *env) callAs(c *seedbed.Controller, ca *certificateAuthority, name string) error {
	e.t.Helper()
	client, err := e.HTTPClient(testContext(e.t))
	if err != nil {
		e.t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	if ca != nil {
		certificate, err := tls.X509KeyPair(ca.issueCertificate(name, x509.ExtKeyUsageClientAuth))
		if err != nil {
			e.t.Fatal(err)
		}
		client.Transport.(*http.Transport).TLSClientConfig.Certificates = []tls.Certificate{certificate}
	}
	response, err := client.Post("https://"+c.Webhook+"/", "application/json", nil)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusNotFound {
		return fmt.Errorf("answered %s", response.Status)
	}
	return nil
}

// writeFile replaces a file atomically, as the kubelet does.
func writeFile(t *testing.T, path string, content []byte) {
	t.Helper()
	next := path + ".next"
	if err := os.WriteFile(next, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, path); err != nil {
		t.Fatal(err)
	}
}
