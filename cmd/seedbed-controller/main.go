// Command seedbed-controller is Seedbed's admission webhooks and reconcilers in one process.
package main

import (
	"fmt"
	"os"

	ctrl "sigs.k8s.io/controller-runtime"
)

// version is stamped by the linker.
var version = "dev"

func main() {
	options, err := parseOptions(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	if options == nil {
		return // asked for help or the version
	}
	options.logTo(os.Stderr)
	if err := run(ctrl.SetupSignalHandler(), options); err != nil {
		ctrl.Log.Error(err, "stopped")
		os.Exit(1)
	}
}
