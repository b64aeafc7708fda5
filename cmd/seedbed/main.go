// Command seedbed is Seedbed's command-line tool. Installed under the name kubectl-seedbed as well, it is the kubectl plugin
// "kubectl seedbed".
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
