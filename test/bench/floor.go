//go:build bench

package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// floorSetup is how the floor does best for some number of objects.
type floorSetup struct {
	bodies [][]byte
	// one is for a lone namespace, burst for many.
	one, burst tuning
	// oneClient and burstClient have that many connections.
	oneClient, burstClient *bare
}

// tuning is how a bare client goes about it.
type tuning struct {
	// Namespaces are made and filled at a time.
	Namespaces int `json:"namespaces"`
	// Objects of each are written at a time.
	Objects int `json:"objects"`
	// Connections they are spread over.
	Connections int `json:"connections"`
}

func (t tuning) String() string {
	return fmt.Sprintf("%d×%d at a time over %d connections", t.Namespaces, t.Objects, t.Connections)
}

// fill writes every object into a namespace.
func fill(ctx context.Context, client *bare, namespace string, bodies [][]byte, atOnce int) error {
	path := "/api/v1/namespaces/" + namespace + "/configmaps"
	group, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for range min(atOnce, len(bodies)) {
		group.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(bodies) {
					return nil
				}
				if err := client.post(ctx, path, bodies[i]); err != nil {
					return err
				}
			}
		})
	}
	return group.Wait()
}

// one is a lone namespace's times.
type one struct{ create, last, ready time.Duration }

// floorOne makes and fills one namespace.
func (b *bench) floorOne(ctx context.Context, client *bare, bodies [][]byte, objects int) (one, error) {
	name := b.name(floorPrefix)
	seen := b.observer.expect(name, len(bodies))
	began := time.Now()
	if err := client.createNamespace(ctx, name, ""); err != nil {
		return one{}, err
	}
	created := time.Since(began)
	if err := fill(ctx, client, name, bodies, objects); err != nil {
		return one{}, err
	}
	if err := await(ctx, "the last object of "+name, seen.full); err != nil {
		return one{}, err
	}
	last := seen.lastAt.Sub(began)
	return one{create: created, last: last, ready: last}, nil
}

// floorBurst makes and fills namespaces, so many at a time.
func (b *bench) floorBurst(ctx context.Context, client *bare, bodies [][]byte, namespaces int, t tuning) (burst, error) {
	return b.burst(ctx, floorPrefix, namespaces, len(bodies), t.Namespaces, func(ctx context.Context, name string) error {
		if err := client.createNamespace(ctx, name, ""); err != nil {
			return err
		}
		return fill(ctx, client, name, bodies, t.Objects)
	})
}
