package v1alpha1

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bound returns the messages for a status, sorted as by SortMessages: at most MaxMessages. If some are left out, the last one
// counts them.
func Bound(messages []string) []string {
	bounded := SortMessages(messages)
	if rest := len(bounded) - MaxMessages; rest > 0 {
		bounded = append(bounded[:MaxMessages-1], fmt.Sprintf("and %d more", rest+1))
	}
	return bounded
}

// SortMessages returns the messages sorted, without duplicates, none longer than MaxMessageLength bytes. It does not change
// its argument and returns nil for no messages.
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

// Cut returns one message for a status: at most MaxMessageLength bytes, cut at the start of a character, so
// that JSON can store the rest unchanged.
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
