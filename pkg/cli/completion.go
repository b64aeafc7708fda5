package cli

import (
	"github.com/spf13/cobra"

	"seedbed.dev/seedbed/pkg/cli/factory"
)

// addCompletion adds cobra's completion command, which then refuses an unknown shell. Set root's output before: the command
// keeps it.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, command := range root.Commands() {
		if command.Name() == "completion" {
			factory.NewGroup(command)
		}
	}
}
