package cli

import (
	"cmp"
	"fmt"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// baselineCreateOptions are the flags of baseline create.
type baselineCreateOptions struct {
	backup, source      string
	selector, allowed   string
	everyNamespace      bool
	labels, annotations []string
	existing            *choice[v1alpha1.ExistingNamespaces]
	enforcement         *choice[v1alpha1.Enforcement]
	policy              *choice[v1alpha1.ExistingResources]
	mapping             *choice[v1alpha1.Mapping]
	gate                *choice[v1alpha1.Gate]
	metadata            metadataFlags
	wait                waitFlags
	output              *outputFlags
}

func newBaselineCreateCommand(t *tool) *cobra.Command {
	o := &baselineCreateOptions{
		existing: &choice[v1alpha1.ExistingNamespaces]{
			words:  []string{"ignore", "populate"},
			values: []v1alpha1.ExistingNamespaces{v1alpha1.ExistingNamespacesIgnore, v1alpha1.ExistingNamespacesPopulate},
		},
		enforcement: &choice[v1alpha1.Enforcement]{
			words:  []string{"optional", "required"},
			values: []v1alpha1.Enforcement{v1alpha1.EnforcementOptional, v1alpha1.EnforcementRequired},
		},
		policy: newExistingPolicy(),
		mapping: &choice[v1alpha1.Mapping]{
			words:  []string{"references", "references-and-text"},
			values: []v1alpha1.Mapping{v1alpha1.MappingReferences, v1alpha1.MappingReferencesAndText},
		},
		gate: &choice[v1alpha1.Gate]{
			words:  []string{"none", "pods"},
			values: []v1alpha1.Gate{v1alpha1.GateNone, v1alpha1.GatePods},
		},
		output: newOutputFlags(false),
	}
	cmd := &cobra.Command{
		Use:   "create NAME --backup BACKUP",
		Short: "Fill new namespaces from a backup from now on",
		Long: "Fill new namespaces from a backup from now on: those that ask for it with the annotation\n" +
			v1alpha1.AnnotationBaseline + ": NAME, and those that the selector matches, if there is one. A selector gives the\n" +
			"baseline to whoever can create or label a matching namespace. You need the verb \"restore\" on the backup.",
		Example: t.examples(
			"baseline create web --backup foo-svc",
			"baseline create team-a --backup foo-svc --namespace-selector team=a --wait",
			"baseline create guards --backup guards --all-namespaces --enforcement required",
		),
		Args:              oneName,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return o.run(cmd, t, args[0]) },
	}
	o.addFlags(cmd)
	completeFlag(t, cmd, "backup", backupKind)
	return cmd
}

func (o *baselineCreateOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&o.backup, "backup", "", "`BACKUP` that the namespaces are filled from")
	flags.StringVar(&o.source, "source-namespace", "", "`NAMESPACE` of the backup to restore; needed only when it holds several")
	flags.StringVar(&o.selector, "namespace-selector", "", "`SELECTOR` of the namespaces that get it without asking, for example team=a (none when left out)")
	flags.BoolVar(&o.everyNamespace, "all-namespaces", false, "every namespace gets it without asking")
	flags.StringVar(&o.allowed, "allowed-namespaces", "", "`SELECTOR` that a namespace which asks for it must match, for example tier=dev (any when left out)")
	o.existing.add(cmd, "existing-namespaces", "what the selector does to namespaces that are older than the baseline (ignore when left out)")
	o.enforcement.add(cmd, "enforcement", "whether a namespace's annotation replaces it (optional when left out)")
	o.policy.add(cmd, "existing-resource-policy", "what happens to an object that is already there (none when left out, update when it is required)")
	o.mapping.add(cmd, "mapping", "what of the source namespace's name becomes the target's (references when left out)")
	o.gate.add(cmd, "gate", "what is refused in a new namespace until the baseline's guards stand (none when left out)")
	flags.StringSliceVar(&o.labels, "copy-namespace-labels", nil, "`LABELS` to copy from the source namespace, for example pod-security.kubernetes.io/*")
	flags.StringSliceVar(&o.annotations, "copy-namespace-annotations", nil, "`ANNOTATIONS` to copy from the source namespace, as patterns")
	o.metadata.add(cmd)
	o.wait.add(cmd, "it can be restored")
	o.output.add(cmd, "create nothing, print the object")
}

