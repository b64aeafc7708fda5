package port

import (
	"regexp"
	"slices"
	"testing"
)

// A forged review gets no name that it does not contain itself.
func TestForgedReviewsRevealNoNames(t *testing.T) {
	e := newEnv(t)
	f := e.newForger(e.startController())
	e.hideContent()
	e.forgeAll(f, func(t *testing.T, body []byte, status int, answer string) {
		if leaked := leakedNames(body, answer); len(leaked) > 0 {
			t.Errorf("answered %d, and names %q: %.300s", status, leaked, answer)
		}
	})
}

var hiddenName = regexp.MustCompile(hidden + `[a-z]+`)

// leakedNames returns the hidden names in an answer that are not in the review.
func leakedNames(review []byte, answer string) []string {
	names := slices.Compact(slices.Sorted(slices.Values(hiddenName.FindAllString(answer, -1))))
	return slices.DeleteFunc(names, func(name string) bool {
		return regexp.MustCompile(regexp.QuoteMeta(name) + `\b`).Match(review)
	})
}
