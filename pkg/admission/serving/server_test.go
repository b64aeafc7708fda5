package serving

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"seedbed.dev/seedbed/test/cluster"
)

// started serves one webhook on loopback.
func startServer(t *testing.T, recorder Recorder) (address string, client *http.Client) {
	t.Helper()
	certificate := httptest.NewTLSServer(nil)
	certificate.Close() // its certificate is all that is needed
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	_ = free.Close()
	server := NewServer(Options{
		Host: "127.0.0.1", Port: port, Segments: oneSegment("abc"), Recorder: recorder,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &certificate.TLS.Certificates[0], nil },
	})
	server.Register("x.seedbed.dev", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	}))
	if server.StartedChecker()(nil) == nil {
		t.Error("it says that it listens before it does")
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- server.Start(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("it ended: %v", err)
		}
	})
	patient, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := cluster.Eventually(patient, func(context.Context) error { return server.StartedChecker()(nil) }); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", port), certificate.Client()
}

// syncRecorder is a Recorder for several connections at a time.
type syncRecorder struct {
	mu sync.Mutex
	by fakeRecorder
}

func (c *syncRecorder) WebhookRejected(reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.by[reason]++
}

func (c *syncRecorder) countOf(reason string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.by[reason]
}

func TestServerAnswersByHTTP1And2(t *testing.T) {
	address, client := startServer(t, &syncRecorder{by: fakeRecorder{}})
	for _, http2 := range []bool{false, true} {
		transport := client.Transport.(*http.Transport).Clone()
		transport.ForceAttemptHTTP2 = http2
		transport.TLSClientConfig.ServerName = "example.com"
		if !http2 {
			transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
			transport.TLSClientConfig.NextProtos = []string{"http/1.1"}
		}
		response, err := (&http.Client{Transport: transport}).Post("https://"+address+"/abc/x.seedbed.dev", contentTypeJSON, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || string(body) != "{}" || (response.ProtoMajor == 2) != http2 {
			t.Errorf("by HTTP/2 %v: answered %s %q, %v", http2, response.Proto, body, err)
		}
		transport.CloseIdleConnections()
	}
}

// A connection over the bound is closed before its handshake, and counted; others are let in when one has ended.
func TestListenerBoundsConnections(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	recorder := &syncRecorder{by: fakeRecorder{}}
	listener := &boundedListener{Listener: inner, most: 1, recorder: recorder}
	accepted := make(chan net.Conn, 4)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			accepted <- connection
		}
	}()
	t.Cleanup(func() { _ = inner.Close() })
	dial := func() net.Conn {
		connection, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = connection.Close() })
		return connection
	}
	dial()
	first := <-accepted
	if _, err := dial().Read(make([]byte, 1)); err == nil {
		t.Error("the second connection was served")
	}
	if recorder.countOf(ReasonConnections) != 1 {
		t.Errorf("counted %v", recorder.by)
	}
	_, _ = first.Close(), first.Close() // twice is once
	dial()
	<-accepted
}
