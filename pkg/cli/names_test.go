package cli

import (
	"strings"
	"testing"
)

func TestListedIsSortedAndBounded(t *testing.T) {
	names := strings.Split("l k j i h g f e d c b a", " ")
	if got, want := listed(names), "a, b, c, d, e, f, g, h, i, j and 2 more"; got != want {
		t.Errorf("listed: %s, want %s", got, want)
	}
	if got, want := listed([]string{"b", "a"}), "a, b"; got != want {
		t.Errorf("listed: %s, want %s", got, want)
	}
}

func TestSuggestion(t *testing.T) {
	for want, there := range map[string][]string{
		`did you mean "web"?`: {"web", "logging"},
		"there is logging, x": {"x", "logging"},
		"there is none":       nil,
	} {
		if got := suggestion("wbe", there); got != want {
			t.Errorf("suggestion: %s, want %s", got, want)
		}
	}
}
