package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"k8s.io/klog/v2"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/cli/backup"
	"seedbed.dev/seedbed/pkg/cli/baseline"
	"seedbed.dev/seedbed/pkg/cli/diff"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/fleet"
	"seedbed.dev/seedbed/pkg/cli/gate"
	"seedbed.dev/seedbed/pkg/cli/namespace"
	"seedbed.dev/seedbed/pkg/cli/offline"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
	"seedbed.dev/seedbed/pkg/cli/restore"
	"seedbed.dev/seedbed/pkg/cli/version"
)

// pluginPrefix is kubectl's prefix of the names of plugins' binaries.
const pluginPrefix = "kubectl-"

// NewCommand returns the tool's command tree. The command "version" prints version. In messages the tool is called "kubectl
// seedbed" if the binary was started under a plugin's name.
func NewCommand(version string) *cobra.Command {
	return newCommand(version, programName(os.Args[0]))
}

// Run executes root until it ends or is interrupted, and returns the exit code: 0 for success, 1 for failure, or 2 if 1 has another
// meaning for the command. It prints a failure in one line on root's error stream.
func Run(root *cobra.Command) int {
	// Logs of libraries are not for users: their failures come back as errors.
	klog.SetLogger(logr.Discard())
	ctrllog.SetLogger(logr.Discard())

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM) //nolint:forbidigo // the process's own
	defer stop()
	// A second Ctrl-C ends the process at once.
	context.AfterFunc(ctx, stop)
	addCompletion(root)
	cmd, err := root.ExecuteContextC(ctx)
	var code output.ExitCode
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	}
	printError(root.ErrOrStderr(), err)
	if cmd.Annotations[factory.AnnotationFailureExits2] != "" {
		return 2
	}
	return 1
}

// printError prints one line for err, or one for each error that it joins.
func printError(out io.Writer, err error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, each := range joined.Unwrap() {
			printError(out, each)
		}
		return
	}
	output.Fprintf(out, "error: %s\n", output.OneLine(err.Error()))
}

// programName returns the name by which the user called the tool, for messages.
func programName(path string) string {
	name := strings.TrimSuffix(filepath.Base(path), ".exe")
	if plugin, found := strings.CutPrefix(name, pluginPrefix); found {
		return "kubectl " + strings.ReplaceAll(plugin, "_", "-")
	}
	return "seedbed"
}

func newCommand(release, program string) *cobra.Command {
	f := factory.New(program)
	root := factory.NewGroup(&cobra.Command{
		Use:   "seedbed",
		Short: "Fill new namespaces from a stored backup",
		Long: "Seedbed stores a backup of a namespace that you have prepared, and fills new namespaces from it:\n" +
			"a baseline does so for every namespace that asks for it or that its selector matches, a restore\n" +
			"does so once, by hand.",
		Example: f.FormatExamples(
			"backup create foo-svc --include-namespaces foo --include-resources services --wait",
			"baseline create web --backup foo-svc",
			"restore create bar-svc --from-backup foo-svc --namespace-mappings foo:bar",
		),
		Version:       release,
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: program},
		SilenceUsage:  true,
		SilenceErrors: true,
	}, backup.NewCommand(f), baseline.NewCommand(f), restore.NewCommand(f), namespace.NewCommand(f), diff.NewCommand(f), fleet.NewCommand(f), gate.NewCommand(f), offline.NewCommand(f), version.NewCommand(f), newOptionsCommand())
	root.AddCommand(newVerbCommands(f)...)
	f.AddFlags(root.PersistentFlags())
	root.SetFlagErrorFunc(factory.ExplainFlagError)
	root.SetUsageTemplate(usageTemplate)
	root.SetHelpCommand(newHelpCommand())
	resource.CompleteFlag(f, root, "namespace", resource.Namespace)
	withoutFlagsInUse(root)
	return root
}

// withoutFlagsInUse removes the word "[flags]" from the usage lines, which name the required flags themselves.
func withoutFlagsInUse(cmd *cobra.Command) {
	cmd.DisableFlagsInUseLine = true
	for _, subcommand := range cmd.Commands() {
		withoutFlagsInUse(subcommand)
	}
}
