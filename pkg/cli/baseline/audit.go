package baseline

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// auditOptions are the flags of baseline audit.
type auditOptions struct {
	namespaces []string
	wait       flag.Wait
}

func newAuditCommand(f *factory.Factory) *cobra.Command {
	o := &auditOptions{}
	cmd := &cobra.Command{
		Use:   "audit NAME",
		Short: "Look now for what was changed or deleted in the namespaces of a baseline",
		Long: "Look now for what was changed or deleted in the namespaces of a baseline since they were populated, and do what its\n" +
			"spec.drift says: report it, or put it back. Otherwise that is done every ten minutes. It sets the annotation\n" +
			v1alpha1.AnnotationAuditRequested + " on the baseline to the present time, as any client can.\n\n" +
			"With --wait it names each namespace with a drift, and the objects that differ or were put back.",
		Example:           f.FormatExamples("baseline audit web --wait", "baseline audit web --wait --namespace pay-17"),
		Args:              flag.OneName,
		ValidArgsFunction: resource.CompleteNames(f, resource.Baseline),
		RunE:              func(cmd *cobra.Command, args []string) error { return o.runAudit(cmd, f, args[0]) },
	}
	cmd.Flags().StringSliceVar(&o.namespaces, "namespace", nil, "name the drift of the namespace `NAME` alone; may be given several times, and needs --wait")
	o.wait.AddTo(cmd, "the audit has ended")
	resource.CompleteFlag(f, cmd, "namespace", resource.Namespace)
	return cmd
}

func (o *auditOptions) validate() error {
	if len(o.namespaces) > 0 && !o.wait.Wait {
		return errors.New("--namespace needs --wait: without it nothing is printed about namespaces")
	}
	return o.wait.Validate()
}

func (o *auditOptions) runAudit(cmd *cobra.Command, f *factory.Factory, name string) error {
	if err := o.validate(); err != nil {
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
	if baseline.Spec.DriftPolicyInForce() == v1alpha1.DriftIgnore {
		return fmt.Errorf("baseline %q is not audited, because its spec.drift is %s: set it to %s or %s", name, v1alpha1.DriftIgnore, v1alpha1.DriftReport, v1alpha1.DriftCorrect)
	}
	before := baseline.Annotations[v1alpha1.AnnotationAuditRequested]
	request := f.Now().UTC().Format(time.RFC3339Nano)
	if err := resource.Annotate(cmd.Context(), c, baseline, v1alpha1.AnnotationAuditRequested, request, fmt.Sprintf("ask for an audit of baseline %q", name)); err != nil {
		return err
	}
	if !o.wait.Wait {
		output.Fprintf(cmd.OutOrStdout(), "An audit of baseline %q is requested.\nSee its result with `%s fleet namespaces --baseline %s --drifted`.\n", name, f.Program, name)
		return nil
	}
	audit, err := o.waitAudited(cmd, f, c, baseline, before)
	if err != nil {
		return err
	}
	return o.printAudit(cmd, f.Program, c, name, audit)
}

// waitAudited waits until the present request is answered. That may be a later one than this command's; before is the one that was there
// before it.
func (o *auditOptions) waitAudited(cmd *cobra.Command, f *factory.Factory, c client.Reader, baseline *v1alpha1.Baseline, before string) (*v1alpha1.BaselineAudit, error) {
	current := baseline
	auditing := resource.Watched{
		Name: fmt.Sprintf("the audit of baseline %q", baseline.Name),
		Read: readAgain(c, &current),
		State: func() (string, bool) {
			asked, audit := current.Annotations[v1alpha1.AnnotationAuditRequested], current.Status.Audit
			if asked != before && audit != nil && audit.Request == asked {
				return "audited", true
			}
			return fmt.Sprintf("auditing %s", output.CountNamespaces(int(current.Status.Namespaces))), false
		},
	}
	err := resource.AwaitEnd(cmd.Context(), o.wait.Timeout, auditing, output.NewProgress(cmd.ErrOrStderr(), f.Now))
	return current.Status.Audit, err
}

// maxDrifted bounds the namespaces that are named.
const maxDrifted = 20

// printAudit prints the counts of an audit, and the drift of the namespaces.
func (o *auditOptions) printAudit(cmd *cobra.Command, program string, c client.Reader, name string, audit *v1alpha1.BaselineAudit) error {
	output.Fprintf(cmd.OutOrStdout(), "Baseline %q: %s audited, %d drifted, %d skipped.\n", name, output.CountNamespaces(int(audit.Namespaces)), audit.DriftedNamespaces, audit.SkippedNamespaces)
	if audit.Message != "" {
		output.Fprintf(cmd.OutOrStdout(), "Note: %s.\n", audit.Message)
	}
	held, err := resource.FindHolders(cmd.Context(), c, name)
	if err != nil {
		return err
	}
	if held.Unknown != "" && audit.DriftedNamespaces > 0 {
		output.Fprintf(cmd.OutOrStdout(), "%s, so the objects are left out.\n", held.Unknown)
		return nil
	}
	shown := 0
	for _, record := range held.Records {
		reasons := resource.DriftReasons(record)
		if len(reasons) == 0 || len(o.namespaces) > 0 && !slices.Contains(o.namespaces, record.Namespace) {
			continue
		}
		if shown++; shown <= maxDrifted {
			output.Fprintf(cmd.OutOrStdout(), "  %s: %s\n", record.Namespace, resource.JoinReasons(reasons))
		}
	}
	if shown > maxDrifted {
		output.Fprintf(cmd.OutOrStdout(), "  and %d more; `%s fleet namespaces --baseline %s --drifted` lists those that still differ\n", shown-maxDrifted, program, name)
	}
	return nil
}
