package admission

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
	"k8s.io/utils/clock"
)

// An answer is cached for one question only: any difference makes two questions.
func TestSpecKeyDiffersBetweenQuestions(t *testing.T) {
	type extra = map[string]authenticationv1.ExtraValue
	questions := map[string]struct {
		user       authenticationv1.UserInfo
		attributes authorizationv1.ResourceAttributes
	}{
		"plain":             {authenticationv1.UserInfo{Username: "jane"}, getAttributes("web")},
		"user":              {authenticationv1.UserInfo{Username: "jan"}, getAttributes("web")},
		"uid":               {authenticationv1.UserInfo{Username: "jane", UID: "1"}, getAttributes("web")},
		"a group":           {authenticationv1.UserInfo{Username: "jane", Groups: []string{"a"}}, getAttributes("web")},
		"another group":     {authenticationv1.UserInfo{Username: "jane", Groups: []string{"b"}}, getAttributes("web")},
		"two groups":        {authenticationv1.UserInfo{Username: "jane", Groups: []string{"a", "b"}}, getAttributes("web")},
		"one of both names": {authenticationv1.UserInfo{Username: "jane", Groups: []string{`a","b`}}, getAttributes("web")},
		"extra":             {authenticationv1.UserInfo{Username: "jane", Extra: extra{"scope": {"a"}}}, getAttributes("web")},
		"extra's value":     {authenticationv1.UserInfo{Username: "jane", Extra: extra{"scope": {"b"}}}, getAttributes("web")},
		"extra's key":       {authenticationv1.UserInfo{Username: "jane", Extra: extra{"scopes": {"a"}}}, getAttributes("web")},
		"name":              {authenticationv1.UserInfo{Username: "jane"}, getAttributes("api")},
		"all names":         {authenticationv1.UserInfo{Username: "jane"}, getAttributes("")},
		"verb and resource": {authenticationv1.UserInfo{Username: "jane"}, listAttributes(everything, "web")},
		"namespace":         {authenticationv1.UserInfo{Username: "jane"}, listAttributes(everything, "foo")},
		"no namespace":      {authenticationv1.UserInfo{Username: "jane"}, listAttributes(everything, "")},
	}
	seen := map[[32]byte]string{}
	for name, question := range questions {
		for range 2 {
			key, err := specKey(reviewSpec(question.user, question.attributes))
			if err != nil {
				t.Fatal(err)
			}
			if other, known := seen[key]; known && other != name {
				t.Errorf("%q and %q have one key", name, other)
			}
			seen[key] = name
		}
	}
	if len(seen) != len(questions) {
		t.Errorf("%d keys for %d questions", len(seen), len(questions))
	}
}

// slowAuthorizer takes a second for each review.
type slowAuthorizer struct {
	authorizationclient.SubjectAccessReviewInterface

	asked   atomic.Int32
	refuses atomic.Bool
}

func (a *slowAuthorizer) Create(_ context.Context, review *authorizationv1.SubjectAccessReview, _ metav1.CreateOptions) (*authorizationv1.SubjectAccessReview, error) {
	a.asked.Add(1)
	time.Sleep(time.Second) // by the bubble's clock
	review.Status.Allowed = !a.refuses.Load()
	return review, nil
}

func TestCachedYesIsRenewedInTheBackground(t *testing.T) {
	type step struct {
		after   time.Duration // since the step before
		revoke  bool
		allowed bool
		waits   bool
		asked   int32 // in all, a moment later
	}
	tests := map[string][]step{
		"the first waits, the others do not":        {{allowed: true, waits: true, asked: 1}, {allowed: true, asked: 1}, {after: 2 * time.Second, allowed: true, asked: 2}, {after: 2 * time.Second, allowed: true, asked: 2}, {after: 2 * time.Second, allowed: true, asked: 3}},
		"it ends five seconds after the question":   {{allowed: true, waits: true, asked: 1}, {after: 4100 * time.Millisecond, allowed: true, waits: true, asked: 2}},
		"who comes after a while waits again":       {{allowed: true, waits: true, asked: 1}, {after: 6 * time.Second, allowed: true, waits: true, asked: 2}},
		"two at once renew it once":                 {{allowed: true, waits: true, asked: 1}, {after: 3 * time.Second, allowed: true, asked: 2}, {allowed: true, asked: 2}},
		"a right that is taken away ends with that": {{allowed: true, waits: true, asked: 1}, {after: 3 * time.Second, revoke: true, allowed: true, asked: 2}, {after: 1100 * time.Millisecond, waits: true, asked: 3}},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := &slowAuthorizer{}
				reviewer := NewAccessReviewer(api, clock.RealClock{})
				for i, step := range steps {
					time.Sleep(step.after) // by the bubble's clock
					api.refuses.Store(step.revoke || api.refuses.Load())
					began := time.Now()
					allowed, err := reviewer.Review(t.Context(), authenticationv1.UserInfo{Username: "jane"}, getAttributes("web"))
					waited := time.Since(began) > 0
					synctest.Wait()
					if err != nil || allowed != step.allowed || waited != step.waits || api.asked.Load() != step.asked {
						t.Errorf("step %d: allowed %v, waited %v, asked %d, %v; want %+v", i, allowed, waited, api.asked.Load(), err, step)
					}
				}
				time.Sleep(time.Second) // by the bubble's clock: the last renewal ends
			})
		})
	}
}

// getAttributes returns the attributes of reading a backup; of all backups if the name is empty.
func getAttributes(backup string) authorizationv1.ResourceAttributes {
	return authorizationv1.ResourceAttributes{Group: "seedbed.dev", Resource: "baselinebackups", Verb: "get", Name: backup}
}
