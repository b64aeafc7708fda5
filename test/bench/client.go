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

// requestStyle sets a client's query and Accept header.
type requestStyle struct{ query, accept string }

var (
	// leanStyle spares the API server work, as Seedbed does: no validation of every field, and a response without the object's
	// content. (Bodies in protobuf spare it no more than that.)
	leanStyle = requestStyle{"?fieldValidation=Ignore&fieldManager=bench", "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"}
	// plainStyle is a client's default: every field is validated, and the whole object is returned.
	plainStyle = requestStyle{"?fieldManager=bench", "application/json"}
)

// bareClient sends bytes and reads only the response's status.
type bareClient struct {
	host        string
	asking      requestStyle
	connections []*http.Client
	next        atomic.Uint32
}

// newBareClient returns a client with this number of HTTP/2 connections, taken in turn.
func newBareClient(config *rest.Config, connections int, asking requestStyle) (*bareClient, error) {
	b := &bareClient{host: config.Host, asking: asking}
	for range connections {
		each, err := rest.HTTPClientFor(separateConnection(config))
		if err != nil {
			return nil, err
		}
		b.connections = append(b.connections, each)
	}
	return b, nil
}

func (b *bareClient) postObject(ctx context.Context, path string, body []byte) error {
	return b.send(ctx, http.MethodPost, path, "application/json", body)
}

// send sends a body, and returns an error for any other answer than success.
func (b *bareClient) send(ctx context.Context, method, path, contentType string, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, method, b.host+path+b.asking.query, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("Accept", b.asking.accept)
	client := b.connections[int(b.next.Add(1))%len(b.connections)]
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusCreated && answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 4096)) // only for the message
		return fmt.Errorf("%s %s: %s: %s", method, path, answer.Status, text)
	}
	_, err = io.Copy(io.Discard, answer.Body) // or the connection's window fills
	return err
}

// createNamespace creates a namespace; annotation may be empty.
func (b *bareClient) createNamespace(ctx context.Context, name, annotation string) error {
	metadata := fmt.Sprintf(`{"name":%q}`, name)
	if annotation != "" {
		metadata = fmt.Sprintf(`{"name":%q,"annotations":{"seedbed.dev/baseline":%q}}`, name, annotation)
	}
	return b.postObject(ctx, "/api/v1/namespaces", []byte(`{"apiVersion":"v1","kind":"Namespace","metadata":`+metadata+`}`))
}
