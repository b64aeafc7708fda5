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

// errNotConfirmed is the error of a command whose user answered no.
var errNotConfirmed = errors.New("not confirmed: nothing was changed")

// Confirmation is a question to answer before an action that cannot be undone.
type Confirmation struct {
	// Verb and Gerund name the action: "delete" and "deleting".
	Verb, Gerund string
	// Object is acted on, for example `backup "web"`.
	Object string
	// Consequences are sentences to print before the question; empty where the action needs no explanation.
	Consequences string
}

// Ask asks on the terminal. It returns an error unless the answer is yes, or if there is no terminal.
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
		Fprintf(cmd.ErrOrStderr(), "\n") // ends the line of the question
	}
	return err
}

// readAnswer reads one line and returns an error unless it is a yes.
func readAnswer(ctx context.Context, in io.Reader) error {
	lines := make(chan string, 1)
	go func() { // ends with the process after a cancellation: reading a terminal cannot be interrupted
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
