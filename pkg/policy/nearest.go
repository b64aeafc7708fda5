package policy

import "strings"

// maxCompared bounds how many names Nearest compares, and how long they may be, in bytes.
const maxCompared = 1024

// Nearest finds, among at most 1024 known names, the one that somebody who wrote name probably meant:
// few letters added, left out, replaced or swapped with their neighbour, upper and lower case being the
// same. Of several as near, the first in alphabetical order.
func Nearest(name string, known []string) (string, bool) {
	name = strings.ToLower(name)
	// One typo in a short name, three in a long one: more would suggest what nobody meant.
	best, limit := "", max(1, min(3, (len(name)+1)/3))
	for _, candidate := range known[:min(len(known), maxCompared)] {
		d := distance(name, strings.ToLower(candidate), limit)
		if d < limit || d == limit && (best == "" || candidate < best) {
			best, limit = candidate, d
		}
	}
	return best, best != ""
}

// distance counts the additions, removals, replacements and swaps of neighbours that make a from b, by
// the bytes; anything above the limit is only known to be above it.
func distance(a, b string, limit int) int {
	if d := len(a) - len(b); d > limit || -d > limit || max(len(a), len(b)) > maxCompared {
		return limit + 1
	}
	previous, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		smallest := row[0]
		for j := range len(b) {
			row[j+1] = min(above[j+1], row[j]) + 1
			if a[i] == b[j] {
				row[j+1] = min(row[j+1], above[j])
			} else {
				row[j+1] = min(row[j+1], above[j]+1)
			}
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], previous[j-1]+1)
			}
			smallest = min(smallest, row[j+1])
		}
		// No later row is nearer: a swap reaches one row further back, and costs one.
		if smallest > limit {
			return limit + 1
		}
		previous, above, row = above, row, previous
	}
	return above[len(b)]
}
