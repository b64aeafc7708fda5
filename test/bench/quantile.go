//go:build bench

package main

import (
	"cmp"
	"math"
	"slices"
)

// quantile returns the nearest-rank quantile: the measured value at least as great as that share of all. It returns zero
// for no values.
func quantile[T cmp.Ordered](values []T, share float64) T {
	var none T
	if len(values) == 0 {
		return none
	}
	sorted := slices.Sorted(slices.Values(values))
	rank := int(math.Ceil(share * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}
