//go:build bench

package main

import (
	"fmt"
	"time"
)

// pair is a burst of the floor and one of Seedbed, one right after the other.
type pair struct{ floor, seed burst }

// bursts adds what several rounds took.
func (r *report) bursts(size, namespaces int, rounds []pair) {
	name := fmt.Sprintf("burst of %d: ", namespaces)
	times := func(what string, of func(burst) time.Duration) {
		r.paired(row{Measurement: name + what, Objects: size, Unit: "ms"}, rounds, func(one pair) (floor, seed float64) {
			return milliseconds(of(one.floor)), milliseconds(of(one.seed))
		})
	}
	rate := func(what string, of func(burst) time.Duration) {
		r.paired(row{Measurement: name + what, Objects: size, Unit: "namespaces/s"}, rounds, func(one pair) (floor, seed float64) {
			return float64(namespaces) / of(one.floor).Seconds(), float64(namespaces) / of(one.seed).Seconds()
		})
	}
	last, ready := func(b burst) time.Duration { return b.last }, func(b burst) time.Duration { return b.ready }
	times("total to the last object", last)
	times("total to the last BaselineReady", ready)
	rate("rate to the last object", last)
	rate("rate to BaselineReady", ready)
	times("each, p50", func(b burst) time.Duration { return quantile(b.each, 0.5) })
	times("each, p99", func(b burst) time.Duration { return quantile(b.each, 0.99) })
	per := func(total time.Duration) float64 { return float64(total.Microseconds()) / float64(size*namespaces) }
	r.paired(row{Measurement: name + "CPU of client or controller", Objects: size, Unit: "µs/object"}, rounds, func(one pair) (floor, seed float64) {
		return max(0, per(one.floor.cpu.client-one.seed.cpu.client)), per(one.seed.cpu.controller)
	})
	r.paired(row{Measurement: name + "CPU of the API server", Objects: size, Unit: "µs/object"}, rounds, func(one pair) (floor, seed float64) {
		return per(one.floor.cpu.server), per(one.seed.cpu.server)
	})
}

// paired completes a row with the medians over all rounds, and the median of the rounds' own ratios: what slows the machine
// for a while slows both sides of a round.
func (r *report) paired(each row, rounds []pair, of func(pair) (floor, seed float64)) {
	var floors, seeds, ratios []float64
	for _, one := range rounds {
		floor, seed := of(one)
		floors, seeds = append(floors, floor), append(seeds, seed)
		if floor != 0 {
			ratios = append(ratios, seed/floor)
		}
	}
	each.Floor, each.Seedbed, each.Ratio = quantile(floors, 0.5), quantile(seeds, 0.5), quantile(ratios, 0.5)
	r.add(each)
}
