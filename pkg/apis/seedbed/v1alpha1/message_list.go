package v1alpha1

import (
	"fmt"
	"slices"
)

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
