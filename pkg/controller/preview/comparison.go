package preview

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/audit"
	"seedbed.dev/seedbed/pkg/controller/attempt"
	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/pkg/restore"
)

// Comparer compares namespaces as an audit does; package audit implements it.
type Comparer interface {
	CompareHeld(ctx context.Context, holder audit.Holder) (*audit.Comparison, error)
	CompareContent(ctx context.Context, holder audit.Holder, spec plan.Spec) (*audit.Comparison, error)
}

// compareStatus compares a namespace with the content that a preview selects.
func (p *Responder) compareStatus(ctx context.Context, spec *v1alpha1.BaselinePreviewSpec, baseline *v1alpha1.Baseline, backup *v1alpha1.BaselineBackup) (*v1alpha1.BaselinePreviewStatus, error) {
	if policy.Excluded(spec.Namespace, p.Namespace) {
		return nil, &previewRefusal{v1alpha1.ReasonRefused, attempt.RefuseSystem(spec.Namespace)}
	}
	if !backup.IsUsable() {
		return nil, &previewRefusal{v1alpha1.ReasonBackupNotReady, attempt.RefuseUnusable(backup)}
	}
	namespace, err := p.readNamespace(ctx, spec.Namespace)
	if err != nil {
		return nil, err
	}
	if namespace.UID == "" {
		return nil, refusePreview(v1alpha1.ReasonRefused, "namespace %s does not exist: there is nothing to compare", spec.Namespace)
	}
	holder, err := p.Namespaces.FindHolder(ctx, namespace, baseline)
	if err != nil {
		return nil, err
	}
	status := &v1alpha1.BaselinePreviewStatus{NamespaceExists: true, Backup: backup.Name, Digest: backup.Status.Digest}
	if holder.Record != nil {
		status.FromBackup = holder.Record.HeldRevision().Backup
	}
	var compared *audit.Comparison
	if spec.Compare == v1alpha1.CompareBackup {
		compared, err = p.Comparer.CompareContent(ctx, holder, plan.NewSpec(baseline, backup.Name, backup.Status.Digest))
	} else if err = checkHeld(&holder, backup); err == nil {
		compared, err = p.Comparer.CompareHeld(ctx, holder)
	}
	if err != nil {
		return nil, err
	}
	status.SourceNamespace = compared.Plan.Source
	status.Comparison, err = newComparison(namespace, compared)
	status.Truncated = err == nil && status.Comparison.DifferencesOmitted+status.Comparison.NotComparedOmitted > 0
	return status, err
}

// checkHeld returns an error unless the namespace holds the content of a backup. Admission reviewed the right to restore from that one
// alone.
func checkHeld(holder *audit.Holder, backup *v1alpha1.BaselineBackup) error {
	if holder.Record == nil {
		return refusePreview(v1alpha1.ReasonRefused, "namespace %s does not hold baseline %s: compare it with a backup instead (spec.compare: %s)",
			holder.Namespace.Name, holder.Baseline.Name, v1alpha1.CompareBackup)
	}
	switch held := holder.Record.HeldRevision(); {
	case held.Backup != backup.Name:
		return refusePreview(v1alpha1.ReasonRefused, "spec.backup: namespace %s holds backup %s of baseline %s, not %s: ask about that one",
			holder.Namespace.Name, held.Backup, holder.Baseline.Name, backup.Name)
	case held.Digest != backup.Status.Digest:
		return refusePreview(v1alpha1.ReasonContentUnreadable, "namespace %s holds the content of an earlier backup %s, which was deleted and created again since: "+
			"compare it with the present one instead (spec.compare: %s)", holder.Namespace.Name, backup.Name, v1alpha1.CompareBackup)
	}
	return nil
}

// Shares of the answer of a comparison, in bytes as encoded. The names of the objects for which there is no room get the rest.
const (
	maxComparedObjects = maxPreviewObjects
	maxNotCompared     = v1alpha1.MaxPreviewBytes / 8
)

// newComparison returns the answer of a comparison, bounded.
func newComparison(namespace *corev1.Namespace, compared *audit.Comparison) (*v1alpha1.NamespaceComparison, error) {
	answer := &v1alpha1.NamespaceComparison{Objects: int32(compared.Compared)} //nolint:gosec // bounded by the archive's entries
	addNotCompared(answer, compared.NotCompared)
	objects, names := space(maxComparedObjects), space(v1alpha1.MaxPreviewBytes-previewOverhead-maxComparedObjects-maxNotCompared)
	for i := range compared.Differences {
		difference := &compared.Differences[i]
		countDifference(answer, difference.Result)
		whole, err := newDifference(namespace, compared, difference)
		if err != nil {
			return nil, err
		}
		name := v1alpha1.ObjectDifference{Result: difference.ObjectResult}
		switch {
		case len(answer.Differences) == v1alpha1.MaxPreviewItems:
			answer.DifferencesOmitted++
		case objects.reserveBytes(encodedSize(whole)):
			answer.Differences = append(answer.Differences, whole)
		case names.reserveBytes(encodedSize(name)):
			answer.Differences = append(answer.Differences, name)
		default:
			answer.DifferencesOmitted++
		}
	}
	return answer, nil
}

// addNotCompared adds the objects that were not compared, as far as there is room.
func addNotCompared(answer *v1alpha1.NamespaceComparison, all []v1alpha1.ObjectResult) {
	room := space(maxNotCompared)
	for _, each := range all {
		if len(answer.NotCompared) < v1alpha1.MaxNotCompared && room.reserveBytes(encodedSize(each)) {
			answer.NotCompared = append(answer.NotCompared, each)
		} else {
			answer.NotComparedOmitted++
		}
	}
}

func countDifference(answer *v1alpha1.NamespaceComparison, result v1alpha1.Result) {
	switch result {
	case v1alpha1.ResultMissing:
		answer.Missing++
	case v1alpha1.ResultDisowned:
		answer.Disowned++
	default:
		answer.Changed++
	}
}

// newDifference returns a difference with the object that the baseline would write, without secrets.
func newDifference(namespace *corev1.Namespace, compared *audit.Comparison, difference *audit.Difference) (v1alpha1.ObjectDifference, error) {
	raw, err := restore.EncodeReadable(difference.Manifest, difference.Version, namespace.Name, compared.Plan.Spec.Labels())
	if err != nil {
		return v1alpha1.ObjectDifference{}, fmt.Errorf("comparing namespace %s: %w", namespace.Name, err)
	}
	return v1alpha1.ObjectDifference{Result: difference.ObjectResult, Fields: difference.Fields, Object: &runtime.RawExtension{Raw: raw}}, nil
}
