package diff

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/preview"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// options are the flags of diff.
type options struct {
	backup   string
	format   string
	exitCode bool
	wait     flag.Wait
}

// formatDiff is the format of -o for people.
const formatDiff = "diff"

var formats = []string{formatDiff, "yaml", "json"}

// answerTimeout is longer than the controller's attempts to answer a preview.
const answerTimeout = 3 * time.Minute

// exitDifferent is the exit code with --exit-code if an object differs.
const exitDifferent output.ExitCode = 1

// NewCommand returns the command that compares a namespace with its baseline.
func NewCommand(f *factory.Factory) *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:   "diff NAMESPACE [BASELINE]",
		Short: "Show how the objects of a namespace differ from its baseline",
		Long: "Show how the live objects of a namespace differ from those that its baseline would write, as a unified diff: lines with\n" +
			"\"-\" are live, lines with \"+\" are the baseline's. Without BASELINE it is the one that the namespace holds. The baseline's\n" +
			"side is the revision that the namespace holds, so the differences are drift, by the rules of an audit: fields that\n" +
			"Seedbed never writes, values of defaults and webhooks, and spec.driftIgnore do not count. --backup compares with\n" +
			"another backup instead. Nothing is written.\n\n" +
			"The values of Secrets are masked. -o json and -o yaml print a list of the differences, with the names of the fields.\n\n" +
			"It ends with 0, with --exit-code with 1 if an object differs, and with 2 if something could not be compared or shown.\n\n" +
			"You need the rights of a preview (the verbs \"create\" and \"get\" on baselinepreviews, \"restore\" on the backup, and\n" +
			"\"create\" on baselinerestores in the namespace), \"get\" and \"list\" on baselinerecords there, with --backup \"get\" on the\n" +
			"baseline, and \"get\" on the live objects: one that you may not read is named and left out.",
		Example: f.FormatExamples(
			"diff orders",
			"diff orders standard --exit-code",
			"diff orders standard --backup blueprint-2",
			"diff orders -o json",
		),
		Annotations:       map[string]string{factory.AnnotationFailureExits2: "true"},
		Args:              checkArgs,
		ValidArgsFunction: completeArgs(f),
		RunE:              func(cmd *cobra.Command, args []string) error { return o.runDiff(cmd, f, args) },
	}
	cmd.Flags().StringVar(&o.backup, "backup", "", "compare with the content of `BACKUP` instead of the revision that the namespace holds (before baseline set)")
	cmd.Flags().BoolVar(&o.exitCode, "exit-code", false, "end with 1 if an object differs, and with 0 if none does")
	cmd.Flags().StringVarP(&o.format, "output", "o", "", "print as `FORMAT`: "+strings.Join(formats, ", "))
	cmd.Flags().DurationVar(&o.wait.Timeout, "timeout", answerTimeout, "stop waiting for the answer after this `DURATION`; 0 waits for ever")
	flag.CompleteWords(cmd, "output", formats...)
	resource.CompleteFlag(f, cmd, "backup", resource.Backup)
	return cmd
}

func checkArgs(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return fmt.Errorf("a NAMESPACE is missing: %s", cmd.UseLine())
	case len(args) > 2:
		return fmt.Errorf("one NAMESPACE and one BASELINE at a time, %d arguments were given (%s): %s", len(args), strings.Join(args, " "), cmd.UseLine())
	}
	return nil
}

// completeArgs completes a namespace, and then a baseline.
func completeArgs(f *factory.Factory) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		switch len(args) {
		case 0:
			return resource.CompleteNames(f, resource.Namespace)(cmd, args, typed)
		case 1:
			return resource.CompleteNames(f, resource.Baseline)(cmd, nil, typed)
		default:
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
	}
}

func (o *options) validate(f *factory.Factory, args []string) error {
	if namespace := f.NamespaceFlag(); namespace != "" {
		return fmt.Errorf("the namespace is the first argument, not --namespace: %s diff %s [BASELINE]", f.Program, namespace)
	}
	if o.format != "" && !slices.Contains(formats, o.format) {
		return fmt.Errorf("-o %s is not a format: use one of %s", o.format, strings.Join(formats, ", "))
	}
	err := flag.CheckTargetName(args[0])
	if len(args) == 2 {
		err = cmp.Or(err, flag.CheckName(resource.Baseline.Noun, args[1]))
	}
	return cmp.Or(err, o.wait.Validate())
}

func (o *options) runDiff(cmd *cobra.Command, f *factory.Factory, args []string) error {
	if err := o.validate(f, args); err != nil {
		return err
	}
	c, err := f.NewClient(cmd)
	if err != nil {
		return err
	}
	reader, err := f.NewDynamicClient(cmd)
	if err != nil {
		return err
	}
	baseline := ""
	if len(args) == 2 {
		baseline = args[1]
	}
	find := &finder{client: c, program: f.Program, namespace: args[0], baseline: baseline, backup: o.backup}
	request, err := find.selectContent(cmd.Context())
	if err != nil {
		return err
	}
	answer, err := preview.New(cmd, f, c, o.wait.Timeout).Request(cmd.Context(), *request)
	if err != nil {
		return err
	}
	if answer.Status.Comparison == nil {
		return errors.New("the Seedbed of this cluster makes no comparisons (no status.comparison in its answer): upgrade its chart")
	}
	report, problems := newReport(cmd.Context(), &live{client: reader, namespace: args[0]}, answer)
	if err := o.printReport(cmd, report); err != nil {
		return err
	}
	switch {
	case len(problems) > 0:
		return errors.Join(problems...)
	case o.exitCode && report.differs():
		return exitDifferent
	default:
		return nil
	}
}

func (o *options) printReport(cmd *cobra.Command, r *report) error {
	if o.format == "" || o.format == formatDiff {
		writeText(cmd.OutOrStdout(), r)
		return nil
	}
	list := flag.ListOutput{Format: o.format}
	return list.Print(cmd.OutOrStdout(), "the differences", r, nil)
}

// title returns the name of the baseline's side.
func title(spec *v1alpha1.BaselinePreviewSpec) string {
	return fmt.Sprintf("baseline %s, backup %s", spec.Baseline, spec.Backup)
}
