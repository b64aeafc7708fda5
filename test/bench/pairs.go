//go:build bench

package main

import (
	"fmt"
	"time"
)

// burstPair is a burst of the floor and one of Seedbed, one right after the other.
type burstPair struct{ floor, seed burst }

// addBursts adds the rows of several rounds.
func (r *report) addBursts(size, namespaces int, rounds []burstPair) {
	name := fmt.Sprintf("burst of %d: ", namespaces)
	times := func(what string, of func(burst) time.Duration) {
		r.addPaired(row{Measurement: name + what, Objects: size, Unit: "ms"}, rounds, func(one burstPair) (floor, seed float64) {
			return milliseconds(of(one.floor)), milliseconds(of(one.seed))
		})
	}
	rate := func(what string, of func(burst) time.Duration) {
		floor, seed := meanOfRounds(rounds, func(one burstPair) (floor, seed float64) { return of(one.floor).Seconds(), of(one.seed).Seconds() })
		r.addRow(row{Measurement: name + what, Objects: size, Unit: "namespaces/s", Floor: float64(namespaces) / floor, Seedbed: float64(namespaces) / seed})
	}
	last, ready := func(b burst) time.Duration { return b.last }, func(b burst) time.Duration { return b.ready }
	times("total to the last object", last)
	times("total to the last BaselineReady", ready)
	rate("rate to the last object", last)
	rate("rate to BaselineReady", ready)
	times("each, p50", func(b burst) time.Duration { return quantile(b.each, 0.5) })
	times("each, p99", func(b burst) time.Duration { return quantile(b.each, 0.99) })
	per := func(total time.Duration) float64 { return float64(total.Microseconds()) / float64(size*namespaces) }
	r.addPaired(row{Measurement: name + "CPU of client or controller", Objects: size, Unit: "µs/object"}, rounds, func(one burstPair) (floor, seed float64) {
		return max(0, per(one.floor.cpu.client-one.seed.cpu.client)), per(one.seed.cpu.controller)
	})
	r.addPaired(row{Measurement: name + "CPU of the API server", Objects: size, Unit: "µs/object"}, rounds, func(one burstPair) (floor, seed float64) {
		return per(one.floor.cpu.server), per(one.seed.cpu.server)
	})
}

// addPaired completes a row with the means over all rounds. Whether the API server collects its garbage in a round or after it
// costs up to a third of the round, so either side has rounds of two kinds, and a median would show only one of them.
func (r *report) addPaired(each row, rounds []burstPair, of func(burstPair) (floor, seed float64)) {
	each.Floor, each.Seedbed = meanOfRounds(rounds, of)
	r.addRow(each)
}

func meanOfRounds(rounds []burstPair, of func(burstPair) (floor, seed float64)) (floor, seed float64) {
	for _, one := range rounds {
		f, s := of(one)
		floor, seed = floor+f/float64(len(rounds)), seed+s/float64(len(rounds))
	}
	return floor, seed
}
