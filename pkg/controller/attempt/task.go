package attempt

import (
	"errors"
	"fmt"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/kube"
	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/pkg/restore"
)

// NewTask returns the task of a Baseline's restores, without a namespace.
func NewTask(baseline *v1alpha1.Baseline, backup *v1alpha1.BaselineBackup) restore.Task {
	return restore.Task{
		Name:     baseline.Name,
		Baseline: baseline,
		Spec:     plan.NewSpec(baseline, backup.Name, backup.Status.Digest),
		Existing: baseline.Spec.ExistingResourcesPolicy(),
		Required: baseline.Spec.Enforcement == v1alpha1.EnforcementRequired,
		Protects: protectsOf(&baseline.Spec),
		Metadata: baseline.Spec.NamespaceMetadata,
		Prune:    baseline.Spec.Rollout != nil && baseline.Spec.Rollout.Prune == v1alpha1.PruneUnmodified,
	}
}

// protectsOf returns the function that selects the objects which the chart's protection guards; nil if it guards none.
func protectsOf(spec *v1alpha1.BaselineSpec) func(object *manifest.Object) bool {
	if !spec.IsProtected() {
		return nil
	}
	return func(object *manifest.Object) bool { return spec.Protects(object.Kind.GroupKind(), object.Name) }
}

// RefuseSystem returns the error of a restore into a namespace of the system.
func RefuseSystem(namespace string) error {
	return fmt.Errorf("namespace %s belongs to the system: nothing is restored into it", namespace)
}

// RefuseUnusable returns the error of a restore from a backup that is not complete.
func RefuseUnusable(backup *v1alpha1.BaselineBackup) error {
	return fmt.Errorf("backup %s is %s: it can be restored when it is Completed", backup.Name, backup.Phase())
}

// IsGone reports whether an error means that the object or the namespace was deleted or replaced in the meantime.
func IsGone(err error) bool {
	return errors.Is(err, kube.ErrGone) || errors.Is(err, restore.ErrNamespaceGone)
}

// IgnoreGone returns nil for an error that IsGone reports, and other errors unchanged.
func IgnoreGone(err error) error {
	if IsGone(err) {
		return nil
	}
	return err
}
