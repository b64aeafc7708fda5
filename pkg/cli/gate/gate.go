package gate

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// NewCommand returns the commands of the gate, which keeps Pods out of a namespace until the guards of its baselines are
// restored.
func NewCommand(f *factory.Factory) *cobra.Command {
	return factory.NewGroup(&cobra.Command{
		Use:   "gate",
		Short: "Let pods into a namespace that waits for its baseline",
	}, newOpenCommand(f))
}

func newOpenCommand(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:   "open NAMESPACE",
		Short: "Let pods in now, without the baseline's guards",
		Long: "Open a namespace's gate: its pods are let in from now on, although what the baseline brings for them, pull\n" +
			"secrets, limits, network policies, is not all there. It is for an operator to decide, when a restore cannot\n" +
			"succeed and the workloads cannot wait: it takes the right to patch namespaces/status by a ClusterRoleBinding, and\n" +
			"cannot be undone. The restore is tried on.",
		Example:           f.FormatExamples("gate open bar"),
		Args:              flag.OneName,
		ValidArgsFunction: resource.CompleteNames(f, resource.Namespace),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.NewClient(cmd)
			if err != nil {
				return err
			}
			return openGate(cmd.Context(), cmd, c, args[0], f.Now())
		},
	}
}

func openGate(ctx context.Context, cmd *cobra.Command, c client.Client, name string, now time.Time) error {
	found, err := resource.GetNamed(ctx, c, resource.Namespace, name)
	if err != nil {
		return err
	}
	namespace := found.(*corev1.Namespace)
	if err := checkGated(ctx, c, namespace); err != nil {
		return err
	}
	if guarded := v1alpha1.FindNamespaceCondition(namespace.Status.Conditions, v1alpha1.ConditionBaselineGuarded); guarded != nil && guarded.Status == corev1.ConditionTrue {
		output.Fprintf(cmd.OutOrStdout(), "The gate of namespace %q is open already (%s): nothing was changed.\n", name, guarded.Reason)
		return nil
	}
	content := map[string]any{
		"metadata": map[string]any{"uid": namespace.UID},
		"status": map[string]any{"conditions": []map[string]any{{
			"type": v1alpha1.ConditionBaselineGuarded, "status": corev1.ConditionTrue, "reason": v1alpha1.ReasonGateOpened,
			"message": "opened by hand", "lastTransitionTime": now.UTC().Format(time.RFC3339),
		}}},
	}
	err = resource.SendPatch(types.StrategicMergePatchType, content, fmt.Sprintf("open the gate of namespace %q", name), func(patch client.Patch) error {
		return c.Status().Patch(ctx, namespace, patch, client.FieldOwner(resource.FieldOwner))
	})
	if err != nil {
		return err
	}
	output.Fprintf(cmd.OutOrStdout(), "The gate of namespace %q is open: its pods are let in from now on.\n", name)
	if ready := v1alpha1.FindNamespaceCondition(namespace.Status.Conditions, v1alpha1.ConditionBaselineReady); ready != nil && ready.Status != corev1.ConditionTrue {
		output.Fprintf(cmd.OutOrStdout(), "Its baseline is still to be restored: %s: %s\n", ready.Reason, ready.Message)
	}
	return nil
}
