package output

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	there := []string{"web", "web-v2", "logging", "foo-svc", "a"}
	for typed, want := range map[string]string{
		"wbe":     "web",
		"we":      "web",
		"web-v":   "web-v2",
		"loging":  "logging",
		"foo":     "foo-svc", // begins with it
		"xyz":     "",
		"b":       "", // no letter of it would be left
		"payment": "",
		"":        "",
	} {
		if got := Nearest(typed, there); got != want {
			t.Errorf("nearest(%q): %q, want %q", typed, got, want)
		}
	}
}

func TestEditDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{{a: "", b: "", want: 0}, {a: "", b: "abc", want: 3}, {a: "abc", b: "", want: 3}, {a: "kitten", b: "sitting", want: 3}, {a: "same", b: "same", want: 0}} {
		if got := editDistance(test.a, test.b); got != test.want {
			t.Errorf("editDistance(%q, %q): %d, want %d", test.a, test.b, got, test.want)
		}
	}
}

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
