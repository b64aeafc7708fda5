package baseline

import (
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

// adoptOptions are the flags of baseline adopt.
type adoptOptions struct {
	confirmed bool
	wait      flag.Wait
}

func newAdoptCommand(f *factory.Factory) *cobra.Command {
	o := &adoptOptions{}
	cmd := &cobra.Command{
		Use:   "adopt NAME",
		Short: "Trust a baseline's records after the keys that sealed them were lost",
		Long: "Trust a baseline's records after the keys that sealed them were lost. The keys are in the Secret\n" +
			"seedbed-record-keys, in Seedbed's namespace; without them nothing proves that Seedbed wrote a record, so\n" +
			"the namespaces that held the baseline are released: they keep their objects and get nothing more. Adopting\n" +
			"has every complete record of the baseline from before the loss sealed anew as it stands, a forged one too. It sets\n" +
			"the annotation " + v1alpha1.AnnotationAdopt + " on the baseline to the time in status.keyLostTimestamp, as GitOps can.",
		Example:           f.FormatExamples("baseline adopt web", "baseline adopt web --confirm --wait"),
		Args:              flag.OneName,
		ValidArgsFunction: resource.CompleteNames(f, resource.Baseline),
		RunE:              func(cmd *cobra.Command, args []string) error { return o.runAdopt(cmd, f, args[0]) },
	}
	cmd.Flags().BoolVar(&o.confirmed, "confirm", false, "do not ask")
	o.wait.AddTo(cmd, "the records are sealed anew")
	return cmd
}

func (o *adoptOptions) runAdopt(cmd *cobra.Command, f *factory.Factory, name string) error {
	if err := o.wait.Validate(); err != nil {
		return err
	}
	c, err := f.NewClient(cmd)
	if err != nil {
		return err
	}
	obj, err := resource.GetNamed(cmd.Context(), c, resource.Baseline, name)
	if err != nil {
		return err
	}
	baseline := obj.(*v1alpha1.Baseline)
	if baseline.Status.KeyLostTimestamp == nil {
		return fmt.Errorf("baseline %q has nothing to adopt: no key that sealed its records is lost, so leave it as it is", name)
	}
	if !o.confirmed {
		question := adoptQuestion(baseline)
		if err := question.Ask(cmd.Context(), cmd); err != nil {
			return err
		}
	}
	action := fmt.Sprintf("adopt the records of baseline %q", name)
	if err := resource.Annotate(cmd.Context(), c, baseline, v1alpha1.AnnotationAdopt, adoptValue(baseline.Status.KeyLostTimestamp), action); err != nil {
		return err
	}
	output.Fprintf(cmd.OutOrStdout(), "Request to adopt the records of baseline %q in %s submitted successfully.\n", name, output.CountNamespaces(int(baseline.Status.ReleasedNamespaces)))
	if !o.wait.Wait {
		output.Fprintf(cmd.OutOrStdout(), "Run `%s baseline describe %s` for more details.\n", f.Program, name)
		return nil
	}
	return o.waitSealed(cmd, f, c, baseline)
}

// adoptQuestion returns the question, with the trust that a yes gives.
func adoptQuestion(baseline *v1alpha1.Baseline) *output.Confirmation {
	return &output.Confirmation{
		Verb: "adopt", Gerund: "adopting",
		Object: fmt.Sprintf("the records of baseline %q in %s", baseline.Name, output.CountNamespaces(int(baseline.Status.ReleasedNamespaces))),
		Consequences: fmt.Sprintf("The keys were lost at %s. Every complete record of baseline %q from before that time is trusted as it stands: nothing proves any more that Seedbed wrote it.",
			adoptValue(baseline.Status.KeyLostTimestamp), baseline.Name),
	}
}

// adoptValue returns the annotation's value for a loss: its time in the status.
func adoptValue(lost *metav1.Time) string { return lost.UTC().Format(time.RFC3339) }

// waitSealed waits until the loss is gone from the baseline's status. A later loss is an error, because it needs another
// adoption.
func (o *adoptOptions) waitSealed(cmd *cobra.Command, f *factory.Factory, c client.Reader, baseline *v1alpha1.Baseline) error {
	lost, released := baseline.Status.KeyLostTimestamp, baseline.Status.ReleasedNamespaces
	current := baseline
	sealing := resource.Watched{
		Name: fmt.Sprintf("baseline %q", baseline.Name),
		Read: readAgain(c, &current),
		State: func() (string, bool) {
			if lost.Equal(current.Status.KeyLostTimestamp) {
				return fmt.Sprintf("released in %s", output.CountNamespaces(int(current.Status.ReleasedNamespaces))), false
			}
			return "adopted", true
		},
	}
	if err := resource.AwaitEnd(cmd.Context(), o.wait.Timeout, sealing, output.NewProgress(cmd.ErrOrStderr(), f.Now)); err != nil {
		return err
	}
	if again := current.Status.KeyLostTimestamp; again != nil {
		return fmt.Errorf("the keys that seal the records of baseline %q were lost once more, at %s: adopt them again with `%s baseline adopt %s`",
			baseline.Name, adoptValue(again), f.Program, baseline.Name)
	}
	output.Fprintf(cmd.OutOrStdout(), "Baseline %q: its records in %s are sealed anew.\n", baseline.Name, output.CountNamespaces(int(released)))
	return nil
}
