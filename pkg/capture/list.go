package capture

import (
	"context"
	"fmt"
	"strconv"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
)

const (
	// firstPage and maxPage are how many objects are asked for at a time: few, until it is known how large they are.
	firstPage, maxPage = 50, 500
	// pageBytes is about how many bytes one page is to have. An API server holds a page as a whole.
	pageBytes = 4 << 20
	// maxRestarts bounds how often a list begins anew. API servers keep what a list goes on from for five minutes.
	maxRestarts = 3
)

// blip is how long a call is repeated: a backup is taken once, and a moment's trouble must not stay in it for good.
var blip = wait.Backoff{Duration: 200 * time.Millisecond, Factor: 2, Jitter: 0.1, Steps: 4}

// list is one resource of one namespace.
type list struct {
	client    rest.Interface
	resource  resource
	namespace string
	selector  string
}

// consumer takes the items of a list. It is told when those since a mark, or all of them, are to come once more.
type consumer interface {
	// item takes one item, which it must not keep.
	item(raw []byte) error
	// page begins a page, and again before each further try to read it.
	page(isRetry bool) error
	// restart forgets everything.
	restart()
}

// pages lists the resource as it was at one moment, page by page, and passes the items to a consumer one by one. Where that
// moment passes before all was read, it begins anew. The pages adapt to the size of what comes.
func (l *list) pages(ctx context.Context, to consumer) error {
	limit, token, restarts := int64(firstPage), "", 0
	for {
		got := pageSize{}
		tries := 0
		next, err := call(ctx, func() (string, error) {
			got = pageSize{}
			if err := to.page(tries > 0); err != nil {
				return "", err
			}
			tries++
			return l.page(ctx, limit, token, func(raw []byte) error {
				got.items, got.bytes = got.items+1, got.bytes+int64(len(raw))
				return to.item(raw)
			})
		})
		switch {
		case apierrors.IsResourceExpired(err) && token != "" && restarts < maxRestarts:
			to.restart()
			restarts, token = restarts+1, ""
		case err != nil:
			return err
		case next == "":
			return nil
		default:
			limit, token = got.nextLimit(), next
		}
	}
}

// page reads one page and returns the token of the next.
func (l *list) page(ctx context.Context, limit int64, token string, visit func(raw []byte) error) (next string, err error) {
	request := l.client.Get().AbsPath(l.resource.path(l.namespace)...).Param("limit", strconv.FormatInt(limit, 10))
	if l.selector != "" {
		request = request.Param("labelSelector", l.selector)
	}
	if token != "" {
		request = request.Param("continue", token)
	}
	body, err := request.Stream(ctx)
	if err != nil {
		return "", err
	}
	defer func() { _ = body.Close() }() // what is left of it is of no use
	return readPage(body, visit)
}

// pageSize is what a page had.
type pageSize struct{ items, bytes int64 }

// nextLimit returns how many objects the next page is to have.
func (s pageSize) nextLimit() int64 {
	if s.items == 0 {
		return firstPage
	}
	return min(max(pageBytes/max(s.bytes/s.items, 1), 1), maxPage)
}

// call repeats what fails for a moment.
func call[T any](ctx context.Context, do func() (T, error)) (result T, err error) {
	// Its own error says no more than that err was the last one.
	_ = wait.ExponentialBackoffWithContext(ctx, blip, func(context.Context) (bool, error) {
		result, err = do()
		return !isTransient(err), nil
	})
	if ctx.Err() != nil {
		return result, fmt.Errorf("stopped: %w", ctx.Err())
	}
	return result, err
}
