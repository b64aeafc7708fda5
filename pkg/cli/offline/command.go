package offline

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/output"
)

// options are the flags of test.
type options struct {
	update    bool
	run       string
	resources []string
	junit     string
	format    string
}

// formatText is the format of -o for people.
const formatText = "text"

var formats = []string{formatText, "yaml", "json"}

// exitFailed is the exit code if a case fails or a suite cannot be read.
const exitFailed output.ExitCode = 1

// NewCommand returns the command that tests baselines without a cluster.
func NewCommand(f *factory.Factory) *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:   "test DIR",
		Short: "Test baselines without a cluster, with golden files",
		Long: "Test baselines without a cluster: for each case, the namespace that it creates is filled from the baselines of its suite,\n" +
			"by the rules of the controllers, and the result is compared with a golden file. A suite is a directory, at DIR or below:\n\n" +
			"  baselines.yaml              the Baselines, or baselines/ with files of them\n" +
			"  backups/NAME.yaml           the content of backup NAME as manifests, or NAME/ with files of them,\n" +
			"  backups/NAME.tar.gz         or as an archive of Seedbed or Velero\n" +
			"  cases/CASE/namespace.yaml   the Namespace that is created: name, labels, annotations\n" +
			"  cases/CASE/expected.yaml    the golden file: the baselines that it gets and why, refusals, the objects that are left\n" +
			"                              out and why, warnings, the Namespace, and its objects as they are written\n\n" +
			"--update writes the golden files: review them as code. They have the values of Secrets, which are those of your files.\n" +
			"No cluster and no kubeconfig is read. So it is not tested whether the user may use a baseline, nor whether the API server,\n" +
			"its policies and webhooks accept the objects: `baseline preview` is for that.\n\n" +
			"It ends with 0 if all cases pass, with 1 if a case fails or a suite cannot be read, and with 2 if nothing could be tested.",
		Example: f.FormatExamples(
			"test baselines/",
			"test baselines/ --update",
			"test baselines/ --run web/gold --resources crds.yaml",
			"test baselines/ --junit report.xml",
		),
		Annotations: map[string]string{factory.AnnotationFailureExits2: "true"},
		Args:        checkArgs,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		RunE: func(cmd *cobra.Command, args []string) error { return o.runTest(cmd, args[0]) },
	}
	cmd.Flags().BoolVar(&o.update, "update", false, "write the golden files of the cases that differ")
	cmd.Flags().StringVar(&o.run, "run", "", "run only the cases whose SUITE/CASE matches the regular expression `REGEXP`")
	cmd.Flags().StringArrayVar(&o.resources, "resources", nil,
		"`FILE` that names more kinds for manifests: the output of \"kubectl api-resources -o yaml\", or CustomResourceDefinitions (repeatable)")
	cmd.Flags().StringVar(&o.junit, "junit", "", "write the results as JUnit XML to `FILE`")
	cmd.Flags().StringVarP(&o.format, "output", "o", formatText, "print as `FORMAT`: "+strings.Join(formats, ", "))
	flag.CompleteWords(cmd, "output", formats...)
	return cmd
}

func checkArgs(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return fmt.Errorf("a DIR is missing: %s", cmd.UseLine())
	case len(args) > 1:
		return fmt.Errorf("one DIR at a time, %d were given (%s): %s", len(args), strings.Join(args, " "), cmd.UseLine())
	}
	return nil
}

// newRunner returns the runner that the flags name.
func (o *options) newRunner() (*runner, error) {
	if !slices.Contains(formats, o.format) {
		return nil, fmt.Errorf("-o %s is not a format: use one of %s", o.format, strings.Join(formats, ", "))
	}
	r := &runner{update: o.update}
	var err error
	if o.run != "" {
		if r.only, err = regexp.Compile(o.run); err != nil {
			return nil, fmt.Errorf("--run %s is no regular expression: %w", o.run, err)
		}
	}
	r.table, err = newResourceTable(o.resources)
	return r, err
}

func (o *options) runTest(cmd *cobra.Command, dir string) error {
	r, err := o.newRunner()
	if err != nil {
		return err
	}
	done, err := r.runSuites(cmd.Context(), dir)
	if err != nil {
		return err
	}
	if o.format == formatText {
		done.writeText(cmd.OutOrStdout())
	} else {
		list := flag.ListOutput{Format: o.format}
		if err := list.Print(cmd.OutOrStdout(), "the results", done, nil); err != nil {
			return err
		}
	}
	if o.junit != "" {
		if err := writeJUnit(o.junit, done); err != nil {
			return err
		}
	}
	if done.isFailed() {
		return exitFailed
	}
	return nil
}
