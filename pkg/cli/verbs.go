package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

// newVerbCommands returns the same commands in the other order, as Velero has them: "get backups" is "backup get".
func newVerbCommands(t *tool) []*cobra.Command {
	return []*cobra.Command{
		group(&cobra.Command{Use: "create", Short: "Create a backup, a baseline, a restore or a namespace"},
			underVerb(newBackupCreateCommand(t), "backup"), underVerb(newBaselineCreateCommand(t), "baseline"),
			underVerb(newRestoreCreateCommand(t), "restore"), underVerb(newNamespaceCreateCommand(t), "namespace", "ns")),
		group(&cobra.Command{Use: "get", Short: "List backups, baselines or restores"},
			underVerb(newGetCommand(t, backupKind), "backups", "backup"), underVerb(newBaselineGetCommand(t), "baselines", "baseline"),
			underVerb(newGetCommand(t, restoreKind), "restores", "restore")),
		group(&cobra.Command{Use: "describe", Short: "Describe backups, baselines or restores"},
			underVerb(newBackupDescribeCommand(t), "backups", "backup"), underVerb(newBaselineDescribeCommand(t), "baselines", "baseline"),
			underVerb(newRestoreDescribeCommand(t), "restores", "restore")),
		group(&cobra.Command{Use: "delete", Short: "Delete backups, baselines or restores"},
			underVerb(newDeleteCommand(t, backupKind), "backups", "backup"), underVerb(newDeleteCommand(t, baselineKind), "baselines", "baseline"),
			underVerb(newDeleteCommand(t, restoreKind), "restores", "restore")),
	}
}

// underVerb makes a noun's command the subcommand of its verb.
func underVerb(cmd *cobra.Command, noun string, aliases ...string) *cobra.Command {
	_, arguments, _ := strings.Cut(cmd.Use, " ")
	cmd.Use = strings.TrimSpace(noun + " " + arguments)
	cmd.Aliases = aliases
	return cmd
}
