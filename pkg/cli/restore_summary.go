package cli

import (
	"cmp"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// restoreSummary is the common view of restores by hand and of records, for tables and texts.
type restoreSummary struct {
	meta *metav1.ObjectMeta
	// baseline is empty for a restore by hand.
	baseline string
	// backup and source are the restored ones, or those that were asked for; source may be unknown yet.
	backup, source string
	// selection is the part of the backup to restore; nil for a record.
	selection *v1alpha1.RestoreSelection
	// policy is the existing resource policy.
	policy         string
	phase, message string
	result         *v1alpha1.RestoreResult
}

// summarize returns the summary of a restore by hand or of a record.
func summarize(obj client.Object) *restoreSummary {
	if record, ok := obj.(*v1alpha1.BaselineRecord); ok {
		return summarizeRecord(record)
	}
	return summarizeRestore(obj.(*v1alpha1.BaselineRestore))
}

// summarizeRestore returns the summary of a restore by hand.
func summarizeRestore(restore *v1alpha1.BaselineRestore) *restoreSummary {
	spec, status := &restore.Spec, &restore.Status
	return &restoreSummary{
		meta:      &restore.ObjectMeta,
		backup:    cmp.Or(status.Backup, spec.Backup),
		source:    cmp.Or(status.SourceNamespace, spec.SourceNamespace),
		selection: &spec.RestoreSelection,
		policy:    existingPolicyWord(cmp.Or(spec.ExistingResources, v1alpha1.ExistingResourcesKeep)),
		phase:     phase(status.Conditions),
		message:   readyMessage(status.Conditions),
		result:    &status.RestoreResult,
	}
}

// summarizeRecord returns the summary of a record. A record has no conditions: its phase is in the result.
func summarizeRecord(record *v1alpha1.BaselineRecord) *restoreSummary {
	return &restoreSummary{
		meta:     &record.ObjectMeta,
		baseline: record.Name,
		backup:   record.Result.Backup,
		source:   record.Result.SourceNamespace,
		policy:   "as the baseline says",
		phase:    recordPhase(record),
		result:   &record.Result,
	}
}

// recordPhase returns the phase of a record, and New before there is one.
func recordPhase(record *v1alpha1.BaselineRecord) string {
	return cmp.Or(string(record.Result.Phase), v1alpha1.PhaseNew)
}
