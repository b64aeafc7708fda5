package v1alpha1

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMessageListIsBoundedAsBoundIs(t *testing.T) {
	tests := map[string][]string{
		"none":             nil,
		"unsorted":         {"b", "a", "c"},
		"repeated":         {"b", "a", "b", "a"},
		"as many as fit":   numberedMessages(MaxMessages),
		"one too many":     numberedMessages(MaxMessages + 1),
		"many, in reverse": reverseMessages(numberedMessages(1000)),
		"some repeated":    slices.Concat(numberedMessages(60), numberedMessages(60)),
	}
	for name, messages := range tests {
		t.Run(name, func(t *testing.T) {
			var list MessageList
			list.Add(messages...)
			if diff := cmp.Diff(Bound(messages), list.Bound()); diff != "" {
				t.Errorf("bounded (-Bound +MessageList):\n%s", diff)
			}
			all := SortMessages(messages)
			if list.Count() != len(all) || list.Omitted() != max(0, len(all)-MaxMessages) {
				t.Errorf("counted %d and omitted %d of %d", list.Count(), list.Omitted(), len(all))
			}
			if diff := cmp.Diff(all[:min(len(all), MaxMessages)], list.Kept()); diff != "" {
				t.Errorf("kept (-want +got):\n%s", diff)
			}
		})
	}
}

func reverseMessages(messages []string) []string {
	slices.Reverse(messages)
	return messages
}
