// Command seedbed-controller runs Seedbed's admission webhooks and reconcilers in one process. It also has the commands of the
// chart's hooks.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/pflag"
	ctrl "sigs.k8s.io/controller-runtime"
)

// version is set by the linker.
var version = "dev"

// commands has the commands by name. Without one, the controller runs.
var commands = map[string]func(ctx context.Context, args []string, out io.Writer) error{
	"check":  runCheck,
	"remove": runRemove,
}

func main() {
	err := runCommand(os.Args[1:])
	if err != nil && !errors.Is(err, pflag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func runCommand(args []string) error {
	if len(args) > 0 && commands[args[0]] != nil {
		return commands[args[0]](ctrl.SetupSignalHandler(), args[1:], os.Stderr)
	}
	options, err := parseOptions(args)
	if err != nil || options == nil {
		return err
	}
	options.setupLogging(os.Stderr)
	options.limitMemory()
	tuneProcessors()
	tuneGarbageCollector()
	if err := runController(ctrl.SetupSignalHandler(), options); err != nil {
		ctrl.Log.Error(err, "Stopped")
		os.Exit(1)
	}
	return nil
}
