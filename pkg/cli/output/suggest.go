package output

import (
	"fmt"
	"slices"
	"strings"
)

// maxListed bounds the names in an error message.
const maxListed = 10

// Nearest returns the candidate that the user probably meant; empty if none is close. It begins with name, or differs from it
// in few letters: two, or a third of a longer name.
func Nearest(name string, candidates []string) string {
	best, bestDistance := "", max(2, len(name)/3)+1
	for _, candidate := range slices.Sorted(slices.Values(candidates)) {
		distance := editDistance(name, candidate)
		if name != "" && strings.HasPrefix(candidate, name) {
			distance = min(distance, 1)
		}
		if distance < len(name) && distance < bestDistance { // else no letter of name is left
			best, bestDistance = candidate, distance
		}
	}
	return best
}

// editDistance returns the number of letters to insert, delete or replace to turn a into b.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// Suggest returns the end of a message about a name that does not exist: the nearest candidate, or all of them.
func Suggest(name string, candidates []string) string {
	if near := Nearest(name, candidates); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if len(candidates) == 0 {
		return "there is none"
	}
	return "there is " + JoinNames(candidates)
}

// JoinNames returns names for a message, sorted and bounded.
func JoinNames(names []string) string {
	names = slices.Sorted(slices.Values(names))
	if more := len(names) - maxListed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxListed], ", "), more)
	}
	return strings.Join(names, ", ")
}
