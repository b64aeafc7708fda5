package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

const (
	// garbagePercent is how much garbage may gather, of what is in use, before it is collected. What is in use grows with the
	// namespaces of the cluster, some 7 KiB each; Go's own 100 would double that. With 50 ten thousand namespaces, populated at
	// 97 a second, took 159 MiB, with 35 142.
	garbagePercent = 35
	// leastGarbage, in bytes, may gather however little is in use. Where that is little, to collect 35 percent of it again and
	// again is a tenth of what the controller spends on an object that it restores.
	leastGarbage = 24 << 20
)

// collectEarly makes the garbage collector spare memory, unless whoever runs the controller chose otherwise by GOGC.
func collectEarly() {
	if os.Getenv("GOGC") != "" {
		return
	}
	var now int
	afterEachCollection(func() {
		// Setting it stops everything for a moment.
		if next := percentFor(inUse()); next != now {
			now = next
			debug.SetGCPercent(next)
		}
	})
}

// afterEachCollection calls a function now and after each collection, one call at a time.
func afterEachCollection(do func()) {
	do()
	collected := new([64]byte) // whose end tells; a smaller one might share its place with others
	runtime.AddCleanup(collected, afterEachCollection, do)
}

// inUse is how many bytes the last collection left.
func inUse() uint64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return live[0].Value.Uint64()
}

// percentFor is Go's percentage for so many bytes in use, in steps of 5.
func percentFor(inUse uint64) int {
	const step = 5
	percent := leastGarbage * 100 / max(inUse, leastGarbage/4)
	return max(garbagePercent, int(percent)/step*step) //nolint:gosec // at most 400
}
