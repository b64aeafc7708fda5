package namespace

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// createOptions are the flags of namespace create.
type createOptions struct {
	baselines []string
	metadata  flag.Metadata
	wait      flag.Wait
	output    *flag.Output
}

func newCreateCommand(f *factory.Factory) *cobra.Command {
	o := &createOptions{output: flag.NewOutput(false)}
	cmd := &cobra.Command{
		Use:   "create NAME --baseline BASELINE[,BASELINE]",
		Short: "Create a namespace that asks for baselines",
		Long: "Create a namespace that asks for baselines, with the annotation " + v1alpha1.AnnotationBaseline + ". They are\n" +
			"restored in their order. You need the verb \"use\" on each, which \"baseline allow\" gives, and to create namespaces.",
		Example: f.FormatExamples(
			"namespace create bar --baseline web --wait",
			"namespace create bar --baseline web,logging --labels team=a",
		),
		Args:              flag.OneName,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return o.runCreate(cmd, f, args[0]) },
	}
	cmd.Flags().StringSliceVar(&o.baselines, "baseline", nil, "`BASELINES` that fill it, in order")
	o.metadata.AddTo(cmd)
	o.wait.AddTo(cmd, "it is filled; exit code 1 if it cannot be")
	o.output.AddTo(cmd, "create nothing, print the object")
	cmd.Flags().SetNormalizeFunc(singularMetadata)
	resource.CompleteFlag(f, cmd, "baseline", resource.Baseline)
	return cmd
}

// singularMetadata accepts --label and --annotation for --labels and --annotations, because each often adds only one.
func singularMetadata(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	if name == "label" || name == "annotation" {
		name += "s"
	}
	return pflag.NormalizedName(name)
}

// newNamespace returns the namespace that the flags describe.
func (o *createOptions) newNamespace(name string) (*corev1.Namespace, error) {
	if err := flag.CheckNamespaceName(name); err != nil {
		return nil, err
	}
	names, err := flag.UniqueValues("--baseline", "web,logging", o.baselines)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("--baseline is missing: name the baselines to fill it from, or run `kubectl create namespace %s` to leave it to their selectors", name)
	}
	for _, baseline := range names {
		if err := flag.CheckLabelName("baseline", baseline); err != nil {
			return nil, err
		}
	}
	meta := o.metadata.ObjectMeta("", name)
	if _, set := meta.Annotations[v1alpha1.AnnotationBaseline]; set {
		return nil, fmt.Errorf("--annotations %s is what --baseline sets: leave one out", v1alpha1.AnnotationBaseline)
	}
	annotations := map[string]string{v1alpha1.AnnotationBaseline: strings.Join(names, ",")}
	maps.Copy(annotations, meta.Annotations)
	meta.Annotations = annotations
	return &corev1.Namespace{ObjectMeta: meta}, nil
}

func (o *createOptions) runCreate(cmd *cobra.Command, f *factory.Factory, name string) error {
	namespace, err := o.newNamespace(name)
	if err != nil {
		return err
	}
	c, err := resource.PrepareCreate(cmd, f, namespace, o.output, &o.wait)
	if c == nil {
		return err
	}
	value := namespace.Annotations[v1alpha1.AnnotationBaseline]
	if err := resource.CheckExist(cmd.Context(), c, resource.Baseline, strings.Split(value, ",")...); err != nil {
		return err
	}
	err = c.Create(cmd.Context(), namespace, client.FieldOwner(resource.FieldOwner))
	if apierrors.IsAlreadyExists(err) {
		return &output.Explained{Cause: err, Text: fmt.Sprintf("namespace %q already exists: ask for baselines there with `kubectl annotate namespace %s %s=%s`",
			name, name, v1alpha1.AnnotationBaseline, value)}
	}
	if err != nil {
		return output.Explain(fmt.Sprintf("create namespace %q", name), err)
	}
	output.Fprintf(cmd.OutOrStdout(), "Namespace %q created: it asks for %s.\n", name, value)
	if !o.wait.Wait {
		output.Fprintf(cmd.OutOrStdout(), "Run `kubectl wait ns/%s --for=condition=%s` to wait until it is filled.\n", name, v1alpha1.ConditionBaselineReady)
		return nil
	}
	return o.awaitFilled(cmd, f, c, namespace)
}

// transientReasons are the reasons of a condition BaselineReady that is False only for a while.
var transientReasons = []string{v1alpha1.ReasonPopulating, v1alpha1.ReasonBaselineNotReady, v1alpha1.ReasonBaselineNotFound}

// awaitFilled waits until the namespace holds its baselines. It ends at a failure, which the controller goes on to retry.
func (o *createOptions) awaitFilled(cmd *cobra.Command, f *factory.Factory, c client.Reader, namespace *corev1.Namespace) error {
	ready := func() corev1.NamespaceCondition {
		if found := v1alpha1.FindNamespaceCondition(namespace.Status.Conditions, v1alpha1.ConditionBaselineReady); found != nil {
			return *found
		}
		return corev1.NamespaceCondition{Reason: "waiting to be filled"}
	}
	state := func() (string, bool) {
		condition := ready()
		over := condition.Status == corev1.ConditionTrue || condition.Status == corev1.ConditionFalse && !slices.Contains(transientReasons, condition.Reason)
		return strings.TrimSuffix(condition.Reason+": "+condition.Message, ": "), over
	}
	if err := resource.AwaitEnd(cmd.Context(), o.wait.Timeout, resource.WatchObject(c, resource.Namespace, namespace, state), output.NewProgress(cmd.ErrOrStderr(), f.Now)); err != nil {
		return err
	}
	condition := ready()
	if condition.Status != corev1.ConditionTrue {
		return fmt.Errorf("namespace %q is not filled: %s: %s", namespace.Name, condition.Reason, condition.Message)
	}
	output.Fprintf(cmd.OutOrStdout(), "Namespace %q is filled (%s).\n", namespace.Name, condition.Message)
	return nil
}
