package baseline

import (
	"cmp"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/preview"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// newPreviewCommand returns the command that predicts the restore of a baseline into a namespace.
func newPreviewCommand(f *factory.Factory) *cobra.Command {
	o := &previewOptions{}
	cmd := &cobra.Command{
		Use:   "preview NAME (--namespace NAMESPACE | --fleet)",
		Short: "Say what a baseline would put into a namespace, or into all, and write nothing",
		Long: "Say what would be created, changed, kept and skipped, and why, if the baseline were restored into the\n" +
			"namespace as it is now, which need not exist yet, or, where the namespace holds the baseline, if it were\n" +
			"updated; --backup previews the change to another backup. Nothing is written. With -o yaml, the objects that\n" +
			"would be created and changed are printed instead, mapped to the namespace, without the values of\n" +
			"Secrets; where there are no Secrets, kubectl diff takes them.\n\n" +
			"--fleet says it for every namespace that the update would reach: in how many each object would change, be\n" +
			"kept or fail, in which and why, and whose pods restart. Namespaces that an update treats alike, as the\n" +
			"metadata of their objects shows, are tried by three of them; --all tries each, which also finds a webhook or\n" +
			"policy that refuses the objects of a few. -o json and -o yaml print the numbers and findings.\n\n" +
			"You need the verbs \"create\" and \"get\" on baselinepreviews, \"get\" on the baseline, \"restore\" on its\n" +
			"backup, and \"create\" on baselinerestores in the namespace, or in the whole cluster where it does not exist\n" +
			"yet and with --fleet.",
		Example: f.FormatExamples(
			"baseline preview web --namespace bar",
			"baseline preview web --namespace bar --backup pull-v2",
			"baseline preview web --namespace bar -o yaml | kubectl diff -f -",
			"baseline preview web --fleet --backup pull-v2",
		),
		Args:              flag.OneName,
		ValidArgsFunction: resource.CompleteNames(f, resource.Baseline),
		RunE:              func(cmd *cobra.Command, args []string) error { return o.runPreview(cmd, f, args[0]) },
	}
	cmd.Flags().StringVarP(&o.format, "output", "o", "", preview.FormatUsage)
	cmd.Flags().StringVar(&o.backup, "backup", "", "preview `BACKUP` instead of the baseline's own (before baseline set)")
	cmd.Flags().BoolVar(&o.fleet, "fleet", false, "preview the update of all namespaces that hold the baseline")
	cmd.Flags().BoolVar(&o.all, "all", false, "with --fleet, try each namespace by dry runs")
	cmd.Flags().DurationVar(&o.wait.Timeout, "timeout", 0, "stop waiting for the answer after this `DURATION`; 0 waits for ever (default 3m, with --fleet 1h)")
	flag.CompleteWords(cmd, "output", preview.Formats...)
	resource.CompleteFlag(f, cmd, "backup", resource.Backup)
	return cmd
}

// previewTimeout and fleetTimeout are longer than the controller's attempts to answer a preview.
const (
	previewTimeout = 3 * time.Minute
	fleetTimeout   = time.Hour
)

// previewOptions are the flags of baseline preview.
type previewOptions struct {
	format string
	backup string
	// fleet previews all namespaces, and all tries each of them.
	fleet, all bool
	wait       flag.Wait
}

func (o *previewOptions) validate(namespace string) error {
	if err := preview.CheckFormat(o.format); err != nil {
		return err
	}
	switch {
	case o.fleet && namespace != "":
		return errors.New("--fleet previews all namespaces that hold the baseline: leave --namespace out")
	case o.fleet:
		return o.wait.Validate()
	case o.all:
		return errors.New("--all goes with --fleet")
	case namespace == "":
		return errors.New("say with --namespace for which namespace, which need not exist, or preview all that hold the baseline with --fleet")
	}
	return cmp.Or(flag.CheckTargetName(namespace), o.wait.Validate())
}

func (o *previewOptions) runPreview(cmd *cobra.Command, f *factory.Factory, name string) error {
	namespace := f.NamespaceFlag()
	if err := o.validate(namespace); err != nil {
		return err
	}
	c, err := f.NewClient(cmd)
	if err != nil {
		return err
	}
	baseline, err := resource.GetNamed(cmd.Context(), c, resource.Baseline, name)
	if err != nil {
		return err
	}
	spec := &baseline.(*v1alpha1.Baseline).Spec
	if o.backup != "" && o.backup != spec.Backup {
		spec.Backup = o.backup
		if err := resource.CheckBaselineBackup(cmd.Context(), c, spec); err != nil {
			return err
		}
	}
	request := v1alpha1.BaselinePreviewSpec{Namespace: namespace, Baseline: name, Backup: spec.Backup}
	if o.fleet {
		request.Fleet = &v1alpha1.FleetPreview{All: o.all}
	} else {
		request.Objects = preview.WantsObjects(o.format)
	}
	answer, err := preview.New(cmd, f, c, o.timeout(cmd)).Request(cmd.Context(), request)
	switch {
	case err != nil:
		return err
	case o.fleet:
		return preview.PrintFleet(cmd, o.format, answer)
	default:
		return preview.Print(cmd, o.format, []*v1alpha1.BaselinePreview{answer})
	}
}

// timeout returns the time to wait for the answer.
func (o *previewOptions) timeout(cmd *cobra.Command) time.Duration {
	switch {
	case cmd.Flags().Changed("timeout"):
		return o.wait.Timeout
	case o.fleet:
		return fleetTimeout
	default:
		return previewTimeout
	}
}
