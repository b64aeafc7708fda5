package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

// newVerbCommands returns the commands of the nouns in the other order, as Velero has them: "get backups" is "backup get".
func newVerbCommands(t *tool) []*cobra.Command {
	nouns := func(verb string) []*cobra.Command {
		return []*cobra.Command{
			underVerb(newBackupCommand(t), verb, "backups", "backup"), underVerb(newBaselineCommand(t), verb, "baselines", "baseline"),
			underVerb(newRestoreCommand(t), verb, "restores", "restore"),
		}
	}
	return []*cobra.Command{
		group(&cobra.Command{Use: "create", Short: "Create a backup, a baseline, a restore or a namespace"},
			underVerb(newBackupCommand(t), "create", "backup"), underVerb(newBaselineCommand(t), "create", "baseline"),
			underVerb(newRestoreCommand(t), "create", "restore"), underVerb(newNamespaceCommand(t), "create", "namespace", "ns")),
		group(&cobra.Command{Use: "get", Short: "List backups, baselines or restores"}, nouns("get")...),
		group(&cobra.Command{Use: "describe", Short: "Describe backups, baselines or restores"}, nouns("describe")...),
		group(&cobra.Command{Use: "delete", Short: "Delete backups, baselines or restores"}, nouns("delete")...),
	}
}

// underVerb takes the command of a verb out of its noun, and gives it the name that it has under the verb.
func underVerb(noun *cobra.Command, verb, name string, aliases ...string) *cobra.Command {
	cmd, _, err := noun.Find([]string{verb})
	if err != nil || cmd == noun {
		panic("no command " + noun.Name() + " " + verb) // in every run, so a test finds it
	}
	noun.RemoveCommand(cmd)
	_, arguments, _ := strings.Cut(cmd.Use, " ")
	cmd.Use = strings.TrimSpace(name + " " + arguments)
	cmd.Aliases = aliases
	return cmd
}
