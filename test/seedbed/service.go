package seedbed

import (
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
)

// service forwards connections to the controllers that are ready, in turn, as a Kubernetes Service does.
// When none is ready it refuses.
type service struct {
	listener net.Listener
	mu       sync.Mutex
	backends []string
	next     int
	open     map[string]map[net.Conn]bool // by backend
}

func listen() (*service, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for webhook calls: %w", err)
	}
	s := &service{listener: listener, open: map[string]map[net.Conn]bool{}}
	go s.serve()
	return s, nil
}

func (s *service) url() string { return "https://" + s.listener.Addr().String() }

func (s *service) close() { _ = s.listener.Close() }

func (s *service) add(backend string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.backends = append(s.backends, backend)
}

func (s *service) remove(backend string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.backends = slices.DeleteFunc(s.backends, func(b string) bool { return b == backend })
}

// drop also ends the connections that the backend has: the API server keeps its own open for long.
func (s *service) drop(backend string) {
	s.remove(backend)
	s.mu.Lock()
	defer s.mu.Unlock()
	for connection := range s.open[backend] {
		_ = connection.Close()
	}
}

// track keeps a connection for drop; the function that it returns forgets it.
func (s *service) track(backend string, connection net.Conn) func() {
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

func (s *service) pick() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.backends) == 0 {
		return ""
	}
	s.next++
	return s.backends[s.next%len(s.backends)]
}

func (s *service) serve() {
	for {
		connection, err := s.listener.Accept()
		if err != nil {
			return // closed
		}
		go s.forward(connection)
	}
}

func (s *service) forward(from net.Conn) {
	defer func() { _ = from.Close() }()
	backend := s.pick()
	if backend == "" {
		return
	}
	to, err := net.Dial("tcp", backend)
	if err != nil {
		return
	}
	defer func() { _ = to.Close() }()
	defer s.track(backend, to)()
	ended := make(chan struct{}, 2)
	pipe := func(into, out net.Conn) {
		_, _ = io.Copy(into, out) // either end may go away at any time
		ended <- struct{}{}
	}
	go pipe(to, from)
	go pipe(from, to)
	<-ended
}
