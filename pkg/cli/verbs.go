package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"seedbed.dev/seedbed/pkg/cli/backup"
	"seedbed.dev/seedbed/pkg/cli/baseline"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/namespace"
	"seedbed.dev/seedbed/pkg/cli/restore"
)

// newVerbCommands returns the commands of the nouns in the other order, as Velero has them: "get backups" is "backup get".
func newVerbCommands(f *factory.Factory) []*cobra.Command {
	nouns := func(verb string) []*cobra.Command {
		return []*cobra.Command{
			underVerb(backup.NewCommand(f), verb, "backups", "backup"), underVerb(baseline.NewCommand(f), verb, "baselines", "baseline"),
			underVerb(restore.NewCommand(f), verb, "restores", "restore"),
		}
	}
	return []*cobra.Command{
		factory.NewGroup(&cobra.Command{Use: "create", Short: "Create a backup, a baseline, a restore or a namespace"},
			underVerb(backup.NewCommand(f), "create", "backup"), underVerb(baseline.NewCommand(f), "create", "baseline"),
			underVerb(restore.NewCommand(f), "create", "restore"), underVerb(namespace.NewCommand(f), "create", "namespace", "ns")),
		factory.NewGroup(&cobra.Command{Use: "get", Short: "List backups, baselines or restores"}, nouns("get")...),
		factory.NewGroup(&cobra.Command{Use: "describe", Short: "Describe backups, baselines or restores"}, nouns("describe")...),
		factory.NewGroup(&cobra.Command{Use: "delete", Short: "Delete backups, baselines or restores"}, nouns("delete")...),
	}
}

// underVerb takes the command of a verb out of its noun, and renames it for its place under the verb.
func underVerb(noun *cobra.Command, verb, name string, aliases ...string) *cobra.Command {
	cmd, _, err := noun.Find([]string{verb})
	if err != nil || cmd == noun {
		panic("no command " + noun.Name() + " " + verb) // in every run, so that any test finds it
	}
	noun.RemoveCommand(cmd)
	_, arguments, _ := strings.Cut(cmd.Use, " ")
	cmd.Use = strings.TrimSpace(name + " " + arguments)
	cmd.Aliases = aliases
	return cmd
}
