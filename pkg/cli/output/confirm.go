package output

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/printers"
)

// errNotConfirmed ends a command whose question was answered with no.
var errNotConfirmed = errors.New("not confirmed: nothing was changed")

// confirmation is a question that a user answers before something is done for good.
type Confirmation struct {
	// verb and gerund name the action: "delete" and "deleting".
	Verb, Gerund string
	// object is acted on, for example `backup "web"`.
	Object string
	// consequences are sentences to print before the question; empty where the action speaks for itself.
	Consequences string
}

// ask asks on the terminal. It returns an error unless the answer is yes, and where there is no terminal.
func (q *Confirmation) Ask(ctx context.Context, cmd *cobra.Command) error {
	if !printers.IsTerminal(cmd.InOrStdin()) {
		return fmt.Errorf("not %s %s without being asked: there is no terminal to confirm on, so add --confirm", q.Gerund, q.Object)
	}
	if q.Consequences != "" {
		Fprintf(cmd.ErrOrStderr(), "%s\n", q.Consequences)
	}
	Fprintf(cmd.ErrOrStderr(), "Are you sure you want to %s %s (y/N)? ", q.Verb, q.Object)
	err := readAnswer(ctx, cmd.InOrStdin())
	if ctx.Err() != nil {
		Fprintf(cmd.ErrOrStderr(), "\n") // the question's line was not ended
	}
	return err
}

// answered reads one line and is an error unless it says yes.
func readAnswer(ctx context.Context, in io.Reader) error {
	lines := make(chan string, 1)
	go func() { // ends with the process when ctx does: reading a terminal cannot be interrupted
		line, _ := bufio.NewReader(in).ReadString('\n')
		lines <- line
	}()
	select {
	case <-ctx.Done():
		return errNotConfirmed
	case line := <-lines:
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "y", "yes":
			return nil
		default:
			return errNotConfirmed
		}
	}
}
