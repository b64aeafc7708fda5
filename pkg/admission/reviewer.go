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
)

const (
	// allowedFor is how long after it was asked for a yes is believed, so that a burst of namespaces by one
	// user costs one review. A right that is taken away works on for as long, however late the answer came.
	allowedFor = 5 * time.Second
	// renewAfter is how old a yes is that is asked for anew, beside the request that it answers: who makes namespaces all
	// the time never waits for a review after the first.
	renewAfter = allowedFor / 2
	// maxAllowed bounds the answers that are remembered; each is a hash.
	maxAllowed = 4096
)

// AccessReviewer asks the API server by SubjectAccessReview. It remembers a yes for five seconds, renewed while it is
// in use, never a no: a right that was just granted works at once. One that is away is asked for up to five seconds. It is safe for
// concurrent use.
type AccessReviewer struct {
	// Budget bounds the questions that reach the API server; there is no bound when nil.
	Budget *Budget

	reviews authorizationclient.SubjectAccessReviewInterface
	allowed *cache.LRUExpireCache
}

// NewAccessReviewer makes an AccessReviewer over a client that may create SubjectAccessReviews.
func NewAccessReviewer(reviews authorizationclient.SubjectAccessReviewInterface) *AccessReviewer {
	return &AccessReviewer{reviews: reviews, allowed: cache.NewLRUExpireCache(maxAllowed)}
}

// Review implements Reviewer.
func (r *AccessReviewer) Review(ctx context.Context, user authenticationv1.UserInfo, attributes authorizationv1.ResourceAttributes) (bool, error) {
	spec := reviewSpec(user, attributes)
	key, err := specKey(spec)
	if err != nil {
		return false, err
	}
	if known, ok := r.allowed.Get(key); ok {
		r.renew(ctx, key, spec, known.(*yes))
		return true, nil
	}
	return r.ask(ctx, key, spec)
}

// yes is an answer that is remembered.
type yes struct {
	since    time.Time // it was asked for
	renewing atomic.Bool
}

// ask asks the API server, and remembers a yes.
func (r *AccessReviewer) ask(ctx context.Context, key [sha256.Size]byte, spec authorizationv1.SubjectAccessReviewSpec) (bool, error) {
	answer := &yes{since: time.Now()}
	var review *authorizationv1.SubjectAccessReview
	err := untilAnswered(ctx, func(ctx context.Context) (err error) {
		if err := r.Budget.Spend(ctx); err != nil {
			return err
		}
		review, err = r.reviews.Create(ctx, &authorizationv1.SubjectAccessReview{Spec: spec}, metav1.CreateOptions{})
		return err
	})
	if err != nil {
		what := spec.ResourceAttributes
		return false, fmt.Errorf("asking whether user %.64q may %s %s %.64q: %w", spec.User, what.Verb, what.Resource, what.Name, err)
	}
	if !review.Status.Allowed || review.Status.Denied {
		r.allowed.Remove(key)
		return false, nil
	}
	r.allowed.Add(key, answer, allowedFor-time.Since(answer.since))
	return true, nil
}

// renew asks anew for a yes that is getting old, once, and does not wait for the answer. A no counts at once; where there is
// none, the yes ends when it would have.
func (r *AccessReviewer) renew(ctx context.Context, key [sha256.Size]byte, spec authorizationv1.SubjectAccessReviewSpec, known *yes) {
	if time.Since(known.since) < renewAfter || !known.renewing.CompareAndSwap(false, true) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askFor) // the request is answered meanwhile
	go func() {
		defer cancel()
		_, _ = r.ask(ctx, key, spec)
	}()
}

func reviewSpec(user authenticationv1.UserInfo, attributes authorizationv1.ResourceAttributes) authorizationv1.SubjectAccessReviewSpec {
	spec := authorizationv1.SubjectAccessReviewSpec{
		User: user.Username, UID: user.UID, Groups: user.Groups, ResourceAttributes: &attributes,
	}
	if len(user.Extra) > 0 {
		spec.Extra = make(map[string]authorizationv1.ExtraValue, len(user.Extra))
		for key, values := range user.Extra {
			spec.Extra[key] = authorizationv1.ExtraValue(values)
		}
	}
	return spec
}

// specKey stands for everything that the answer depends on. JSON writes maps in the order of their keys,
// and quotes: no two questions have one key.
func specKey(spec authorizationv1.SubjectAccessReviewSpec) ([sha256.Size]byte, error) {
	text, err := json.Marshal(spec)
	if err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("encoding an access review for user %.64q: %w", spec.User, err)
	}
	return sha256.Sum256(text), nil
}
