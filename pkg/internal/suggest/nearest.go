package suggest

import "strings"

// maxCompared is an upper bound of the names that Nearest compares, and of their length in bytes.
const maxCompared = 1024

// Nearest returns the known name that name was probably meant to be, and reports whether there is one. It is a name that
// begins with the given one, or that has few letters added, left out, replaced or swapped with their neighbour. Case does
// not matter. Of several at the same distance it returns the first in alphabetical order. Only the first 1024 known names are
// compared.
func Nearest(name string, known []string) (string, bool) {
	name = strings.ToLower(name)
	// One typo in a short name, three in a long one. More would suggest names that were not meant.
	best, limit := "", max(1, min(3, (len(name)+1)/3))
	for _, candidate := range known[:min(len(known), maxCompared)] {
		d := nameDistance(name, strings.ToLower(candidate), limit)
		if d >= len(name) { // no letter is left of the name
			continue
		}
		if d < limit || d == limit && (best == "" || candidate < best) {
			best, limit = candidate, d
		}
	}
	return best, best != ""
}

// nameDistance is editDistance, except that a candidate that begins with the name is at most one edit away.
func nameDistance(name, candidate string, limit int) int {
	d := editDistance(name, candidate, limit)
	if strings.HasPrefix(candidate, name) {
		d = min(d, 1)
	}
	return d
}

// editDistance returns how many additions, removals, replacements and swaps of neighbours make b from a, counted in bytes.
// Above the limit it returns any number above the limit.
func editDistance(a, b string, limit int) int {
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
