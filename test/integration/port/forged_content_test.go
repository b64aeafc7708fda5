package port

import (
	"fmt"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	"sigs.k8s.io/yaml"
)

// Whoever knows the paths gets no content by a forged review, whatever it asks for and by whichever path.
func TestForgedReviewsGetNoContent(t *testing.T) {
	w := newWorld(t)
	f := w.forger(w.start())
	w.hide()
	w.forgeAll(f, func(t *testing.T, body []byte, status int, answer string) {
		if strings.Contains(answer, content) {
			t.Errorf("answered %d with content", status)
		}
	})
}

// forgeAll sends every forged review by every path, and has its answer checked, with what it changes.
func (w *world) forgeAll(f *forger, check func(t *testing.T, body []byte, status int, answer string)) {
	w.t.Helper()
	for webhook, path := range w.paths() {
		for name, forged := range forgeries() {
			for _, dryRun := range []bool{true, false} {
				w.t.Run(fmt.Sprint(name, " to ", webhook, " dry run ", dryRun), func(t *testing.T) {
					body := review(t, masters, forged.operation, dryRun, forged.object)
					status, answer, err := f.post(path, body)
					if err != nil {
						t.Fatal(err)
					}
					check(t, body, status, answer+patchOf(t, answer))
				})
			}
		}
	}
}

// patchOf returns what an answer changes, which it holds encoded.
func patchOf(t *testing.T, answer string) string {
	t.Helper()
	var review admissionv1.AdmissionReview
	if err := yaml.Unmarshal([]byte(answer), &review); err != nil || review.Response == nil {
		t.Fatalf("no answer: %v: %s", err, answer)
	}
	return string(review.Response.Patch)
}
