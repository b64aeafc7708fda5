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
		"as many as fit":   numbered(MaxMessages),
		"one too many":     numbered(MaxMessages + 1),
		"many, in reverse": reversed(numbered(1000)),
		"some repeated":    slices.Concat(numbered(60), numbered(60)),
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

func reversed(messages []string) []string {
	slices.Reverse(messages)
	return messages
}
