package baseline

import (
	"cmp"
	"fmt"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// createOptions are the flags of baseline create.
type createOptions struct {
	backup, source      string
	selector, allowed   string
	everyNamespace      bool
	labels, annotations []string
	existing            *flag.Enum[v1alpha1.ExistingNamespaces]
	enforcement         *flag.Enum[v1alpha1.Enforcement]
	policy              *flag.Enum[v1alpha1.ExistingResources]
	mapping             *flag.Enum[v1alpha1.Mapping]
	gate                *flag.Enum[v1alpha1.Gate]
	metadata            flag.Metadata
	wait                flag.Wait
	output              *flag.Output
}

func newCreateCommand(f *factory.Factory) *cobra.Command {
	o := &createOptions{
		existing:    flag.NewEnum([]string{"ignore", "populate"}, v1alpha1.ExistingNamespacesIgnore, v1alpha1.ExistingNamespacesPopulate),
		enforcement: flag.NewEnum([]string{"optional", "required"}, v1alpha1.EnforcementOptional, v1alpha1.EnforcementRequired),
		policy:      flag.NewExistingPolicy(),
		mapping:     flag.NewEnum([]string{"references", "references-and-text"}, v1alpha1.MappingReferences, v1alpha1.MappingReferencesAndText),
		gate:        flag.NewEnum([]string{"none", "pods"}, v1alpha1.GateNone, v1alpha1.GatePods),
		output:      flag.NewOutput(false),
	}
	cmd := &cobra.Command{
		Use:   "create NAME --backup BACKUP",
		Short: "Fill new namespaces from a backup from now on",
		Long: "Fill new namespaces from a backup from now on: those that ask for it with the annotation\n" +
			v1alpha1.AnnotationBaseline + ": NAME, and those that the selector matches, if there is one. A selector gives the\n" +
			"baseline to whoever can create or label a matching namespace. You need the verb \"restore\" on the backup.",
		Example: f.FormatExamples(
			"baseline create web --backup foo-svc",
			"baseline create team-a --backup foo-svc --namespace-selector team=a --wait",
			"baseline create guards --backup guards --all-namespaces --enforcement required",
		),
		Args:              flag.OneName,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return o.runCreate(cmd, f, args[0]) },
	}
	o.addFlags(cmd)
	resource.CompleteFlag(f, cmd, "backup", resource.Backup)
	return cmd
}

func (o *createOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&o.backup, "backup", "", "`BACKUP` that the namespaces are filled from")
	flags.StringVar(&o.source, "source-namespace", "", "`NAMESPACE` of the backup to restore; needed only when it holds several")
	flags.StringVar(&o.selector, "namespace-selector", "", "`SELECTOR` of the namespaces that get it without asking, for example team=a (none when left out)")
	flags.BoolVar(&o.everyNamespace, "all-namespaces", false, "every namespace gets it without asking")
	flags.StringVar(&o.allowed, "allowed-namespaces", "", "`SELECTOR` that a namespace which asks for it must match, for example tier=dev (any when left out)")
	o.existing.AddTo(cmd, "existing-namespaces", "what the selector does to namespaces that are older than the baseline (ignore when left out)")
	o.enforcement.AddTo(cmd, "enforcement", "whether a namespace's annotation replaces it (optional when left out)")
	o.policy.AddTo(cmd, "existing-resource-policy", "what happens to an object that is already there (none when left out, update when it is required)")
	o.mapping.AddTo(cmd, "mapping", "what of the source namespace's name becomes the target's (references when left out)")
	o.gate.AddTo(cmd, "gate", "what is refused in a new namespace until the baseline's guards stand (none when left out)")
	flags.StringSliceVar(&o.labels, "copy-namespace-labels", nil, "`LABELS` to copy from the source namespace, for example pod-security.kubernetes.io/*")
	flags.StringSliceVar(&o.annotations, "copy-namespace-annotations", nil, "`ANNOTATIONS` to copy from the source namespace, as patterns")
	o.metadata.AddTo(cmd)
	o.wait.AddTo(cmd, "it can be restored")
	o.output.AddTo(cmd, "create nothing, print the object")
}

