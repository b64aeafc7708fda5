package capture

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"

	"seedbed.dev/seedbed/pkg/internal/apierr"
)

const pageSize = 500

// blip is how long a call is repeated: a backup is taken once, and a moment's trouble must not stay in it for good.
var blip = wait.Backoff{Duration: 200 * time.Millisecond, Factor: 2, Jitter: 0.1, Steps: 4}

// listPages lists one resource of one namespace, as it was at one moment, and hands over page by page. restart says that the
// moment has passed before all was read: what was handed over counts for nothing, and all of it comes again on one page.
// client-go's pager is not used because it keeps every page, decoded, until the end.
func listPages(ctx context.Context, client dynamic.ResourceInterface, selector string, restart func(), page func(*unstructured.UnstructuredList) error) error {
	options := metav1.ListOptions{LabelSelector: selector, Limit: pageSize}
	for {
		list, err := call(ctx, func() (*unstructured.UnstructuredList, error) { return client.List(ctx, options) })
		if apierrors.IsResourceExpired(err) && options.Continue != "" {
			restart()
			options.Limit, options.Continue = 0, ""
			continue
		}
		if err != nil {
			return err
		}
		if err := page(list); err != nil {
			return err
		}
		if options.Continue = list.GetContinue(); options.Continue == "" {
			return nil
		}
	}
}

// call repeats what fails for a moment.
func call[T any](ctx context.Context, do func() (T, error)) (result T, err error) {
	// Its own error says no more than that err was the last one.
	_ = wait.ExponentialBackoffWithContext(ctx, blip, func(context.Context) (bool, error) {
		result, err = do()
		return !apierr.IsTransient(err), nil
	})
	if ctx.Err() != nil {
		return result, fmt.Errorf("stopped: %w", ctx.Err())
	}
	return result, err
}
