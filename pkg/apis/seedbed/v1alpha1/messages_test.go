package v1alpha1

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func numberedMessages(count int) []string {
	messages := make([]string, 0, count)
	for i := count; i > 0; i-- {
		messages = append(messages, fmt.Sprintf("message %04d", i))
	}
	return messages
}

func TestBound(t *testing.T) {
	tests := map[string]struct {
		messages    []string
		want        int
		first, last string
	}{
		"none":                      {},
		"empty":                     {messages: []string{}},
		"sorted and each once":      {messages: []string{"b", "a", "b"}, want: 2, first: "a", last: "b"},
		"as many as fit":            {messages: numberedMessages(MaxMessages), want: MaxMessages, first: "message 0001", last: "message 0064"},
		"one too many":              {messages: numberedMessages(MaxMessages + 1), want: MaxMessages, first: "message 0001", last: "and 2 more"},
		"many too many":             {messages: numberedMessages(1000), want: MaxMessages, first: "message 0001", last: "and 937 more"},
		"equal only once cut":       {messages: []string{strings.Repeat("x", 600), strings.Repeat("x", 700)}, want: 1, first: strings.Repeat("x", 509) + "...", last: strings.Repeat("x", 509) + "..."},
		"as long as fits":           {messages: []string{strings.Repeat("x", MaxMessageLength)}, want: 1, first: strings.Repeat("x", MaxMessageLength), last: strings.Repeat("x", MaxMessageLength)},
		"cut between characters":    {messages: []string{strings.Repeat("é", 300)}, want: 1, first: strings.Repeat("é", 254) + "...", last: strings.Repeat("é", 254) + "..."},
		"cut between long ones too": {messages: []string{"x" + strings.Repeat("🌱", 200)}, want: 1, first: "x" + strings.Repeat("🌱", 127) + "...", last: "x" + strings.Repeat("🌱", 127) + "..."},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			before := slices.Clone(test.messages)
			got := Bound(test.messages)
			if len(got) != test.want {
				t.Fatalf("got %d messages, want %d: %q", len(got), test.want, got)
			}
			if !slices.Equal(before, test.messages) {
				t.Error("the argument was changed")
			}
			if test.want == 0 {
				return
			}
			if got[0] != test.first || got[len(got)-1] != test.last {
				t.Errorf("got %q to %q, want %q to %q", got[0], got[len(got)-1], test.first, test.last)
			}
			for _, message := range got {
				if len(message) > MaxMessageLength || !utf8.ValidString(message) {
					t.Errorf("a message of %d bytes: %q", len(message), message)
				}
			}
		})
	}
}
