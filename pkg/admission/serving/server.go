package serving

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
)

const (
	// headersWithin is the time limit of the handshake, and of the headers of a request.
	headersWithin = 5 * time.Second
	// writeWithin is the time limit from the headers of a request to the end of its response. The API server waits less for
	// any webhook.
	writeWithin = 35 * time.Second
	// idleFor is how long Go's clients, the API server's too, keep an idle connection.
	idleFor = 90 * time.Second
	// maxHeaderBytes is for the few headers that the API server sends.
	maxHeaderBytes = 16 << 10
	// maxStreams is an upper bound of the concurrent requests on one HTTP/2 connection, and receiveBuffer of the unread bytes
	// of their bodies.
	maxStreams    = 100
	receiveBuffer = 256 << 10
	// shutdownWithin is the time limit of the shutdown.
	shutdownWithin = time.Minute
)

// Options configure a [Server]. All but ClientCA are required.
type Options struct {
	Host string
	Port int
	// GetCertificate returns the serving certificate.
	GetCertificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)
	Segments       Segments
	Recorder       Recorder
	// ClientCA demands a client certificate; none is demanded if it is nil.
	ClientCA *ClientCA
}

// Server serves the webhooks. It implements [webhook.Server], with bounds that controller-runtime's server lacks.
type Server struct {
	options Options
	fence   *fence
	started atomic.Bool
}

var _ webhook.Server = (*Server)(nil)

// NewServer returns a server that does not listen yet.
func NewServer(o Options) *Server {
	return &Server{options: o, fence: &fence{
		segments: o.Segments, recorder: o.Recorder, load: &load{}, hooks: map[string]http.Handler{},
	}}
}

// NeedLeaderElection implements [webhook.Server]: every replica serves.
func (*Server) NeedLeaderElection() bool { return false }

// WebhookMux implements [webhook.Server]. Handlers that are added to it are not served.
func (*Server) WebhookMux() *http.ServeMux { return http.NewServeMux() }

// Register implements [webhook.Server]: the hook serves the webhook of that name in the webhook configuration. It must be called
// before Start.
func (s *Server) Register(name string, hook http.Handler) { s.fence.hooks[name] = hook }

// StartedChecker implements [webhook.Server].
func (s *Server) StartedChecker() healthz.Checker {
	return func(*http.Request) error {
		if !s.started.Load() {
			return errors.New("the webhook server does not listen yet")
		}
		return nil
	}
}

// Start implements [webhook.Server]. After the end of ctx it returns when the requests in flight have been answered.
func (s *Server) Start(ctx context.Context) error {
	var listening net.ListenConfig
	listener, err := listening.Listen(ctx, "tcp", net.JoinHostPort(s.options.Host, strconv.Itoa(s.options.Port)))
	if err != nil {
		return fmt.Errorf("listening for webhook calls: %w", err)
	}
	bounded := &boundedListener{Listener: listener, most: maxConnections, recorder: s.options.Recorder}
	server := s.httpServer(ctx)
	ended := make(chan error, 1)
	go func() {
		<-ctx.Done()
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownWithin)
		defer cancel()
		ended <- server.Shutdown(ending)
	}()
	s.started.Store(true)
	ctrl.Log.Info("Serving webhooks", "address", listener.Addr().String(), "clientCertificate", s.options.ClientCA != nil)
	if err := server.Serve(tls.NewListener(bounded, s.tlsConfig())); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving webhooks: %w", err)
	}
	return <-ended
}

func (s *Server) httpServer(ctx context.Context) *http.Server {
	return &http.Server{
		Handler:           s.fence,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: headersWithin,
		WriteTimeout:      writeWithin,
		IdleTimeout:       idleFor,
		MaxHeaderBytes:    maxHeaderBytes,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams, MaxReceiveBufferPerConnection: receiveBuffer},
		ErrorLog:          log.New(&sparseLog{sometimes: rate.Sometimes{First: 3, Interval: 10 * time.Second}}, "", 0),
	}
}

func (s *Server) tlsConfig() *tls.Config {
	config := &tls.Config{
		GetCertificate: s.options.GetCertificate, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
	}
	if s.options.ClientCA != nil {
		s.options.ClientCA.Configure(config)
	}
	return config
}

// sparseLog logs some of the HTTP server's errors, such as failed handshakes: any client of the port can cause them.
type sparseLog struct{ sometimes rate.Sometimes }

// Write implements [io.Writer].
func (l *sparseLog) Write(text []byte) (int, error) {
	l.sometimes.Do(func() {
		ctrl.Log.Info("A webhook connection failed, and few such errors are logged", "err", string(text))
	})
	return len(text), nil
}
