//go:build bench

package main

import (
	"cmp"
	"math"
	"slices"
)

// quantile is the value at least as great as that share of all: the nearest-rank one, always a value that
// was measured. It is zero where there is none.
func quantile[T cmp.Ordered](values []T, share float64) T {
	var none T
	if len(values) == 0 {
		return none
	}
	sorted := slices.Sorted(slices.Values(values))
	rank := int(math.Ceil(share * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}
