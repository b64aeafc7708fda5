package port

import (
	"regexp"
	"slices"
	"testing"
)

// Nor does it get the name of anything that it does not name itself.
func TestForgedReviewsNameNothing(t *testing.T) {
	w := newWorld(t)
	f := w.forger(w.start())
	w.hide()
	w.forgeAll(f, func(t *testing.T, body []byte, status int, answer string) {
		if told := told(body, answer); len(told) > 0 {
			t.Errorf("answered %d, and names %q: %.300s", status, told, answer)
		}
	})
}

var hiddenName = regexp.MustCompile(hidden + `[a-z]+`)

// told lists the hidden names in an answer that are not in the review.
func told(review []byte, answer string) []string {
	names := slices.Compact(slices.Sorted(slices.Values(hiddenName.FindAllString(answer, -1))))
	return slices.DeleteFunc(names, func(name string) bool {
		return regexp.MustCompile(regexp.QuoteMeta(name) + `\b`).Match(review)
	})
}
