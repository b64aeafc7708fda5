package admission

import (
	"context"
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"

	"seedbed.dev/seedbed/pkg/internal/apierr"
)

const (
	// retryEvery is the interval between requests that got no answer.
	retryEvery = 100 * time.Millisecond
	// retryFor is an upper bound of the time that requests are retried. It leaves time before answerWithin, so that the
	// requester reads the cause.
	retryFor = 5 * time.Second
)

// retryUntilAnswered repeats a request until there is an answer, of any kind. An API server that has just been started calls
// the webhooks at once, and Seedbed cannot reach it for a moment: until every node's proxy has its endpoint again.
func retryUntilAnswered(ctx context.Context, request func(context.Context) error) error {
	var answer error
	_ = wait.PollUntilContextTimeout(ctx, retryEvery, retryFor, true, func(ctx context.Context) (bool, error) { // its error is in answer
		err := request(ctx)
		if answer == nil || ctx.Err() == nil { // an error by the end of ctx hides the cause
			answer = err
		}
		return !isUnanswered(err), nil
	})
	return answer
}

// isUnanswered reports whether the API server was away, or too busy with itself, and may answer a moment later. Two transient
// errors are not repeated here: a 429, which the client has repeated already, and a request whose time is over.
func isUnanswered(err error) bool {
	return apierr.IsTransient(err) && !apierrors.IsTooManyRequests(err) && !errors.Is(err, context.DeadlineExceeded)
}