// object is the baseline that the flags describe.
func (o *baselineCreateOptions) object(name string) (*v1alpha1.Baseline, error) {
	if err := checkLabelName("baseline", name); err != nil {
		return nil, err
	}
	if o.backup == "" {
		return nil, fmt.Errorf("--backup is missing: say which backup to fill namespaces from")
	}
	baseline := &v1alpha1.Baseline{ObjectMeta: o.metadata.meta("", name), Spec: v1alpha1.BaselineSpec{
		Backup:             o.backup,
		SourceNamespace:    o.source,
		ExistingNamespaces: o.existing.value,
		Enforcement:        o.enforcement.value,
		ExistingResources:  o.policy.value,
		Mapping:            o.mapping.value,
		Gate:               o.gate.value,
	}}
	return baseline, cmp.Or(o.copied(&baseline.Spec), o.selectors(&baseline.Spec))
}

// copied fills in what the flags copy from the source namespace.
func (o *baselineCreateOptions) copied(spec *v1alpha1.BaselineSpec) error {
	const example = "team,pod-security.kubernetes.io/*"
	labels, err := eachOnce("--copy-namespace-labels", example, o.labels)
	if err != nil {
		return err
	}
	annotations, err := eachOnce("--copy-namespace-annotations", example, o.annotations)
	if err == nil && len(labels)+len(annotations) > 0 {
		spec.NamespaceMetadata = &v1alpha1.NamespaceMetadata{Labels: labels, Annotations: annotations}
	}
	return err
}

// selectors fills in which namespaces the flags choose.
func (o *baselineCreateOptions) selectors(spec *v1alpha1.BaselineSpec) (err error) {
	switch {
	case o.everyNamespace && o.selector != "":
		return fmt.Errorf("--all-namespaces and --namespace-selector exclude each other: choose one")
	case o.everyNamespace:
		spec.NamespaceSelector = &metav1.LabelSelector{}
	case o.selector != "":
		if spec.NamespaceSelector, err = parseSelector("--namespace-selector", o.selector); err != nil {
			return err
		}
	case o.enforcement.value == v1alpha1.EnforcementRequired:
		return fmt.Errorf("--enforcement required needs --namespace-selector or --all-namespaces: it says which namespaces must have the baseline")
	case o.existing.value == v1alpha1.ExistingNamespacesPopulate:
		return fmt.Errorf("--existing-namespaces populate needs --namespace-selector or --all-namespaces: it is about namespaces that these match")
	}
	if o.allowed != "" {
		spec.AllowedNamespaces, err = parseSelector("--allowed-namespaces", o.allowed)
	}
	return err
}

func (o *baselineCreateOptions) run(cmd *cobra.Command, t *tool, name string) error {
	baseline, err := o.object(name)
	if err != nil {
		return err
	}
	if err := cmp.Or(o.output.check(), o.wait.check()); err != nil {
		return err
	}
	if o.output.format != "" {
		return o.output.print(cmd.OutOrStdout(), []client.Object{baseline}, true)
	}
	c, err := t.client(cmd)
	if err != nil {
		return err
	}
	if err := checkBaselineBackup(cmd.Context(), c, &baseline.Spec); err != nil {
		return err
	}
	if err := create(cmd.Context(), c, baselineKind, baseline); err != nil {
		return err
	}
	say(cmd.OutOrStdout(), "Baseline %q created.\n", name)
	if !o.wait.wait {
		say(cmd.OutOrStdout(), "Run `%s baseline describe %s` for more details.\n", t.program, name)
		return nil
	}
	return o.ready(cmd, t, c, baseline)
}

// ready waits until the baseline can be restored. A backup that is still being taken is waited for;
// every other reason is one that somebody has to see to.
func (o *baselineCreateOptions) ready(cmd *cobra.Command, t *tool, c client.Reader, baseline *v1alpha1.Baseline) error {
	conditions := func() []metav1.Condition { return baseline.Status.Conditions }
	state := func() (string, bool) {
		status, reason := readyStatus(conditions()), phase(conditions())
		return reason, status == metav1.ConditionTrue || status == metav1.ConditionFalse && reason != v1alpha1.ReasonBackupNotReady
	}
	err := awaitEnd(cmd.Context(), o.wait.timeout, watch(c, baselineKind, baseline, state), newProgress(cmd.ErrOrStderr(), t.now))
	if err != nil {
		return err
	}
	if readyStatus(conditions()) != metav1.ConditionTrue {
		return fmt.Errorf("baseline %q cannot be restored: %s: %s", baseline.Name, phase(conditions()), readyMessage(conditions()))
	}
	say(cmd.OutOrStdout(), "Baseline %q is ready: namespaces get %d items from backup %q.\n", baseline.Name, baseline.Status.Items, baseline.Spec.Backup)
	return nil
}
