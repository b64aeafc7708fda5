package restore

import (
	"cmp"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// summary is the common view of restores by hand and of records, for tables and texts.
type summary struct {
	meta *metav1.ObjectMeta
	// baseline is empty for a restore by hand.
	baseline string
	// backup and source are the restored ones, else the requested ones; source may be unknown yet.
	backup, source string
	// selection is the part of the backup to restore; nil for a record.
	selection *v1alpha1.RestoreSelection
	// policy is the existing resource policy.
	policy         string
	phase, message string
	// digest is that of the content that the namespace holds, or gets.
	digest string
	result *v1alpha1.RestoreResult
	// update is the last update of a record to another revision; nil if there was none.
	update *v1alpha1.RestoreUpdate
	// drift has a clause for each object that an audit found changed or deleted.
	drift []string
	// runs are those of a record before the present one, the oldest first.
	runs []v1alpha1.RecordedRun
}

// summarizeObject returns the summary of a restore by hand or of a record.
func summarizeObject(obj client.Object) *summary {
	if record, ok := obj.(*v1alpha1.BaselineRecord); ok {
		return summarizeRecord(record)
	}
	return summarizeRestore(obj.(*v1alpha1.BaselineRestore))
}

// summarizeRestore returns the summary of a restore by hand.
func summarizeRestore(restore *v1alpha1.BaselineRestore) *summary {
	spec, status := &restore.Spec, &restore.Status
	ready := resource.Ready(status.Conditions)
	return &summary{
		meta:      &restore.ObjectMeta,
		backup:    cmp.Or(status.Backup, spec.Backup),
		source:    cmp.Or(status.SourceNamespace, spec.SourceNamespace),
		selection: &spec.RestoreSelection,
		policy:    flag.ExistingPolicyName(cmp.Or(spec.ExistingResources, v1alpha1.ExistingResourcesKeep)),
		phase:     ready.Reason,
		message:   ready.Message,
		digest:    status.Digest,
		result:    &status.RestoreResult,
	}
}

// summarizeRecord returns the summary of a record. A record has no conditions: its phase is in the result, or that of an update
// that is incomplete.
func summarizeRecord(record *v1alpha1.BaselineRecord) *summary {
	held, phase := record.HeldRevision(), resource.RecordPhase(record)
	if !record.Update.IsComplete() {
		phase = string(record.Update.Phase)
	}
	return &summary{
		meta:     &record.ObjectMeta,
		baseline: record.Name,
		backup:   held.Backup,
		source:   cmp.Or(held.SourceNamespace, record.Result.SourceNamespace),
		policy:   "as the baseline says",
		phase:    phase,
		digest:   held.Digest,
		result:   &record.Result,
		update:   record.Update,
		drift:    resource.DriftReasons(record),
		runs:     record.Runs,
	}
}
