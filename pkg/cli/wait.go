package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/internal/apierr"
)

// waitFlags are --wait and --timeout.
type waitFlags struct {
	wait    bool
	timeout time.Duration
}

// defaultTimeout is long enough for the largest backup; a restore takes less than a second.
const defaultTimeout = 5 * time.Minute

func (w *waitFlags) add(cmd *cobra.Command, until string) {
	cmd.Flags().BoolVarP(&w.wait, "wait", "w", false, "wait until "+until)
	cmd.Flags().DurationVar(&w.timeout, "timeout", defaultTimeout, "with --wait: stop waiting after this `DURATION`; 0 waits for ever")
}

// check is an error when --timeout makes no sense.
func (w *waitFlags) check() error {
	if w.timeout < 0 {
		return fmt.Errorf("--timeout %s is negative: give a duration such as 5m, or 0 to wait for ever", w.timeout)
	}
	return nil
}

// watched is what waiting needs to know of an object.
type watched struct {
	// name is what messages call it: `backup "web"`.
	name string
	// read brings it up to date.
	read func(ctx context.Context) error
	// state is one short line on how far it is, and whether that is the end.
	state func() (line string, over bool)
}

// watch is obj of k, read from c.
func watch(c client.Reader, k *kind, obj client.Object, state func() (string, bool)) watched {
	key := client.ObjectKeyFromObject(obj)
	return watched{
		name:  fmt.Sprintf("%s %q", k.noun, obj.GetName()),
		read:  func(ctx context.Context) error { return c.Get(ctx, key, obj) },
		state: state,
	}
}

// until reads an object again and again, first often and then once a second, until it is over. Reads ask
// for no more permission than get, and a cluster that does not answer for a while is waited for too.
func (w *waitFlags) until(ctx context.Context, what watched, show *progress) error {
	if w.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, w.timeout)
		defer cancel()
	}
	defer show.end()
	var line string
	var last error
	backoff := wait.Backoff{Duration: 20 * time.Millisecond, Factor: 1.5, Steps: 20, Cap: time.Second}
	err := backoff.DelayFunc().Until(ctx, true, true, func(ctx context.Context) (bool, error) {
		if last = what.read(ctx); last != nil {
			return false, permanent(last)
		}
		var over bool
		line, over = what.state()
		show.state(line)
		return over, nil
	})
	return w.ended(what, line, err, last)
}

// waitTimeout is the end of a wait whose object was readable to the end.
type waitTimeout struct {
	text  string
	after time.Duration
}

func (e *waitTimeout) Error() string { return e.text }

// ended says why waiting ended before the object was over.
func (w *waitFlags) ended(what watched, line string, err, last error) error {
	name := what.name
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		if last != nil && !errors.Is(last, context.DeadlineExceeded) {
			return explain("read "+name, last)
		}
		text := fmt.Sprintf("%s is still %s after %s; it goes on in the background. If nothing moves, see whether Seedbed's controller runs: `kubectl -n seedbed-system get pods`", name, cmp.Or(line, "not done"), w.timeout)
		return &waitTimeout{text: text, after: w.timeout}
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("stopped waiting for %s (%s); it goes on in the background", name, cmp.Or(line, "not done"))
	case apierrors.IsNotFound(err):
		return &explained{text: name + " was deleted while it was waited for", cause: err}
	default:
		return explain("read "+name, err)
	}
}

// permanent is err when asking again cannot help, else nil.
func permanent(err error) error {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || apierr.IsTransient(err) { // no answer, or none for good
		return nil
	}
	return err
}
