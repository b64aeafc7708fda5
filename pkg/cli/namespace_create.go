package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// namespaceCreateOptions are the flags of namespace create.
type namespaceCreateOptions struct {
	baselines []string
	metadata  metadataFlags
	wait      waitFlags
	output    *outputFlags
}

func newNamespaceCreateCommand(t *tool) *cobra.Command {
	o := &namespaceCreateOptions{output: newOutputFlags(false)}
	cmd := &cobra.Command{
		Use:   "create NAME --baseline BASELINE[,BASELINE]",
		Short: "Create a namespace that asks for baselines",
		Long: "Create a namespace that asks for baselines, with the annotation " + v1alpha1.AnnotationBaseline + ". They are\n" +
			"restored in their order. You need the verb \"use\" on each, which \"baseline allow\" gives, and to create namespaces.",
		Example: t.examples(
			"namespace create bar --baseline web --wait",
			"namespace create bar --baseline web,logging --labels team=a",
		),
		Args:              oneName,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return o.run(cmd, t, args[0]) },
	}
	cmd.Flags().StringSliceVar(&o.baselines, "baseline", nil, "`BASELINES` that fill it, in order")
	o.metadata.add(cmd)
	o.wait.add(cmd, "it is filled; exit code 1 if it cannot be")
	o.output.add(cmd, "create nothing, print the object")
	cmd.Flags().SetNormalizeFunc(singularMetadata)
	completeFlag(t, cmd, "baseline", baselineKind)
	return cmd
}

// singularMetadata lets --label and --annotation stand for --labels and --annotations, since one at a time reads so.
func singularMetadata(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	if name == "label" || name == "annotation" {
		name += "s"
	}
	return pflag.NormalizedName(name)
}

// object is the namespace that the flags describe.
func (o *namespaceCreateOptions) object(name string) (*corev1.Namespace, error) {
	if err := checkNamespaceName(name); err != nil {
		return nil, err
	}
	names, err := eachOnce("--baseline", "web,logging", o.baselines)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("--baseline is missing: name the baselines to fill it from, or run `kubectl create namespace %s` to leave it to their selectors", name)
	}
	for _, baseline := range names {
		if err := checkLabelName("baseline", baseline); err != nil {
			return nil, err
		}
	}
	meta := o.metadata.meta("", name)
	if _, set := meta.Annotations[v1alpha1.AnnotationBaseline]; set {
		return nil, fmt.Errorf("--annotations %s is what --baseline sets: leave one out", v1alpha1.AnnotationBaseline)
	}
	annotations := map[string]string{v1alpha1.AnnotationBaseline: strings.Join(names, ",")}
	for key, value := range meta.Annotations {
		annotations[key] = value
	}
	meta.Annotations = annotations
	return &corev1.Namespace{ObjectMeta: meta}, nil
}

func (o *namespaceCreateOptions) run(cmd *cobra.Command, t *tool, name string) error {
	namespace, err := o.object(name)
	if err != nil {
		return err
	}
	if err := cmp.Or(o.output.check(), o.wait.check()); err != nil {
		return err
	}
	if o.output.format != "" {
		return o.output.print(cmd.OutOrStdout(), []client.Object{namespace}, true)
	}
	c, err := t.client(cmd)
	if err != nil {
		return err
	}
	value := namespace.Annotations[v1alpha1.AnnotationBaseline]
	if err := checkBaselines(cmd.Context(), c, strings.Split(value, ",")); err != nil {
		return err
	}
	err = c.Create(cmd.Context(), namespace, client.FieldOwner(fieldOwner))
	if apierrors.IsAlreadyExists(err) {
		return &explained{cause: err, text: fmt.Sprintf("namespace %q already exists: ask for baselines there with `kubectl annotate namespace %s %s=%s`",
			name, name, v1alpha1.AnnotationBaseline, value)}
	}
	if err != nil {
		return explain(fmt.Sprintf("create namespace %q", name), err)
	}
	say(cmd.OutOrStdout(), "Namespace %q created: it asks for %s.\n", name, value)
	if !o.wait.wait {
		say(cmd.OutOrStdout(), "Run `kubectl wait ns/%s --for=condition=%s` to wait until it is filled.\n", name, v1alpha1.ConditionBaselineReady)
		return nil
	}
	return o.awaitFilled(cmd, t, c, namespace)
}

// checkBaselines returns an error if a baseline does not exist. Who may not read baselines is left to what admission says.
func checkBaselines(ctx context.Context, c client.Reader, names []string) error {
	for _, name := range names {
		if _, err := getNamed(ctx, c, baselineKind, name); err != nil && !apierrors.IsForbidden(err) {
			return err
		}
	}
	return nil
}

// passing are the reasons of a condition BaselineReady that is False for a while only.
var passing = []string{v1alpha1.ReasonPopulating, v1alpha1.ReasonBaselineNotReady, v1alpha1.ReasonBaselineNotFound}

// awaitFilled waits until the namespace holds its baselines. What has failed is retried by the controller, and is the end here.
func (o *namespaceCreateOptions) awaitFilled(cmd *cobra.Command, t *tool, c client.Reader, namespace *corev1.Namespace) error {
	ready := func() corev1.NamespaceCondition {
		if found := v1alpha1.FindNamespaceCondition(namespace.Status.Conditions, v1alpha1.ConditionBaselineReady); found != nil {
			return *found
		}
		return corev1.NamespaceCondition{Reason: "waiting to be filled"}
	}
	state := func() (string, bool) {
		condition := ready()
		over := condition.Status == corev1.ConditionTrue || condition.Status == corev1.ConditionFalse && !slices.Contains(passing, condition.Reason)
		return strings.TrimSuffix(condition.Reason+": "+condition.Message, ": "), over
	}
	if err := awaitEnd(cmd.Context(), o.wait.timeout, watch(c, namespaceKind, namespace, state), newProgress(cmd.ErrOrStderr(), t.now)); err != nil {
		return err
	}
	condition := ready()
	if condition.Status != corev1.ConditionTrue {
		return fmt.Errorf("namespace %q is not filled: %s: %s", namespace.Name, condition.Reason, condition.Message)
	}
	say(cmd.OutOrStdout(), "Namespace %q is filled (%s).\n", namespace.Name, condition.Message)
	return nil
}
