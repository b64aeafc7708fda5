package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/flag"
)

// usageTemplate is the layout of a command's usage. The flags that name the cluster are kubectl's and the same for all
// commands: "options" lists them, so that they don't bury a command's own.
const usageTemplate = `Usage:
  {{if .HasAvailableSubCommands}}{{if index .Annotations "seedbed.dev/runs"}}{{.UseLine}}
  {{end}}{{.CommandPath}} COMMAND{{else}}{{.UseLine}}{{end}}
{{- if .HasExample}}

Examples:
{{.Example}}{{end}}
{{- if .HasAvailableSubCommands}}

Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}}  {{.Short}}{{end}}{{end}}{{end}}
{{- if .HasAvailableFlags}}

Flags:
{{.LocalNonPersistentFlags.FlagUsagesWrapped 110 | trimTrailingWhitespaces}}{{end}}

{{if .HasAvailableSubCommands}}"{{.CommandPath}} COMMAND --help" tells more about a command, and {{else}}See {{end}}"{{.Root.CommandPath}} options"{{if .HasAvailableSubCommands}} lists{{else}} for{{end}} the flags that say which cluster and namespace.
`

// newHelpCommand returns cobra's help command, except that an unknown topic is an error.
func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about a command",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil {
				return fmt.Errorf("there is no help about %q: see `%s --help`", strings.Join(args, " "), cmd.Root().CommandPath())
			}
			if len(rest) > 0 {
				return factory.ExplainUnknownCommand(about, rest)
			}
			about.InitDefaultHelpFlag()
			about.InitDefaultVersionFlag()
			return about.Help()
		},
	}
}

// newOptionsCommand returns the command that lists the flags of every command.
func newOptionsCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "options",
		Short:             "List the flags that say which cluster and namespace, which every command has",
		Args:              flag.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(cmd.OutOrStdout(), cmd.Root().PersistentFlags().FlagUsagesWrapped(110))
			return err
		},
	}
}
