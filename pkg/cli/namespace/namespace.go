package namespace

import (
	"github.com/spf13/cobra"

	"seedbed.dev/seedbed/pkg/cli/factory"
)

// NewCommand returns the commands of namespaces.
func NewCommand(f *factory.Factory) *cobra.Command {
	return factory.NewGroup(&cobra.Command{
		Use:     "namespace",
		Aliases: []string{"namespaces", "ns"},
		Short:   "Create namespaces that are filled from baselines",
	}, newCreateCommand(f))
}
