package seedbed

import (
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
)

// service forwards connections to the ready controllers, in turn, as a Kubernetes Service does.
// It refuses them while no controller is ready.
type service struct {
	listener net.Listener
	mu       sync.Mutex
	backends []string
	next     int
	open     map[string]map[net.Conn]bool // by backend
}

func newService() (*service, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for webhook calls: %w", err)
	}
	s := &service{listener: listener, open: map[string]map[net.Conn]bool{}}
	go s.acceptConnections()
	return s, nil
}

func (s *service) baseURL() string { return "https://" + s.listener.Addr().String() }

func (s *service) close() { _ = s.listener.Close() }

func (s *service) addBackend(backend string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.backends = append(s.backends, backend)
}

func (s *service) removeBackend(backend string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.backends = slices.DeleteFunc(s.backends, func(b string) bool { return b == backend })
}

// dropBackend also closes the backend's connections, because the API server keeps its own open for long.
func (s *service) dropBackend(backend string) {
	s.removeBackend(backend)
	s.mu.Lock()
	defer s.mu.Unlock()
	for connection := range s.open[backend] {
		_ = connection.Close()
	}
}

// trackConnection records a connection for dropBackend; the returned function removes it.
func (s *service) trackConnection(backend string, connection net.Conn) func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[backend] == nil {
		s.open[backend] = map[net.Conn]bool{}
	}
	s.open[backend][connection] = true
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.open[backend], connection)
	}
}

func (s *service) nextBackend() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.backends) == 0 {
		return ""
	}
	s.next++
	return s.backends[s.next%len(s.backends)]
}

func (s *service) acceptConnections() {
	for {
		connection, err := s.listener.Accept()
		if err != nil {
			return // closed
		}
		go s.forwardConnection(connection)
	}
}

func (s *service) forwardConnection(from net.Conn) {
	defer func() { _ = from.Close() }()
	backend := s.nextBackend()
	if backend == "" {
		return
	}
	to, err := net.Dial("tcp", backend)
	if err != nil {
		return
	}
	defer func() { _ = to.Close() }()
	defer s.trackConnection(backend, to)()
	ended := make(chan struct{}, 2)
	pipe := func(into, out net.Conn) {
		_, _ = io.Copy(into, out) // either end may go away at any time
		ended <- struct{}{}
	}
	go pipe(to, from)
	go pipe(from, to)
	<-ended
}
