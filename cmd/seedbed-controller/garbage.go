package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

const (
	// garbagePercent is the GOGC of a large heap. The live heap grows with the namespaces of the cluster, some 5 KiB each; Go's
	// default of 100 would double that.
	garbagePercent = 25
	// leastGarbage is a lower bound of the garbage in bytes before a collection. Collecting a fourth of a small heap again and
	// again is a tenth of the controller's CPU time for a restored object.
	leastGarbage = 18 << 20
)

// tuneGarbageCollector sets GOGC by the size of the heap, unless the operator set it in the environment.
func tuneGarbageCollector() {
	if os.Getenv("GOGC") != "" {
		return
	}
	var now int
	afterEachCollection(func() {
		// Setting it stops the world.
		if next := percentFor(liveBytes()); next != now {
			now = next
			debug.SetGCPercent(next)
		}
	})
}

// afterEachCollection calls a function now and after each collection, one call at a time.
func afterEachCollection(do func()) {
	do()
	collected := new([64]byte) // collected at the next collection; a smaller one might share its memory block with others
	runtime.AddCleanup(collected, afterEachCollection, do)
}

// liveBytes returns the size of the heap after the last collection.
func liveBytes() uint64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return live[0].Value.Uint64()
}

// percentFor returns the GOGC for a live heap of that size, in steps of 5.
func percentFor(inUse uint64) int {
	const step = 5
	percent := leastGarbage * 100 / max(inUse, leastGarbage/4)
	return max(garbagePercent, int(percent)/step*step) //nolint:gosec // at most 400
}
