package admission

import (
	"context"
	"errors"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"
)

const (
	// askEvery is how soon a question that got no answer is asked again.
	askEvery = 100 * time.Millisecond
	// askFor bounds that. It leaves time before answerWithin, so that the requester reads what was wrong.
	askFor = 5 * time.Second
)

// untilAnswered asks until there is an answer, of any kind. An API server that has just been started asks Seedbed at once,
// and is itself out of Seedbed's reach for a moment yet: until every node's proxy knows it again.
func untilAnswered(ctx context.Context, ask func(context.Context) error) error {
	var answer error
	_ = wait.PollUntilContextTimeout(ctx, askEvery, askFor, true, func(ctx context.Context) (bool, error) { // answer says it
		err := ask(ctx)
		if answer == nil || ctx.Err() == nil { // that it was cut short says nothing
			answer = err
		}
		return !unanswered(err), nil
	})
	return answer
}

// unanswered says whether the API server was away, or too busy with itself, and may answer a moment later.
func unanswered(err error) bool {
	var status apierrors.APIStatus
	switch {
	case err == nil, errors.Is(err, errBudget), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return false
	case errors.As(err, &status):
		return status.Status().Code >= http.StatusInternalServerError
	default:
		return true
	}
}
