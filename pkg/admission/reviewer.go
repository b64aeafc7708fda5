package admission

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/cache"
	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
	"k8s.io/utils/clock"
)

const (
	// allowedFor is how long a yes is cached, from its request on: a burst of requests of one user costs one review. A
	// revoked permission works on for as long, however late the answer came.
	allowedFor = 5 * time.Second
	// renewAfter is the age at which a cached yes is renewed in the background: a user who makes requests all the time waits
	// for the first review only.
	renewAfter = allowedFor / 2
	// maxAllowed is an upper bound of the cached answers; each is a hash.
	maxAllowed = 4096
)

// AccessReviewer reviews access by SubjectAccessReviews. It caches a yes for five seconds, renewed while it is in use, and
// never a no: a permission that was just granted works at once. It retries for up to five seconds while the API server is
// away. It is safe for concurrent use.
type AccessReviewer struct {
	// Budget bounds the requests at the API server; there is no bound if it is nil.
	Budget *Budget

	reviews authorizationclient.SubjectAccessReviewInterface
	clock   clock.PassiveClock
	allowed *cache.LRUExpireCache
}

// NewAccessReviewer returns an AccessReviewer over a client that may create SubjectAccessReviews.
func NewAccessReviewer(reviews authorizationclient.SubjectAccessReviewInterface, clock clock.PassiveClock) *AccessReviewer {
	return &AccessReviewer{reviews: reviews, clock: clock, allowed: cache.NewLRUExpireCacheWithClock(maxAllowed, clock)}
}

// Review implements Reviewer.
func (r *AccessReviewer) Review(ctx context.Context, user authenticationv1.UserInfo, attributes authorizationv1.ResourceAttributes) (bool, error) {
	spec := reviewSpec(user, attributes)
	key, err := specKey(spec)
	if err != nil {
		return false, err
	}
	if known, ok := r.allowed.Get(key); ok {
		r.renewInBackground(ctx, key, spec, known.(*cachedYes))
		return true, nil
	}
	return r.createReview(ctx, key, spec)
}

// cachedYes is a cached answer.
type cachedYes struct {
	since    time.Time // of the request
	renewing atomic.Bool
}

// createReview reviews access at the API server, and caches a yes.
func (r *AccessReviewer) createReview(ctx context.Context, key [sha256.Size]byte, spec authorizationv1.SubjectAccessReviewSpec) (bool, error) {
	answer := &cachedYes{since: r.clock.Now()}
	var review *authorizationv1.SubjectAccessReview
	err := retryUntilAnswered(ctx, func(ctx context.Context) (err error) {
		if err := r.Budget.Spend(ctx); err != nil {
			return err
		}
		review, err = r.reviews.Create(ctx, &authorizationv1.SubjectAccessReview{Spec: spec}, metav1.CreateOptions{})
		return err
	})
	if err != nil {
		attributes := spec.ResourceAttributes
		return false, fmt.Errorf("reviewing whether user %.64q may %s %s %.64q: %w", spec.User, attributes.Verb, attributes.Resource, attributes.Name, err)
	}
	if !review.Status.Allowed || review.Status.Denied {
		r.allowed.Remove(key)
		return false, nil
	}
	r.allowed.Add(key, answer, allowedFor-r.clock.Since(answer.since))
	return true, nil
}

// renewInBackground renews an old yes once, and does not wait for the answer. A no counts at once. Without an answer, the yes
// expires when it would have.
func (r *AccessReviewer) renewInBackground(ctx context.Context, key [sha256.Size]byte, spec authorizationv1.SubjectAccessReviewSpec, known *cachedYes) {
	if r.clock.Since(known.since) < renewAfter || !known.renewing.CompareAndSwap(false, true) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), retryFor) // the request is answered meanwhile
	go func() {
		defer cancel()
		_, _ = r.createReview(ctx, key, spec)
	}()
}

func reviewSpec(user authenticationv1.UserInfo, attributes authorizationv1.ResourceAttributes) authorizationv1.SubjectAccessReviewSpec {
	extra := make(map[string]authorizationv1.ExtraValue, len(user.Extra))
	for key, values := range user.Extra {
		extra[key] = authorizationv1.ExtraValue(values)
	}
	return authorizationv1.SubjectAccessReviewSpec{User: user.Username, UID: user.UID, Groups: user.Groups, Extra: extra, ResourceAttributes: &attributes}
}

// specKey returns a digest of everything that the answer depends on. JSON sorts the keys of maps and quotes strings, so no
// two questions share a key.
func specKey(spec authorizationv1.SubjectAccessReviewSpec) ([sha256.Size]byte, error) {
	text, err := json.Marshal(spec)
	if err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("encoding an access review for user %.64q: %w", spec.User, err)
	}
	return sha256.Sum256(text), nil
}
