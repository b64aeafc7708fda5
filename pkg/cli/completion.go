package cli

import (
	"github.com/spf13/cobra"

	"seedbed.dev/seedbed/pkg/cli/factory"
)

// addCompletion adds cobra's completion command, made to refuse an unknown shell. It writes to what is
// root's output now.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, command := range root.Commands() {
		if command.Name() == "completion" {
			factory.NewGroup(command)
		}
	}
}
