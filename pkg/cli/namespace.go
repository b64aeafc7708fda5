package cli

import "github.com/spf13/cobra"

// newNamespaceCommand holds what can be done with namespaces.
func newNamespaceCommand(t *tool) *cobra.Command {
	return group(&cobra.Command{
		Use:     "namespace",
		Aliases: []string{"namespaces", "ns"},
		Short:   "Create namespaces that are filled from baselines",
	}, newNamespaceCreateCommand(t))
}
