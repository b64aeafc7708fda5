// Command seedbed-controller is Seedbed's admission webhooks and reconcilers in one process, and the commands that
// the chart's hooks run.
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

// version is stamped by the linker.
var version = "dev"

// commands run to their end; without the name of one, the controller runs.
var commands = map[string]func(ctx context.Context, args []string, out io.Writer) error{
	"check":  check,
	"remove": remove,
}

func main() {
	err := start(os.Args[1:])
	if err != nil && !errors.Is(err, pflag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func start(args []string) error {
	if len(args) > 0 && commands[args[0]] != nil {
		return commands[args[0]](ctrl.SetupSignalHandler(), args[1:], os.Stderr)
	}
	options, err := parseOptions(args)
	if err != nil || options == nil {
		return err
	}
	options.logTo(os.Stderr)
	options.limitMemory()
	sparingly()
	collectEarly()
	if err := run(ctrl.SetupSignalHandler(), options); err != nil {
		ctrl.Log.Error(err, "stopped")
		os.Exit(1)
	}
	return nil
}
