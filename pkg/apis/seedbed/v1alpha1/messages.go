package v1alpha1

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bound makes messages fit for a status: as SortMessages does, and no more than MaxMessages of them, of which the last then
// says how many were cut.
func Bound(messages []string) []string {
	bounded := SortMessages(messages)
	if rest := len(bounded) - MaxMessages; rest > 0 {
		bounded = append(bounded[:MaxMessages-1], fmt.Sprintf("and %d more", rest+1))
	}
	return bounded
}

// SortMessages returns the messages sorted, each once, none longer than MaxMessageLength bytes. It leaves its argument alone
// and returns nil for no messages.
func SortMessages(messages []string) []string {
	if len(messages) == 0 {
		return nil
	}
	sorted := make([]string, 0, len(messages))
	for _, message := range messages {
		sorted = append(sorted, Cut(message))
	}
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

// Cut makes one message fit for a status: at most MaxMessageLength bytes, cut at the start of a character, so
// that what is left can be stored as JSON as it is.
func Cut(message string) string {
	const ellipsis = "..."
	message = strings.ToValidUTF8(message, "?") // JSON would change it
	if len(message) <= MaxMessageLength {
		return message
	}
	end := MaxMessageLength - len(ellipsis)
	for end > 0 && !utf8.RuneStart(message[end]) {
		end--
	}
	return message[:end] + ellipsis
}
