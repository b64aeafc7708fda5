package metrics

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	authenticationclient "k8s.io/client-go/kubernetes/typed/authentication/v1"
	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
	"k8s.io/utils/clock"
)

// fakeTokenReviews accepts the tokens of prometheus and of a user without the permission.
type fakeTokenReviews struct {
	authenticationclient.TokenReviewInterface

	asked int
	err   error
}

func (r *fakeTokenReviews) Create(_ context.Context, review *authenticationv1.TokenReview, _ metav1.CreateOptions) (*authenticationv1.TokenReview, error) {
	r.asked++
	review.Status.User.Username = review.Spec.Token
	review.Status.Authenticated = review.Spec.Token == "prometheus" || review.Spec.Token == "jane"
	return review, r.err
}

// fakeAccessReviews allows prometheus to get /metrics.
type fakeAccessReviews struct {
	authorizationclient.SubjectAccessReviewInterface

	revoked, denied bool
	err             error
}

func (r *fakeAccessReviews) Create(_ context.Context, review *authorizationv1.SubjectAccessReview, _ metav1.CreateOptions) (*authorizationv1.SubjectAccessReview, error) {
	question := *review.Spec.NonResourceAttributes
	review.Status.Allowed = !r.revoked && review.Spec.User == "prometheus" && question == authorizationv1.NonResourceAttributes{Verb: "get", Path: "/metrics"}
	review.Status.Denied = r.denied
	return review, r.err
}

// scrapeEnv is a guarded page.
type scrapeEnv struct {
	tokens  fakeTokenReviews
	access  fakeAccessReviews
	handler http.Handler
}

func newScrapeEnv(t *testing.T) *scrapeEnv {
	t.Helper()
	w := &scrapeEnv{}
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "page") })
	var err error
	if w.handler, err = NewScrapeGuard(&w.tokens, &w.access, clock.RealClock{}).Filter(logr.Discard(), page); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *scrapeEnv) sendScrape(method, authorization string) (code int, page bool) {
	request := httptest.NewRequest(method, "/metrics", nil)
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	recorded := httptest.NewRecorder()
	w.handler.ServeHTTP(recorded, request)
	return recorded.Code, recorded.Body.String() == "page"
}

func TestScrapeGuardAuthenticatesAndAuthorizes(t *testing.T) {
	away := errors.New("the API server is away")
	for name, test := range map[string]struct {
		method, authorization string
		tokensErr, accessErr  error
		denied                bool
		want                  int
	}{
		"no token":                       {authorization: "", want: http.StatusUnauthorized},
		"a password":                     {authorization: "Basic prometheus", want: http.StatusUnauthorized},
		"an empty token":                 {authorization: "Bearer ", want: http.StatusUnauthorized},
		"an unknown token":               {authorization: "Bearer x", want: http.StatusUnauthorized},
		"a token without the permission": {authorization: "Bearer jane", want: http.StatusForbidden},
		"a token with the permission":    {authorization: "Bearer prometheus", want: http.StatusOK},
		"in other letters":               {authorization: "bearer prometheus", want: http.StatusOK},
		"another verb":                   {method: http.MethodPost, authorization: "Bearer prometheus", want: http.StatusForbidden},
		"denied beside allowed":          {authorization: "Bearer prometheus", denied: true, want: http.StatusForbidden},
		"tokens cannot be reviewed now":  {authorization: "Bearer prometheus", tokensErr: away, want: http.StatusServiceUnavailable},
		"access cannot be reviewed now":  {authorization: "Bearer prometheus", accessErr: away, want: http.StatusServiceUnavailable},
		"neither, and without any token": {authorization: "", tokensErr: away, accessErr: away, want: http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			w := newScrapeEnv(t)
			w.tokens.err, w.access.err, w.access.denied = test.tokensErr, test.accessErr, test.denied
			method := test.method
			if method == "" {
				method = http.MethodGet
			}
			code, page := w.sendScrape(method, test.authorization)
			if code != test.want || page != (test.want == http.StatusOK) {
				t.Errorf("it gets %d, the page: %v; want %d", code, page, test.want)
			}
		})
	}
}

func TestScrapeGuardCachesForAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newScrapeEnv(t)
		for range 3 {
			if code, _ := w.sendScrape(http.MethodGet, "Bearer prometheus"); code != http.StatusOK {
				t.Fatalf("it gets %d", code)
			}
		}
		if w.tokens.asked != 1 {
			t.Errorf("asked %d times", w.tokens.asked)
		}
		w.access.revoked = true
		time.Sleep(allowedFor) // by the bubble's clock
		if code, _ := w.sendScrape(http.MethodGet, "Bearer prometheus"); code != http.StatusForbidden {
			t.Errorf("after the right was taken away it gets %d", code)
		}
	})
}

// A flood of made-up tokens causes ten reviews a second, and locks out no scraper that was accepted before.
func TestScrapeGuardBoundsStrangers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newScrapeEnv(t)
		w.sendScrape(http.MethodGet, "Bearer prometheus")
		time.Sleep(2 * allowedFor) // by the bubble's clock
		codes := map[int]int{}
		for i := range 1000 {
			code, _ := w.sendScrape(http.MethodGet, fmt.Sprint("Bearer made-up-", i))
			codes[code]++
			time.Sleep(time.Millisecond) // by the bubble's clock
		}
		if most := 2*strangersPerSecond + 1; w.tokens.asked > most || codes[http.StatusTooManyRequests] < 900 {
			t.Errorf("asked %d times within a second, answered %v", w.tokens.asked, codes)
		}
		if code, _ := w.sendScrape(http.MethodGet, "Bearer prometheus"); code != http.StatusOK {
			t.Errorf("after the flood the scraper gets %d", code)
		}
	})
}
