package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/webhook"
)

// slowServer ends when it is told to, whatever its context says.
type slowServer struct {
	webhook.Server
	end chan error
}

func (s *slowServer) Start(context.Context) error { return <-s.end }

func TestTheDrainingServerLetsGoAtOnceAndIsDrainedLater(t *testing.T) {
	slow := &slowServer{end: make(chan error)}
	server := &drainingServer{Server: slow}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := server.Start(ctx); err != nil {
		t.Fatal(err)
	}
	server.drained(0) // its time is over: it must not hang
	slow.end <- nil
	server.drained(time.Minute)
}

func TestTheDrainingServerSaysWhyItCannotServe(t *testing.T) {
	slow := &slowServer{end: make(chan error, 1)}
	slow.end <- errors.New("address in use")
	server := &drainingServer{Server: slow}
	if err := server.Start(t.Context()); err == nil || err.Error() != "address in use" {
		t.Errorf("got %v, want what the server says", err)
	}
}
