package admission

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// instantAuthorizer denies at once, and counts the reviews.
type instantAuthorizer struct {
	authorizationclient.SubjectAccessReviewInterface

	asked int
}

func (a *instantAuthorizer) Create(_ context.Context, review *authorizationv1.SubjectAccessReview, _ metav1.CreateOptions) (*authorizationv1.SubjectAccessReview, error) {
	a.asked++
	return review, nil
}

// A flood of requests costs the API server a burst and then perSecond a second. Requests over that fail and can be retried.
func TestBudgetBoundsAccessReviews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const perSecond, seconds = 100, 10
		exceeded := 0
		api := &instantAuthorizer{}
		reviewer := NewAccessReviewer(api, clock.RealClock{})
		reviewer.Budget = NewBudget(perSecond, func() { exceeded++ })
		began, refused := time.Now(), 0
		for i := 0; time.Since(began) < seconds*time.Second; i++ {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			_, err := reviewer.Review(ctx, authenticationv1.UserInfo{Username: fmt.Sprint(i)}, listAttributes(schema.GroupResource{Resource: "secrets"}, "foo"))
			cancel()
			if errors.Is(err, errBudget) {
				refused++
				time.Sleep(time.Millisecond) // by the bubble's clock
			}
		}
		if got, most := api.asked, requestBurst+perSecond*seconds+1; got > most || got < most/2 {
			t.Errorf("%d access reviews in %d seconds, want at most %d", got, seconds, most)
		}
		if refused == 0 || exceeded != refused {
			t.Errorf("%d refused, %d counted", refused, exceeded)
		}
	})
}

func TestReviewOverTheBudgetIsToBeTriedAgain(t *testing.T) {
	validator := &BackupValidator{Reviewer: &fakeReviewer{err: fmt.Errorf("reviewing: %w", errBudget)}, Resources: fakeResources{}, Uses: &fakeCatalog{}}
	response := sendRequest(t, newTestWebhook(WebhookBackup, validator, &fakeRecorder{}), createBackup(`{"includedNamespaces":["foo"]}`))
	if response.Allowed || response.Result.Code != http.StatusServiceUnavailable || response.Result.Reason != metav1.StatusReasonServiceUnavailable {
		t.Errorf("it answers %+v, want to try again", response.Result)
	}
}

// countingReader finds every object, and counts the reads.
type countingReader struct {
	client.Reader

	reads int
}

func (r *countingReader) Get(context.Context, client.ObjectKey, client.Object, ...client.GetOption) error {
	r.reads++
	return nil
}

func (r *countingReader) List(context.Context, client.ObjectList, ...client.ListOption) error {
	r.reads++
	return nil
}

func TestBudgetBoundsLiveReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live := &countingReader{}
		reader := NewBudget(1, func() {}).Reader(live)
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		var errs int
		for range requestBurst {
			if reader.Get(ctx, client.ObjectKey{Name: "web"}, &v1alpha1.Baseline{}) != nil || reader.List(ctx, &v1alpha1.BaselineList{}) != nil {
				errs++
			}
		}
		if live.reads != requestBurst || errs != requestBurst/2 {
			t.Errorf("%d reads, %d refused", live.reads, errs)
		}
	})
}
