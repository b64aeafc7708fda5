package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/webhook"

	"seedbed.dev/seedbed/test/cluster"
)

// slowServer ends by its channel, not by its context.
type slowServer struct {
	webhook.Server
	end chan error
}

func (s *slowServer) Start(context.Context) error { return <-s.end }

func noLinger() time.Duration { return 0 }

// A leader that lost its lease is still an endpoint of the webhook's Service.
func TestDrainingServerServesLongerWithoutASignal(t *testing.T) {
	for name, test := range map[string]struct {
		signalled bool
		want      time.Duration
	}{
		"a signal":          {signalled: true, want: lingerFor},
		"the lease is lost": {want: lingerUnready},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				signal, sendSignal := context.WithCancel(t.Context())
				defer sendSignal()
				manager, end := context.WithCancel(t.Context())
				server := &drainingServer{Server: obedientServer{}, linger: lingerDuration(signal)}
				if test.signalled {
					sendSignal()
				}
				end()
				began := time.Now()
				if err := server.Start(manager); err != nil {
					t.Fatal(err)
				}
				server.awaitDrained(time.Hour)
				if took := time.Since(began); took != test.want {
					t.Errorf("it served for %s, want %s", took, test.want)
				}
			})
		})
	}
}

// obedientServer ends with its context.
type obedientServer struct{ webhook.Server }

func (obedientServer) Start(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

func TestDrainingServerReturnsAtOnceAndIsDrainedLater(t *testing.T) {
	slow := &slowServer{end: make(chan error)}
	server := &drainingServer{Server: slow, linger: noLinger}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := server.Start(ctx); err != nil {
		t.Fatal(err)
	}
	server.awaitDrained(0) // its time is over: it must not hang
	slow.end <- nil
	server.awaitDrained(time.Minute)
}

func TestDrainingServerReturnsTheServersError(t *testing.T) {
	slow := &slowServer{end: make(chan error, 1)}
	slow.end <- errors.New("address in use")
	server := &drainingServer{Server: slow, linger: noLinger}
	if err := server.Start(t.Context()); err == nil || err.Error() != "address in use" {
		t.Errorf("got %v, want the server's error", err)
	}
}

// drainPatience is for a machine that is busy with builds.
const drainPatience = time.Minute

// hooks is a server with two paths: /quick answers, and /slow closes reached and answers once let is closed.
type hooks struct {
	*drainingServer
	stop          func()
	reached, let  chan struct{}
	client        *http.Client
	address       string
	stoppedServer chan error
}

// startHooks starts a real server, and a client that keeps its connections as the API server does: HTTP/1.1.
func startHooks(t *testing.T) *hooks {
	t.Helper()
	certificate := httptest.NewTLSServer(nil)
	certificate.Close() // its certificate is all that is needed
	trusted := x509.NewCertPool()
	trusted.AddCert(certificate.Certificate())
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	_ = free.Close()
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	h := &hooks{
		drainingServer: &drainingServer{linger: func() time.Duration { return drainPatience }, Server: webhook.NewServer(webhook.Options{
			Host: "127.0.0.1", Port: port, TLSOpts: []func(*tls.Config){func(c *tls.Config) {
				c.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &certificate.TLS.Certificates[0], nil }
			}},
		})},
		stop: stop, reached: make(chan struct{}), let: make(chan struct{}), stoppedServer: make(chan error, 1),
		client:  &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}}, Timeout: drainPatience},
		address: fmt.Sprintf("https://127.0.0.1:%d", port),
	}
	h.Register("/quick", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	h.Register("/slow", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(h.reached)
		<-h.let
		_, _ = fmt.Fprint(w, r.Context().Err())
	}))
	go func() { h.stoppedServer <- h.Start(ctx) }()
	bounded, cancel := context.WithTimeout(t.Context(), drainPatience)
	defer cancel()
	if err := cluster.Eventually(bounded, func(context.Context) error { _, _, err := h.callPath("/quick"); return err }); err != nil {
		t.Fatal(err)
	}
	return h
}

// callPath returns the body, and reports whether the connection is to be closed.
func (h *hooks) callPath(path string) (body string, last bool, err error) {
	response, err := h.client.Post(h.address+path, "application/json", nil)
	if err != nil {
		return "", false, err
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	return string(content), response.Close, err
}

func TestDrainingServerAnswersOnOpenConnectionsUntilTheClientClosesThem(t *testing.T) {
	h := startHooks(t)
	if _, last, err := h.callPath("/quick"); err != nil || last {
		t.Fatalf("before the end: error %v, last %t; want the connection kept", err, last)
	}
	h.stop()
	if err := <-h.stoppedServer; err != nil {
		t.Fatal(err)
	}
	if _, last, err := h.callPath("/quick"); err != nil || !last {
		t.Errorf("at the end: error %v, last %t; want an answer that ends the connection", err, last)
	}
}

func TestReviewOutlivesTheServer(t *testing.T) {
	h := startHooks(t)
	h.linger = noLinger
	type answer struct {
		body string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		body, _, err := h.callPath("/slow")
		answers <- answer{body, err}
	}()
	<-h.reached
	h.stop()
	if err := <-h.stoppedServer; err != nil {
		t.Fatal(err)
	}
	bounded, cancel := context.WithTimeout(t.Context(), drainPatience)
	defer cancel()
	err := cluster.Eventually(bounded, func(context.Context) error {
		connection, refused := net.Dial("tcp", h.address[len("https://"):])
		if refused == nil {
			return errors.Join(errors.New("the server still listens"), connection.Close())
		}
		return nil // as it should be
	})
	if err != nil {
		t.Fatal(err)
	}
	close(h.let)
	if got := <-answers; got.err != nil || got.body != "<nil>" {
		t.Errorf("the review got %q (%v); want a context that goes on", got.body, got.err)
	}
	h.awaitDrained(drainPatience)
}
