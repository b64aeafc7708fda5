//go:build bench

package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// floorSetup holds the floor's best settings for one number of objects.
type floorSetup struct {
	bodies [][]byte
	// one is for a lone namespace, burst for many.
	one, burst tuning
	// oneClient and burstClient have the connections of their tuning.
	oneClient, burstClient *bareClient
}

// tuning sets a bare client's parallelism.
type tuning struct {
	// Namespaces that are created and filled at a time.
	Namespaces int `json:"namespaces"`
	// Objects of each are written at a time.
	Objects int `json:"objects"`
	// Connections they are spread over.
	Connections int `json:"connections"`
}

func (t tuning) String() string {
	return fmt.Sprintf("%d×%d at a time over %d connections", t.Namespaces, t.Objects, t.Connections)
}

// fillNamespace writes every object into a namespace.
func fillNamespace(ctx context.Context, client *bareClient, namespace string, bodies [][]byte, atOnce int) error {
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
				if err := client.postObject(ctx, path, bodies[i]); err != nil {
					return err
				}
			}
		})
	}
	return group.Wait()
}

// loneTimes are a lone namespace's times.
type loneTimes struct{ create, last, ready time.Duration }

// floorSingle creates and fills one namespace.
func (b *bench) floorSingle(ctx context.Context, client *bareClient, bodies [][]byte, objects int) (loneTimes, error) {
	name := b.uniqueName(floorPrefix)
	seen := b.observer.expectNamespace(name, len(bodies))
	began := time.Now()
	if err := client.createNamespace(ctx, name, ""); err != nil {
		return loneTimes{}, err
	}
	created := time.Since(began)
	if err := fillNamespace(ctx, client, name, bodies, objects); err != nil {
		return loneTimes{}, err
	}
	if err := awaitClosed(ctx, "the last object of "+name, seen.full); err != nil {
		return loneTimes{}, err
	}
	last := seen.lastAt.Sub(began)
	return loneTimes{create: created, last: last, ready: last}, nil
}

// floorBurst creates and fills namespaces, at most t.Namespaces at a time.
func (b *bench) floorBurst(ctx context.Context, client *bareClient, bodies [][]byte, namespaces int, t tuning) (burst, error) {
	return b.runBurst(ctx, floorPrefix, namespaces, len(bodies), t.Namespaces, func(ctx context.Context, name string) error {
		if err := client.createNamespace(ctx, name, ""); err != nil {
			return err
		}
		return fillNamespace(ctx, client, name, bodies, t.Objects)
	})
}
