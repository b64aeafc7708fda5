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

// MessageList collects messages for a status in bounded memory: it counts all of them and keeps the first MaxMessages in
// sorted order, so that a list merged from several equals one built at once. The zero value is empty.
// +kubebuilder:object:generate=false
type MessageList struct {
	kept  []string
	count int
}

// Add adds messages, each cut to MaxMessageLength bytes. A message that the list already holds is not counted again.
func (l *MessageList) Add(messages ...string) {
	for _, message := range messages {
		l.addMessage(Cut(message))
	}
}

func (l *MessageList) addMessage(message string) {
	at, found := slices.BinarySearch(l.kept, message)
	if found {
		return
	}
	l.count++
	if at == MaxMessages {
		return
	}
	if len(l.kept) == MaxMessages {
		l.kept = l.kept[:MaxMessages-1]
	}
	l.kept = slices.Insert(l.kept, at, message)
}

// Kept returns the messages that the list holds, sorted; nil for none.
func (l *MessageList) Kept() []string { return slices.Clone(l.kept) }

// Count returns the number of messages that were added.
func (l *MessageList) Count() int { return l.count }

// Omitted returns the number of messages that were added and are not kept.
func (l *MessageList) Omitted() int { return l.count - len(l.kept) }

// Bound returns the messages as the function Bound does: if some are not kept, the last one counts them.
func (l *MessageList) Bound() []string {
	bounded := l.Kept()
	if l.Omitted() > 0 {
		bounded[MaxMessages-1] = fmt.Sprintf("and %d more", l.Omitted()+1)
	}
	return bounded
}
