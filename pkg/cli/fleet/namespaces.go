package fleet

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// namespacesOptions are the flags of fleet namespaces.
type namespacesOptions struct {
	baseline string
	selector string
	states   stateFilter
	output   flag.ListOutput
}

func newNamespacesCommand(f *factory.Factory) *cobra.Command {
	o := &namespacesOptions{}
	cmd := &cobra.Command{
		Use:     "namespaces",
		Aliases: []string{"namespace", "ns"},
		Short:   "List namespaces by their state with each baseline, and why",
		Long: "List the namespaces that should hold a baseline, or hold one, each with the reason of its state. Several states add\n" +
			"up: --kept --failed lists both. WHY names the objects that were kept and by whose change, those that an audit found changed\n" +
			"or deleted, the errors of a failure, or why a namespace waits or is released.\n\n" +
			"The states are decided as the controller counts them. It knows more in a few cases: records count here as they are,\n" +
			"whether or not their seals hold; an update that failed without a record is listed as outdated; and a namespace whose\n" +
			"BaselineReady is False by a failure counts as failed with each of its baselines that has no record.\n\n" +
			"-o wide adds the state, the backup and the revision's hash. -o json and -o yaml print a list of objects with the fields\n" +
			"namespace, baseline, state (Updated, Outdated, Failed, Pending or Released), kept, drifted, revision, revisionHash, backup, phase,\n" +
			"lastUpdate and why. It takes the right to list namespaces, baselines and baselinerecords.",
		Example: f.FormatExamples("fleet namespaces --outdated", "fleet namespaces --baseline web --kept --failed -l team=payments", "fleet namespaces -o json"),
		Args:    flag.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.runNamespaces(cmd, f) },
	}
	cmd.Flags().StringVar(&o.baseline, "baseline", "", "only namespaces of the baseline `NAME`")
	cmd.Flags().StringVarP(&o.selector, "selector", "l", "", "only namespaces whose labels match `SELECTOR`, for example team=a")
	o.states.addTo(cmd)
	o.output.AddTo(cmd)
	o.output.AddNoHeaders(cmd)
	resource.CompleteFlag(f, cmd, "baseline", resource.Baseline)
	return cmd
}

func (o *namespacesOptions) runNamespaces(cmd *cobra.Command, f *factory.Factory) error {
	if err := o.validate(cmd); err != nil {
		return err
	}
	selector, err := flag.ListOption(o.selector)
	if err != nil {
		return err
	}
	api, err := f.NewClient(cmd)
	if err != nil {
		return err
	}
	baselines, err := o.readBaselines(cmd.Context(), api)
	if err != nil {
		return err
	}
	for i := range baselines {
		if baselines[i].Status.KeyLostTimestamp != nil {
			output.Fprintf(cmd.ErrOrStderr(), "Note: keys that sealed records of baseline %q are lost, and only the controller knows which: see its released namespaces with `%s fleet`.\n",
				baselines[i].Name, f.Program)
		}
	}
	progress := output.NewProgress(cmd.ErrOrStderr(), f.Now)
	progress.After = time.Second
	rows, err := newScan(api, f.Program, baselines, &o.states, progress).readRows(cmd.Context(), o.baseline, selector)
	progress.Erase()
	if err != nil {
		return err
	}
	if len(rows) == 0 && o.output.IsTable() {
		output.Fprintf(cmd.ErrOrStderr(), "No namespaces found.\n")
		return nil
	}
	return o.output.Print(cmd.OutOrStdout(), "the namespaces", rows, func() *metav1.Table { return rowsTable(rows, f.Now()) })
}

func (o *namespacesOptions) validate(cmd *cobra.Command) error {
	if cmd.Flags().Changed("baseline") {
		if err := flag.CheckName(resource.Baseline.Noun, o.baseline); err != nil {
			return fmt.Errorf("--baseline: %w", err)
		}
	}
	return o.output.Validate()
}

// readBaselines returns the baseline of --baseline, or all.
func (o *namespacesOptions) readBaselines(ctx context.Context, api client.Reader) ([]v1alpha1.Baseline, error) {
	if o.baseline != "" {
		obj, err := resource.GetNamed(ctx, api, resource.Baseline, o.baseline)
		if err != nil {
			return nil, err
		}
		return []v1alpha1.Baseline{*obj.(*v1alpha1.Baseline)}, nil
	}
	objects, err := resource.List(ctx, api, resource.Baseline)
	if err != nil {
		return nil, explainList("baselines", "baselines.seedbed.dev", "name one that you may get with --baseline", err)
	}
	baselines := make([]v1alpha1.Baseline, len(objects))
	for i, obj := range objects {
		baselines[i] = *obj.(*v1alpha1.Baseline)
	}
	return baselines, nil
}
