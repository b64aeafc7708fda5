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
	// firstPage and maxPage bound the objects of a page: few, until their size is known.
	firstPage, maxPage = 50, 500
	// pageBytes is the intended size of a page. An API server holds a page as a whole.
	pageBytes = 4 << 20
	// maxRestarts bounds the restarts of a list. API servers keep the state that a list continues from for five minutes.
	maxRestarts = 3
)

// listBackoff bounds the retries of a request: a backup is taken once, so a short outage must not leave a permanent
// gap.
var listBackoff = wait.Backoff{Duration: 200 * time.Millisecond, Factor: 2, Jitter: 0.1, Steps: 4}

// resourceList lists one resource of one namespace.
type resourceList struct {
	client    rest.Interface
	resource  resource
	namespace string
	selector  string
}

// pageConsumer receives the items of a list. Items since the start of a page, or all items, may be sent again.
type pageConsumer interface {
	// addItem receives one item, which it must not retain.
	addItem(raw []byte) error
	// beginPage starts a page. It is called again before each retry, and then discards the items of that page.
	beginPage(isRetry bool) error
	// discardAll discards all items.
	discardAll()
}

// readPages lists the resource at one resource version, page by page, and passes the items to a consumer one by one.
// If that version expires before the end, it restarts. The page size adapts to the size of the items.
func (l *resourceList) readPages(ctx context.Context, to pageConsumer) error {
	limit, token, restarts := int64(firstPage), "", 0
	for {
		got := pageSize{}
		tries := 0
		next, err := retryTransient(ctx, func() (string, error) {
			got = pageSize{}
			if err := to.beginPage(tries > 0); err != nil {
				return "", err
			}
			tries++
			return l.fetchPage(ctx, limit, token, func(raw []byte) error {
				got.items, got.bytes = got.items+1, got.bytes+int64(len(raw))
				return to.addItem(raw)
			})
		})
		switch {
		case apierrors.IsResourceExpired(err) && token != "" && restarts < maxRestarts:
			to.discardAll()
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

// fetchPage reads one page and returns the token of the next.
func (l *resourceList) fetchPage(ctx context.Context, limit int64, token string, visit func(raw []byte) error) (next string, err error) {
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
	defer func() { _ = body.Close() }() // the rest of the body is discarded
	return readPage(body, visit)
}

// pageSize is the size of a page.
type pageSize struct{ items, bytes int64 }

// nextLimit returns the number of objects to request for the next page.
func (s pageSize) nextLimit() int64 {
	if s.items == 0 {
		return firstPage
	}
	return min(max(pageBytes/max(s.bytes/s.items, 1), 1), maxPage)
}

// retryTransient repeats a request while its error is transient.
func retryTransient[T any](ctx context.Context, do func() (T, error)) (result T, err error) {
	// Its error only means that err was the last one.
	_ = wait.ExponentialBackoffWithContext(ctx, listBackoff, func(context.Context) (bool, error) {
		result, err = do()
		return !isTransient(err), nil
	})
	if ctx.Err() != nil {
		return result, fmt.Errorf("stopped: %w", ctx.Err())
	}
	return result, err
}
