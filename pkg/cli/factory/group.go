package factory

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"seedbed.dev/seedbed/pkg/cli/output"
)

// NewGroup makes cmd the parent of subcommands. Without arguments it prints its help. An unknown name is an error that suggests
// one.
func NewGroup(cmd *cobra.Command, subcommands ...*cobra.Command) *cobra.Command {
	cmd.AddCommand(subcommands...)
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return ExplainUnknownCommand(cmd, args)
	}
	return cmd
}

// AnnotationRuns marks a group of commands that is a command as well: help shows both usages.
const AnnotationRuns = "seedbed.dev/runs"

// AnnotationFailureExits2 marks a command whose exit code 1 is a result. Its failures end with 2.
const AnnotationFailureExits2 = "seedbed.dev/failure-exits-2"

// NewRunnableGroup makes cmd the parent of subcommands, and a command of its own: run is called without arguments.
func NewRunnableGroup(cmd *cobra.Command, run func(*cobra.Command) error, subcommands ...*cobra.Command) *cobra.Command {
	cmd = NewGroup(cmd, subcommands...)
	cmd.Annotations = map[string]string{AnnotationRuns: "true"}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return run(cmd)
		}
		return ExplainUnknownCommand(cmd, args)
	}
	return cmd
}

// changeVerbs are the verbs of other tools that change an object. The annotation AdviceOnChange of a group answers them.
var changeVerbs = []string{"set", "edit", "update", "patch", "apply", "change", "modify", "replace"}

// AdviceOnChange is the annotation of a group of commands whose objects never change. Its value says what to do instead.
const AdviceOnChange = "seedbed.dev/advice-on-change"

// ExplainUnknownCommand returns the error for arguments that name no subcommand of cmd.
func ExplainUnknownCommand(cmd *cobra.Command, args []string) error {
	said := fmt.Sprintf("%q is not a command of %s", args[0], cmd.CommandPath())
	if advice := cmd.Annotations[AdviceOnChange]; advice != "" && slices.Contains(changeVerbs, args[0]) {
		return fmt.Errorf("%s: %s", said, advice)
	}
	if len(args) > 1 && isSubcommand(cmd, strings.TrimSuffix(args[1], "s"), args[0]) {
		return fmt.Errorf("%s: did you mean `%s %s %s`?", said, cmd.CommandPath(), strings.TrimSuffix(args[1], "s"), args[0])
	}
	var names []string
	for _, subcommand := range cmd.Commands() {
		if subcommand.IsAvailableCommand() {
			names = append(names, subcommand.Name())
		}
	}
	if near := output.Nearest(args[0], names); near != "" {
		return fmt.Errorf("%s: did you mean `%s %s`?", said, cmd.CommandPath(), near)
	}
	return fmt.Errorf("%s: see `%s --help`", said, cmd.CommandPath())
}

// isSubcommand reports whether path leads from cmd to a command, as in `get backups` for `backup get`.
func isSubcommand(cmd *cobra.Command, path ...string) bool {
	found, rest, err := cmd.Find(path)
	return err == nil && len(rest) == 0 && found != cmd
}

// ExplainFlagError returns the error of a flag with the nearest flag, or with the place that lists the flags.
func ExplainFlagError(cmd *cobra.Command, err error) error {
	if errors.Is(err, pflag.ErrHelp) {
		return err
	}
	if typed := cmd.Flags().Args(); cmd.HasSubCommands() && len(typed) > 0 {
		return ExplainUnknownCommand(cmd, typed) // the flag belongs to a command that does not exist
	}
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "" {
		var names []string
		cmd.Flags().VisitAll(func(flag *pflag.Flag) { names = append(names, flag.Name) })
		if near := output.Nearest(unknown.GetSpecifiedName(), names); near != "" {
			return fmt.Errorf("%w: did you mean --%s?", err, near)
		}
	}
	return fmt.Errorf("%w: see `%s --help`", err, cmd.CommandPath())
}
