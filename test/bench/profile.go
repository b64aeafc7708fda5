//go:build bench

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
)

// profileSeconds is how long the controller is profiled, from the first burst on.
const profileSeconds = 20

// profileWhile begins to take a CPU profile, when one was asked for; what it returns waits until it is written.
func (b *bench) profileWhile(ctx context.Context) (func() error, error) {
	if b.profile == "" {
		return func() error { return nil }, nil
	}
	file, err := os.Create(b.profile)
	if err != nil {
		return nil, err
	}
	done := make(chan error, 1)
	go func() {
		done <- firstError(fetchProfile(ctx, b.pprof, file), file.Close())
	}()
	return func() error { return <-done }, nil
}

func fetchProfile(ctx context.Context, address string, into io.Writer) error {
	url := fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", address, profileSeconds)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("take a profile: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	_, err = io.Copy(into, answer.Body)
	return err
}
