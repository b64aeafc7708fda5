package port

import (
	"fmt"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	"sigs.k8s.io/yaml"
)

// A forger who knows the paths gets no content, by any review and by any path.
func TestForgedReviewsGetNoContent(t *testing.T) {
	e := newEnv(t)
	f := e.newForger(e.startController())
	e.hideContent()
	e.forgeAll(f, func(t *testing.T, body []byte, status int, answer string) {
		if strings.Contains(answer, content) {
			t.Errorf("answered %d with content", status)
		}
	})
}

// forgeAll sends every forged review by every path, and passes each answer to check, with the patch decoded.
func (e *env) forgeAll(f *forger, check func(t *testing.T, body []byte, status int, answer string)) {
	e.t.Helper()
	for webhook, path := range e.webhookPaths() {
		for name, forged := range allForgeries() {
			for _, dryRun := range []bool{true, false} {
				e.t.Run(fmt.Sprint(name, " to ", webhook, " dry run ", dryRun), func(t *testing.T) {
					body := encodeReview(t, masters, forged.operation, dryRun, forged.object)
					status, answer, err := f.postReview(path, body)
					if err != nil {
						t.Fatal(err)
					}
					check(t, body, status, answer+patchOf(t, answer))
				})
			}
		}
	}
}

// patchOf returns the patch of an answer, which holds it encoded.
func patchOf(t *testing.T, answer string) string {
	t.Helper()
	var review admissionv1.AdmissionReview
	if err := yaml.Unmarshal([]byte(answer), &review); err != nil || review.Response == nil {
		t.Fatalf("no answer: %v: %s", err, answer)
	}
	return string(review.Response.Patch)
}
