//go:build bench

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"

	"k8s.io/client-go/rest"
)

var dial = (&net.Dialer{}).DialContext

// asking is what a client asks of the API server beside writing the object.
type asking struct{ query, accept string }

var (
	// lean spares the API server work, as Seedbed does: no check of every field, and an answer without the object's
	// content. (Bodies in protobuf spare it no more than that.)
	lean = asking{"?fieldValidation=Ignore&fieldManager=bench", "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"}
	// plain is what clients do that say nothing of it: every field is checked, and the whole object comes back.
	plain = asking{"?fieldManager=bench", "application/json"}
)

// bare is a client that sends bytes and looks at nothing but the answer's status.
type bare struct {
	host        string
	asking      asking
	connections []*http.Client
	next        atomic.Uint32
}

// newBare makes a client with so many HTTP/2 connections, taken in turn.
func newBare(config *rest.Config, connections int, asking asking) (*bare, error) {
	b := &bare{host: config.Host, asking: asking}
	for range connections {
		each, err := rest.HTTPClientFor(ownConnection(config))
		if err != nil {
			return nil, err
		}
		b.connections = append(b.connections, each)
	}
	return b, nil
}

func (b *bare) post(ctx context.Context, path string, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, b.host+path+b.asking.query, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", b.asking.accept)
	client := b.connections[int(b.next.Add(1))%len(b.connections)]
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusCreated {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 4096)) // for the message alone
		return fmt.Errorf("POST %s: %s: %s", path, answer.Status, text)
	}
	_, err = io.Copy(io.Discard, answer.Body) // else the connection's window fills
	return err
}

// createNamespace creates a namespace; annotation may be empty.
func (b *bare) createNamespace(ctx context.Context, name, annotation string) error {
	metadata := fmt.Sprintf(`{"name":%q}`, name)
	if annotation != "" {
		metadata = fmt.Sprintf(`{"name":%q,"annotations":{"seedbed.dev/baseline":%q}}`, name, annotation)
	}
	return b.post(ctx, "/api/v1/namespaces", []byte(`{"apiVersion":"v1","kind":"Namespace","metadata":`+metadata+`}`))
}
