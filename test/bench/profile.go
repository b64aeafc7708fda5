//go:build bench

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sync/errgroup"
)

// profileSeconds is the length of a burst's profile: pprof shows several files as one.
const profileSeconds = 4

// startProfile starts CPU profiles of the controller and of the API server if they were requested. The returned function
// waits until they are written.
func (b *bench) startProfile(ctx context.Context, side string) func() error {
	if b.profiles == "" {
		return func() error { return nil }
	}
	b.profiled++
	var group errgroup.Group
	for process, take := range map[string]func(context.Context) ([]byte, error){"controller": b.controllerProfile, "apiserver": b.serverProfile} {
		group.Go(func() error {
			profile, err := take(ctx)
			if err != nil {
				return fmt.Errorf("taking a profile of the %s: %w", process, err)
			}
			return os.WriteFile(filepath.Join(b.profiles, fmt.Sprintf("%s-%s-%d.pprof", process, side, b.profiled)), profile, 0o600)
		})
	}
	return group.Wait
}

func (b *bench) serverProfile(ctx context.Context) ([]byte, error) {
	return b.admin.Discovery().RESTClient().Get().AbsPath("/debug/pprof/profile").Param("seconds", strconv.Itoa(profileSeconds)).DoRaw(ctx)
}

func (b *bench) controllerProfile(ctx context.Context) ([]byte, error) {
	return fetchURL(ctx, fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", b.pprof, profileSeconds))
}
