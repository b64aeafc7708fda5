package rollout

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// undoOptions are the flags of rollout undo.
type undoOptions struct {
	writeOptions
	revision  int64
	skipSteps bool
}

func newUndoCommand(f *factory.Factory) *cobra.Command {
	o := &undoOptions{}
	cmd := newNamedCommand(f, &cobra.Command{
		Use:   "undo NAME",
		Short: "Go back to an earlier revision of a baseline",
		Long: "Go back to an earlier revision of a baseline: its backup, source namespace, mapping and copied metadata are set\n" +
			"in the spec again. It works on a rollout that is finished, half done, paused or stopped; namespaces go back in\n" +
			"steps, or with --skip-steps all at once. It takes the verb \"restore\" on the backup. For a baseline that GitOps\n" +
			"manages, the manifest to commit is printed instead.",
		Example: f.FormatExamples(
			"baseline rollout undo web",
			"baseline rollout undo web --to-revision 5 --skip-steps --wait",
		),
	}, o.validate, func(cmd *cobra.Command, api client.Client, baseline *v1alpha1.Baseline) error {
		return o.runUndo(cmd, f, api, baseline)
	})
	cmd.Flags().Int64Var(&o.revision, "to-revision", 0, "`NUMBER` of the revision to go back to (the newest before the present one that was rolled out when left out)")
	cmd.Flags().BoolVar(&o.skipSteps, "skip-steps", false, "update all namespaces at once, without steps, soaks and approvals")
	o.addTo(cmd)
	return cmd
}

func (o *undoOptions) validate() error {
	if o.revision < 0 {
		return fmt.Errorf("--to-revision %d is no revision: they are numbered from 1 on", o.revision)
	}
	return o.wait.Validate()
}

func (o *undoOptions) runUndo(cmd *cobra.Command, f *factory.Factory, api client.Client, baseline *v1alpha1.Baseline) error {
	target, err := undoTarget(f.Program, baseline, o.revision)
	if err != nil {
		return err
	}
	c := newChange(baseline)
	if err := setRevision(cmd.Context(), api, &c.after, target); err != nil {
		return err
	}
	o.applyTo(c)
	if o.skipSteps {
		c.annotations, c.skipsSteps = map[string]string{v1alpha1.AnnotationRolloutSkipSteps: target.Hash}, true
	}
	return o.finish(cmd, f, api, c, fmt.Sprintf("goes back to revision %d: backup %s (was %s)", target.Revision, target.Backup, baseline.Spec.Backup))
}

// setRevision sets the content of a revision in a spec, once its backup is known to be usable. A spec without a source namespace
// stays without one where the backup holds no other.
func setRevision(ctx context.Context, api client.Reader, spec *v1alpha1.BaselineSpec, revision *v1alpha1.BaselineRevision) error {
	implied := spec.SourceNamespace == ""
	spec.Backup, spec.NamespaceMetadata = revision.Backup, revision.NamespaceMetadata.DeepCopy()
	spec.BaselineRules = *revision.BaselineRules.DeepCopy()
	if mapping := cmp.Or(revision.Mapping, v1alpha1.MappingReferences); mapping != cmp.Or(spec.Mapping, v1alpha1.MappingReferences) {
		spec.Mapping = mapping
	}
	spec.SourceNamespace = revision.SourceNamespace
	if implied {
		holdsOne, err := holdsOneNamespace(ctx, api, revision.Backup)
		if err != nil {
			return err
		}
		if holdsOne {
			spec.SourceNamespace = ""
		}
	}
	return resource.CheckBaselineBackup(ctx, api, spec)
}

// holdsOneNamespace reports whether a backup holds one namespace. It is false for users who may not read the backup.
func holdsOneNamespace(ctx context.Context, api client.Reader, name string) (bool, error) {
	obj, err := resource.GetNamed(ctx, api, resource.Backup, name)
	if apierrors.IsForbidden(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return len(obj.(*v1alpha1.BaselineBackup).Spec.IncludedNamespaces) == 1, nil
}
