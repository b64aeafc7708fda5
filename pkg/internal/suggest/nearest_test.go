package suggest

import (
	"fmt"
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	names := []string{"api", "logging", "monitoring", "web", "web-internal", "foo-svc", "a"}
	for name, test := range map[string]struct {
		name string
		want string
	}{
		"one letter too many":         {name: "webb", want: "web"},
		"one letter missing":          {name: "loging", want: "logging"},
		"one letter other":            {name: "wab", want: "web"},
		"neighbours swapped":          {name: "wbe", want: "web"},
		"swapped at the end":          {name: "moniotring", want: "monitoring"},
		"swapped twice, long":         {name: "olggign", want: "logging"},
		"three in a long name":        {name: "web-intrnl-", want: "web-internal"},
		"upper case":                  {name: "WEB", want: "web"},
		"a prefix":                    {name: "foo", want: "foo-svc"},
		"a prefix of several":         {name: "we", want: "web"},
		"another word":                {name: "database"},
		"two letters of a short name": {name: "dev"},
		"no letter would be left":     {name: "b"},
		"an empty name":               {name: ""},
		"longer than a known prefix":  {name: "web-external-and-more"},
		"far longer than any known":   {name: strings.Repeat("web", 1000)},
	} {
		t.Run(name, func(t *testing.T) {
			got, found := Nearest(test.name, names)
			if got != test.want || found != (test.want != "") {
				t.Errorf("Nearest(%q) = %q, %v; want %q", test.name, got, found, test.want)
			}
		})
	}
}

func TestNearestReturnsTheFirstOfSeveral(t *testing.T) {
	for _, known := range [][]string{{"wea", "web", "wec"}, {"wec", "web", "wea"}} {
		if got, _ := Nearest("wed", known); got != "wea" {
			t.Errorf("Nearest among %q = %q, want wea", known, got)
		}
	}
	if got, _ := Nearest("wed", []string{"web-", "wedd", "we"}); got != "we" {
		t.Errorf("got %q, want we", got)
	}
}

func TestNearestIsBounded(t *testing.T) {
	var known []string
	for i := range maxCompared {
		known = append(known, fmt.Sprintf("a-baseline-of-some-length-%04d", i))
	}
	if got, found := Nearest("web", append(known, "web")); found {
		t.Errorf("the name after the bound was compared: %q", got)
	}
	long := strings.Repeat("a", maxCompared+1)
	if got, found := Nearest(long, []string{long[1:] + "b"}); found {
		t.Errorf("a name of %d bytes was compared and gave one of %d", len(long), len(got))
	}
}

// obviousDistance is the slow definition of editDistance.
func obviousDistance(a, b string) int {
	switch {
	case a == "" || b == "":
		return len(a) + len(b)
	case a[0] == b[0]:
		return obviousDistance(a[1:], b[1:])
	}
	d := 1 + min(obviousDistance(a[1:], b), obviousDistance(a, b[1:]), obviousDistance(a[1:], b[1:]))
	if len(a) > 1 && len(b) > 1 && a[0] == b[1] && a[1] == b[0] {
		d = min(d, 1+obviousDistance(a[2:], b[2:]))
	}
	return d
}

func TestEditDistanceIsExactUpToItsLimit(t *testing.T) {
	words := []string{""}
	for range 4 {
		for _, word := range words {
			words = append(words, word+"a", word+"b")
		}
	}
	for _, a := range words {
		for _, b := range words {
			want := obviousDistance(a, b)
			for limit := 1; limit <= 3; limit++ {
				got := editDistance(a, b, limit)
				if min(got, limit+1) != min(want, limit+1) {
					t.Fatalf("editDistance(%q, %q, %d) = %d, want %d", a, b, limit, got, want)
				}
			}
		}
	}
}
