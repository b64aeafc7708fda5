package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// adoptOptions are the flags of baseline adopt.
type adoptOptions struct {
	confirmed bool
	wait      waitFlags
}

func newBaselineAdoptCommand(t *tool) *cobra.Command {
	o := &adoptOptions{}
	cmd := &cobra.Command{
		Use:   "adopt NAME",
		Short: "Trust a baseline's records after the keys that sealed them were lost",
		Long: "Trust a baseline's records after the keys that sealed them were lost. The keys are in the Secret\n" +
			"seedbed-record-keys, in Seedbed's namespace; without them nothing proves that Seedbed wrote a record, so\n" +
			"the namespaces that held the baseline are released: they keep their objects and get nothing more. Adopting\n" +
			"has every complete record of the baseline from before the loss sealed anew as it stands, a forged one too. It sets\n" +
			"the annotation " + v1alpha1.AnnotationAdopt + " on the baseline to the time in status.keyLostTimestamp, as GitOps can.",
		Example:           t.examples("baseline adopt web", "baseline adopt web --confirm --wait"),
		Args:              oneName,
		ValidArgsFunction: completeNames(t, baselineKind),
		RunE:              func(cmd *cobra.Command, args []string) error { return o.run(cmd, t, args[0]) },
	}
	cmd.Flags().BoolVar(&o.confirmed, "confirm", false, "do not ask")
	o.wait.add(cmd, "the records are sealed anew")
	return cmd
}

func (o *adoptOptions) run(cmd *cobra.Command, t *tool, name string) error {
	if err := o.wait.check(); err != nil {
		return err
	}
	c, err := t.client(cmd)
	if err != nil {
		return err
	}
	obj, err := getNamed(cmd.Context(), c, baselineKind, name)
	if err != nil {
		return err
	}
	baseline := obj.(*v1alpha1.Baseline)
	if baseline.Status.KeyLostTimestamp == nil {
		return fmt.Errorf("baseline %q has nothing to adopt: no key that sealed its records is lost, so leave it as it is", name)
	}
	if !o.confirmed {
		question := adoptQuestion(baseline)
		if err := question.ask(cmd.Context(), cmd); err != nil {
			return err
		}
	}
	action := fmt.Sprintf("adopt the records of baseline %q", name)
	if err := annotate(cmd.Context(), c, baseline, v1alpha1.AnnotationAdopt, adoptValue(baseline.Status.KeyLostTimestamp), action); err != nil {
		return err
	}
	say(cmd.OutOrStdout(), "Request to adopt the records of baseline %q in %s submitted successfully.\n", name, countNamespaces(baseline.Status.ReleasedNamespaces))
	if !o.wait.wait {
		say(cmd.OutOrStdout(), "Run `%s baseline describe %s` for more details.\n", t.program, name)
		return nil
	}
	return o.waitSealed(cmd, t, c, baseline)
}

// adoptQuestion returns the question, which spells out the trust that is given.
func adoptQuestion(baseline *v1alpha1.Baseline) *confirmation {
	return &confirmation{
		verb: "adopt", gerund: "adopting",
		object: fmt.Sprintf("the records of baseline %q in %s", baseline.Name, countNamespaces(baseline.Status.ReleasedNamespaces)),
		consequences: fmt.Sprintf("The keys were lost at %s. Every complete record of baseline %q from before that time is trusted as it stands: nothing proves any more that Seedbed wrote it.",
			adoptValue(baseline.Status.KeyLostTimestamp), baseline.Name),
	}
}

// adoptValue returns the annotation's value for a loss: the time as it is in the status.
func adoptValue(lost *metav1.Time) string { return lost.UTC().Format(time.RFC3339) }

// waitSealed waits until the loss is gone from the baseline's status. A later loss is an error, because it needs another
// adoption.
func (o *adoptOptions) waitSealed(cmd *cobra.Command, t *tool, c client.Reader, baseline *v1alpha1.Baseline) error {
	lost, released := baseline.Status.KeyLostTimestamp, baseline.Status.ReleasedNamespaces
	current := baseline
	sealing := watched{
		name: fmt.Sprintf("baseline %q", baseline.Name),
		read: func(ctx context.Context) error {
			read := &v1alpha1.Baseline{} // a new one, because decoding leaves fields alone that the answer lacks
			err := c.Get(ctx, client.ObjectKeyFromObject(baseline), read)
			if err == nil {
				current = read
			}
			return err
		},
		state: func() (string, bool) {
			if lost.Equal(current.Status.KeyLostTimestamp) {
				return fmt.Sprintf("released in %s", countNamespaces(current.Status.ReleasedNamespaces)), false
			}
			return "adopted", true
		},
	}
	if err := awaitEnd(cmd.Context(), o.wait.timeout, sealing, newProgress(cmd.ErrOrStderr(), t.now)); err != nil {
		return err
	}
	if again := current.Status.KeyLostTimestamp; again != nil {
		return fmt.Errorf("the keys that seal the records of baseline %q were lost once more, at %s: adopt them again with `%s baseline adopt %s`",
			baseline.Name, adoptValue(again), t.program, baseline.Name)
	}
	say(cmd.OutOrStdout(), "Baseline %q: its records in %s are sealed anew.\n", baseline.Name, countNamespaces(released))
	return nil
}
