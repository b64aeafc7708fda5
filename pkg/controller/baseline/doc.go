// Package baseline sets whether a Baseline can be restored, and the content that it has. controller.go compiles its plan, and
// gate.go labels it for the chart's gate. Live lists Baselines past the cache.
package baseline
