package main

import (
	"os"
	"runtime"
)

// mostProcessors is how many CPUs the controller runs on at most: one writes some 4,000 objects a second, and four write
// more than an API server takes.
const mostProcessors = 4

// sparingly lets the controller run on half of the CPUs that it may use, unless whoever runs it chose otherwise by
// GOMAXPROCS. What it does is to send and to wait. Spread over every CPU of a node, its threads wake each other for each
// answer and look for garbage wherever a CPU seems idle: on two CPUs, shared with an API server, a restored object cost it
// a third more CPU time, and nothing was written sooner.
func sparingly() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(processors(runtime.GOMAXPROCS(0)))
	}
}

// processors to use of those that are there, or that a limit leaves.
func processors(available int) int {
	return min(max(available/2, 1), mostProcessors)
}
