// Package fleet counts, in the status of each Baseline, the namespaces that should hold it and those that do. controller.go reads
// them in one pass over the cache, and count.go counts.
package fleet
