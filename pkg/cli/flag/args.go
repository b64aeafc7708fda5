package flag

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// SomeNames checks the arguments of a command that takes one NAME or more.
func SomeNames(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("a NAME is missing: %s", cmd.UseLine())
	}
	return nil
}

// OneName checks the arguments of a command that takes exactly one NAME.
func OneName(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return fmt.Errorf("a NAME is missing: %s", cmd.UseLine())
	case len(args) > 1:
		return fmt.Errorf("one NAME at a time, %d were given (%s): %s", len(args), strings.Join(args, " "), cmd.UseLine())
	}
	return nil
}

// AtMostOneName checks the arguments of a command whose NAME is optional.
func AtMostOneName(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return OneName(cmd, args)
}

// NoArgs checks the arguments of a command that takes flags alone.
func NoArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes no arguments, %q was given", cmd.CommandPath(), args[0])
	}
	return nil
}
