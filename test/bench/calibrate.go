//go:build bench

package main

import (
	"context"
	"time"
)

// Candidates of the floor's parallelism, each tried a few times in turn.
var (
	oneCandidates = []tuning{
		{1, 4, 1}, {1, 8, 1}, {1, 16, 1}, {1, 32, 1}, {1, 8, 4}, {1, 16, 4},
	}
	burstCandidates = []tuning{
		{8, 1, 1}, {16, 1, 1}, {4, 8, 1}, {16, 1, 4}, {16, 4, 4}, {16, 8, 4},
	}
)

const (
	oneTrials   = 10
	burstTrials = 5
	// oneMost bounds the objects that a trial of a lone namespace writes.
	oneMost = 500
	// burstTrial is the number of objects that a trial of a burst writes, in burstLeast to burstMost namespaces: a controller
	// keeps these in memory too, and -scale measures its own.
	burstTrial = 1000
	burstLeast = 16
	burstMost  = 50
)

// calibrateFloor finds the floor's best settings for each number of objects.
func (b *bench) calibrateFloor(ctx context.Context) error {
	for _, size := range b.sizes {
		ready, err := encodeBodies(size)
		if err != nil {
			return err
		}
		setup := floorSetup{bodies: ready}
		clients, asking := map[int]*bareClient{}, leanStyle
		if b.plain {
			asking = plainStyle
		}
		for _, candidate := range append(append([]tuning(nil), oneCandidates...), burstCandidates...) {
			if clients[candidate.Connections] == nil {
				if clients[candidate.Connections], err = newBareClient(b.cluster.Config(), candidate.Connections, asking); err != nil {
					return err
				}
			}
		}
		if setup.one, err = bestTuning(oneCandidates, oneTrials, func(t tuning) (time.Duration, error) {
			times, err := b.floorSingle(ctx, clients[t.Connections], ready[:min(size, oneMost)], t.Objects)
			return times.last, firstError(err, pauseFor(ctx, quiet))
		}); err != nil {
			return err
		}
		if setup.burst, err = bestTuning(burstCandidates, burstTrials, func(t tuning) (time.Duration, error) {
			few := ready[:min(size, burstTrial/burstLeast)]
			times, err := b.floorBurst(ctx, clients[t.Connections], few, min(burstMost, burstTrial/len(few)), t)
			return times.last, firstError(err, pauseFor(ctx, quiet))
		}); err != nil {
			return err
		}
		setup.oneClient, setup.burstClient = clients[setup.one.Connections], clients[setup.burst.Connections]
		b.floors[size] = setup
		b.report.setFloor(size, setup)
		logf("%d objects: the floor's best is %s for one namespace, %s for a burst", size, setup.one, setup.burst)
	}
	return nil
}

// bestTuning returns the candidate with the least lower quartile over trials taken in turn: during some of them the API
// server collects garbage.
func bestTuning(candidates []tuning, trials int, try func(tuning) (time.Duration, error)) (tuning, error) {
	taken := make([][]time.Duration, len(candidates))
	for range trials {
		for i, candidate := range candidates {
			took, err := try(candidate)
			if err != nil {
				return tuning{}, err
			}
			taken[i] = append(taken[i], took)
		}
	}
	least := 0
	for i := range candidates {
		if quantile(taken[i], 0.25) < quantile(taken[least], 0.25) {
			least = i
		}
	}
	return candidates[least], nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