// newBaseline returns the baseline that the flags describe.
func (o *createOptions) newBaseline(name string) (*v1alpha1.Baseline, error) {
	if err := flag.CheckLabelName("baseline", name); err != nil {
		return nil, err
	}
	if o.backup == "" {
		return nil, fmt.Errorf("--backup is missing: say which backup to fill namespaces from")
	}
	baseline := &v1alpha1.Baseline{ObjectMeta: o.metadata.ObjectMeta("", name), Spec: v1alpha1.BaselineSpec{
		Backup:             o.backup,
		SourceNamespace:    o.source,
		ExistingNamespaces: o.existing.Value,
		Enforcement:        o.enforcement.Value,
		ExistingResources:  o.policy.Value,
		Mapping:            o.mapping.Value,
		Gate:               o.gate.Value,
	}}
	return baseline, cmp.Or(o.setCopiedMetadata(&baseline.Spec), o.setSelectors(&baseline.Spec))
}

// setCopiedMetadata sets the patterns of metadata to copy from the source namespace.
func (o *createOptions) setCopiedMetadata(spec *v1alpha1.BaselineSpec) error {
	const example = "team,pod-security.kubernetes.io/*"
	labels, err := flag.UniqueValues("--copy-namespace-labels", example, o.labels)
	if err != nil {
		return err
	}
	annotations, err := flag.UniqueValues("--copy-namespace-annotations", example, o.annotations)
	if err == nil && len(labels)+len(annotations) > 0 {
		spec.NamespaceMetadata = &v1alpha1.NamespaceMetadata{Labels: labels, Annotations: annotations}
	}
	return err
}

// setSelectors sets the selectors of namespaces.
func (o *createOptions) setSelectors(spec *v1alpha1.BaselineSpec) (err error) {
	switch {
	case o.everyNamespace && o.selector != "":
		return fmt.Errorf("--all-namespaces and --namespace-selector exclude each other: choose one")
	case o.everyNamespace:
		spec.NamespaceSelector = &metav1.LabelSelector{}
	case o.selector != "":
		if spec.NamespaceSelector, err = flag.ParseSelector("--namespace-selector", o.selector); err != nil {
			return err
		}
	case o.enforcement.Value == v1alpha1.EnforcementRequired:
		return fmt.Errorf("--enforcement required needs --namespace-selector or --all-namespaces: it says which namespaces must have the baseline")
	case o.existing.Value == v1alpha1.ExistingNamespacesPopulate:
		return fmt.Errorf("--existing-namespaces populate needs --namespace-selector or --all-namespaces: it is about namespaces that these match")
	}
	if o.allowed != "" {
		spec.AllowedNamespaces, err = flag.ParseSelector("--allowed-namespaces", o.allowed)
	}
	return err
}

func (o *createOptions) runCreate(cmd *cobra.Command, f *factory.Factory, name string) error {
	baseline, err := o.newBaseline(name)
	if err != nil {
		return err
	}
	c, err := resource.PrepareCreate(cmd, f, baseline, o.output, &o.wait)
	if c == nil {
		return err
	}
	if err := resource.CheckBaselineBackup(cmd.Context(), c, &baseline.Spec); err != nil {
		return err
	}
	if err := resource.Create(cmd.Context(), c, resource.Baseline, baseline); err != nil {
		return err
	}
	output.Fprintf(cmd.OutOrStdout(), "Baseline %q created.\n", name)
	if !o.wait.Wait {
		output.Fprintf(cmd.OutOrStdout(), "Run `%s baseline describe %s` for more details.\n", f.Program, name)
		return nil
	}
	return o.awaitReady(cmd, f, c, baseline)
}

// awaitReady waits until the baseline can be restored. It waits for a backup that is not complete yet; every other reason needs
// an administrator.
func (o *createOptions) awaitReady(cmd *cobra.Command, f *factory.Factory, c client.Reader, baseline *v1alpha1.Baseline) error {
	state := func() (string, bool) {
		ready := resource.Ready(baseline.Status.Conditions)
		return ready.Reason, ready.Status == metav1.ConditionTrue || ready.Status == metav1.ConditionFalse && ready.Reason != v1alpha1.ReasonBackupNotReady
	}
	err := resource.AwaitEnd(cmd.Context(), o.wait.Timeout, resource.WatchObject(c, resource.Baseline, baseline, state), output.NewProgress(cmd.ErrOrStderr(), f.Now))
	if err != nil {
		return err
	}
	if ready := resource.Ready(baseline.Status.Conditions); ready.Status != metav1.ConditionTrue {
		return fmt.Errorf("baseline %q cannot be restored: %s: %s", baseline.Name, ready.Reason, ready.Message)
	}
	output.Fprintf(cmd.OutOrStdout(), "Baseline %q is ready: namespaces get %d items from backup %q.\n", baseline.Name, baseline.Status.Items, baseline.Spec.Backup)
	return nil
}
