package main

import (
	"os"
	"runtime/debug"
)

// garbagePercent is how much garbage may gather, of what is in use, before it is collected. What is in use grows with the
// namespaces of the cluster, some 7 KiB each; Go's own 100 would double that. With 50 ten thousand namespaces, populated at 97 a
// second, took 159 MiB, with 35 142. It costs the controller CPU time while it restores, 265 µs an object where 50 cost
// it 250, and none while it does not.
const garbagePercent = 35

// collectEarly makes the garbage collector spare memory, unless whoever runs the controller chose otherwise by GOGC.
func collectEarly() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
}
