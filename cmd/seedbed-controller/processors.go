package main

import (
	"os"
	"runtime"
)

// mostProcessors is an upper bound of GOMAXPROCS: one CPU writes some 4,000 objects a second, and four write more than an API
// server accepts.
const mostProcessors = 4

// tuneProcessors sets GOMAXPROCS to half of the available CPUs, unless the operator set it in the environment. The controller
// mostly sends and waits. On every CPU of a node its threads would wake each other for each answer, and look for garbage on
// every idle CPU: on two CPUs, shared with an API server, a restored object took a third more CPU time, and none was written
// sooner.
func tuneProcessors() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(processorsFor(runtime.GOMAXPROCS(0)))
	}
}

// processorsFor returns the GOMAXPROCS for that many available CPUs.
func processorsFor(available int) int {
	return min(max(available/2, 1), mostProcessors)
}
