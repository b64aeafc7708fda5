package output

import (
	"fmt"
	"slices"
	"strings"

	"seedbed.dev/seedbed/pkg/internal/suggest"
)

// maxListed bounds the names in an error message.
const maxListed = 10

// Nearest returns the candidate that the user probably meant; empty if none is close.
func Nearest(name string, candidates []string) string {
	near, _ := suggest.Nearest(name, candidates)
	return near
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
