package metrics

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/time/rate"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/cache"
	authenticationclient "k8s.io/client-go/kubernetes/typed/authentication/v1"
	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
)

const (
	// allowedFor is how long a scraper is believed. A right that is taken away works on for as long.
	allowedFor = time.Minute
	// rememberedFor is how long a scraper is no stranger any more: it is asked about anew, and not counted with the strangers.
	rememberedFor = 10 * time.Minute
	// maxRemembered bounds how many are remembered, as hashes.
	maxRemembered = 64
	// strangersPerSecond bounds the questions about tokens that were not accepted lately: whoever reaches the port makes them up.
	strangersPerSecond = 10
	// askWithin bounds one question.
	askWithin = 5 * time.Second
)

// ScrapeGuard lets scrapers pass that the API server knows by a bearer token and that may `get` the path. It does what
// controller-runtime's metrics/filters does, which needs k8s.io/apiserver: that made the controller's binary 28 MB larger, by
// 79 percent. It is safe for concurrent use.
type ScrapeGuard struct {
	tokens   authenticationclient.TokenReviewInterface
	access   authorizationclient.SubjectAccessReviewInterface
	scrapers *cache.LRUExpireCache // by the hash of token and question: when it was allowed
	limiter  *rate.Limiter
}

// NewScrapeGuard returns a guard over clients that may create TokenReviews and SubjectAccessReviews.
func NewScrapeGuard(tokens authenticationclient.TokenReviewInterface, access authorizationclient.SubjectAccessReviewInterface) *ScrapeGuard {
	return &ScrapeGuard{
		tokens: tokens, access: access, scrapers: cache.NewLRUExpireCache(maxRemembered),
		limiter: rate.NewLimiter(strangersPerSecond, strangersPerSecond),
	}
}

// Filter is a metrics server's filter.
func (g *ScrapeGuard) Filter(log logr.Logger, next http.Handler) (http.Handler, error) {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), askWithin)
		defer cancel()
		switch code, err := g.check(ctx, r); {
		case err != nil:
			log.Error(err, "Could not check who scrapes, so it was refused")
			http.Error(w, "could not ask the API server who scrapes, try again", code)
		case code == http.StatusTooManyRequests:
			w.Header().Set("Retry-After", "1")
			http.Error(w, "too many unknown tokens, try again", code)
		case code != http.StatusOK:
			http.Error(w, http.StatusText(code), code)
		default:
			next.ServeHTTP(w, r)
		}
	}), nil
}

// check returns the status to answer with. An error never lets pass.
func (g *ScrapeGuard) check(ctx context.Context, r *http.Request) (int, error) {
	token, ok := bearerToken(r)
	if !ok {
		return http.StatusUnauthorized, nil
	}
	question := authorizationv1.NonResourceAttributes{Verb: strings.ToLower(r.Method), Path: r.URL.Path}
	key := sha256.Sum256([]byte(question.Verb + " " + question.Path + " " + token))
	since, remembered := g.scrapers.Get(key)
	if remembered && time.Since(since.(time.Time)) < allowedFor {
		return http.StatusOK, nil
	}
	if !remembered && !g.limiter.Allow() {
		return http.StatusTooManyRequests, nil
	}
	asked := time.Now()
	code, err := g.ask(ctx, token, question)
	if code == http.StatusOK {
		g.scrapers.Add(key, asked, rememberedFor)
	} else if err == nil {
		g.scrapers.Remove(key)
	}
	return code, err
}

// ask asks the API server whose token it is, and what that user may do.
func (g *ScrapeGuard) ask(ctx context.Context, token string, question authorizationv1.NonResourceAttributes) (int, error) {
	review, err := g.tokens.Create(ctx, &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: token}}, metav1.CreateOptions{})
	if err != nil {
		return http.StatusServiceUnavailable, fmt.Errorf("reviewing a token: %w", err)
	}
	if !review.Status.Authenticated {
		return http.StatusUnauthorized, nil
	}
	user := review.Status.User
	spec := authorizationv1.SubjectAccessReviewSpec{User: user.Username, UID: user.UID, Groups: user.Groups, NonResourceAttributes: &question}
	if len(user.Extra) > 0 {
		spec.Extra = make(map[string]authorizationv1.ExtraValue, len(user.Extra))
		for name, values := range user.Extra {
			spec.Extra[name] = authorizationv1.ExtraValue(values)
		}
	}
	answer, err := g.access.Create(ctx, &authorizationv1.SubjectAccessReview{Spec: spec}, metav1.CreateOptions{})
	if err != nil {
		return http.StatusServiceUnavailable, fmt.Errorf("reviewing whether user %.64q may %s %s: %w", user.Username, question.Verb, question.Path, err)
	}
	if !answer.Status.Allowed || answer.Status.Denied {
		return http.StatusForbidden, nil
	}
	return http.StatusOK, nil
}

func bearerToken(r *http.Request) (string, bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return token, ok && token != "" && strings.EqualFold(scheme, "Bearer")
}
