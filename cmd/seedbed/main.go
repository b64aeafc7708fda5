// Command seedbed is the command-line tool, for users of Seedbed. Installed under the name kubectl-seedbed as well, it
// is kubectl's plugin "kubectl seedbed".
package main

import (
	"os"

	"seedbed.dev/seedbed/pkg/cli"
)

// version is set when a release is built.
var version = "dev"

func main() {
	os.Exit(cli.Run(cli.NewCommand(version)))
}
