package output

import (
	"strings"
	"testing"
)

func TestJoinedNamesAreSortedAndBounded(t *testing.T) {
	names := strings.Split("l k j i h g f e d c b a", " ")
	if got, want := JoinNames(names), "a, b, c, d, e, f, g, h, i, j and 2 more"; got != want {
		t.Errorf("names: %s, want %s", got, want)
	}
	if got, want := JoinNames([]string{"b", "a"}), "a, b"; got != want {
		t.Errorf("names: %s, want %s", got, want)
	}
}

func TestSuggestion(t *testing.T) {
	for want, there := range map[string][]string{
		`did you mean "web"?`: {"web", "logging"},
		"there is logging, x": {"x", "logging"},
		"there is none":       nil,
	} {
		if got := Suggest("wbe", there); got != want {
			t.Errorf("suggestion: %s, want %s", got, want)
		}
	}
}
