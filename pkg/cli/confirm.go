package cli

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
var errNotConfirmed = errors.New("not confirmed: nothing was deleted")

// confirm asks on a terminal whether to delete what, and is an error when there is nobody to ask.
func confirm(ctx context.Context, cmd *cobra.Command, what string) error {
	if !printers.IsTerminal(cmd.InOrStdin()) {
		return fmt.Errorf("not deleting %s without being asked: there is no terminal to confirm on, so add --confirm", what)
	}
	say(cmd.ErrOrStderr(), "Are you sure you want to delete %s (y/N)? ", what)
	err := answered(ctx, cmd.InOrStdin())
	if ctx.Err() != nil {
		say(cmd.ErrOrStderr(), "\n") // the question's line was not ended
	}
	return err
}

// answered reads one line and is an error unless it says yes.
func answered(ctx context.Context, in io.Reader) error {
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
