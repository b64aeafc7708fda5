package admission

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/cache"
	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
)

const (
	// allowedFor is how long a yes is believed without asking again, so that a burst of namespaces by one
	// user costs one review. A right that is taken away works on for as long.
	allowedFor = 5 * time.Second
	// maxAllowed bounds the answers that are remembered; each is a hash.
	maxAllowed = 4096
)

// AccessReviewer asks the API server by SubjectAccessReview. It remembers a yes for five seconds, never a
// no: a right that was just granted works at once. One that is away is asked for up to five seconds. It is safe for
// concurrent use.
type AccessReviewer struct {
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
	if _, known := r.allowed.Get(key); known {
		return true, nil
	}
	var review *authorizationv1.SubjectAccessReview
	err = untilAnswered(ctx, func(ctx context.Context) (err error) {
		review, err = r.reviews.Create(ctx, &authorizationv1.SubjectAccessReview{Spec: spec}, metav1.CreateOptions{})
		return err
	})
	if err != nil {
		return false, fmt.Errorf("asking whether user %.64q may %s %s %.64q: %w", user.Username, attributes.Verb, attributes.Resource, attributes.Name, err)
	}
	if !review.Status.Allowed || review.Status.Denied {
		return false, nil
	}
	r.allowed.Add(key, nil, allowedFor)
	return true, nil
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
