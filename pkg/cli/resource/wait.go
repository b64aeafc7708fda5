package resource

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/internal/apierr"
)

// Watched is an object to wait for.
type Watched struct {
	// Name names it in messages: `backup "web"`.
	Name string
	// Read reads its latest state.
	Read func(ctx context.Context) error
	// State returns its state in a short line, and reports whether the wait is over.
	State func() (line string, over bool)
}

// WatchObject returns obj as an object to wait for.
func WatchObject(c client.Reader, k *Descriptor, obj client.Object, state func() (string, bool)) Watched {
	key := client.ObjectKeyFromObject(obj)
	return Watched{
		Name:  fmt.Sprintf("%s %q", k.Noun, obj.GetName()),
		Read:  func(ctx context.Context) error { return c.Get(ctx, key, obj) },
		State: state,
	}
}

// AwaitEnd reads an object until it is over: first often, then once a second. It needs no permission besides get, and retries
// while the cluster does not answer.
func AwaitEnd(ctx context.Context, timeout time.Duration, what Watched, show *output.Progress) error {
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	defer show.Erase()
	var line string
	var last error
	backoff := wait.Backoff{Duration: 20 * time.Millisecond, Factor: 1.5, Steps: 20, Cap: time.Second}
	err := backoff.DelayFunc().Until(ctx, true, true, func(ctx context.Context) (bool, error) {
		if last = what.Read(ctx); last != nil {
			return false, permanentError(last)
		}
		var over bool
		line, over = what.State()
		show.Update(line)
		return over, nil
	})
	return explainEnd(what, timeout, line, err, last)
}

// WaitTimeout is the error of a wait whose object was readable to the end.
type WaitTimeout struct {
	text  string
	After time.Duration
}

func (e *WaitTimeout) Error() string { return e.text }

// explainEnd returns the error of a wait that ended before the object was over.
func explainEnd(what Watched, timeout time.Duration, line string, err, last error) error {
	name := what.Name
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		if last != nil && !errors.Is(last, context.DeadlineExceeded) {
			return output.Explain("read "+name, last)
		}
		text := fmt.Sprintf("%s is still %s after %s; it goes on in the background. If nothing moves, see whether Seedbed's controller runs: `kubectl -n seedbed-system get pods`", name, cmp.Or(line, "not done"), timeout)
		return &WaitTimeout{text: text, After: timeout}
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("stopped waiting for %s (%s); it goes on in the background", name, cmp.Or(line, "not done"))
	case apierrors.IsNotFound(err):
		return &output.Explained{Text: name + " was deleted while it was waited for", Cause: err}
	default:
		return output.Explain("read "+name, err)
	}
}

// permanentError returns err if a retry cannot help, else nil.
func permanentError(err error) error {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || apierr.IsTransient(err) {
		return nil
	}
	return err
}
