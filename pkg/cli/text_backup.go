package cli

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// backupText describes a backup in Velero's sections; details adds what it holds, resource by resource.
func backupText(backup *v1alpha1.BaselineBackup, details bool) string {
	t := newText()
	t.metadata(&backup.ObjectMeta, false)
	t.gap()
	backupPhase(t, backup)
	t.gap()
	backupSelection(t, &backup.Spec)
	t.gap()
	backupRun(t, backup)
	t.gap()
	t.problems(backup.Status.Warnings, len(backup.Status.Warnings), backup.Status.Errors, len(backup.Status.Errors))
	if details {
		t.gap()
		backupContents(t, &backup.Status)
	}
	return t.String()
}

func backupPhase(t *text, backup *v1alpha1.BaselineBackup) {
	t.phase(phase(backup.Status.Conditions), readyMessage(backup.Status.Conditions), backup.Status.Errors)
	if backup.Status.Adopted {
		t.field("Adopted", "the content was already stored under this name: the namespaces were not read again")
	}
}

func backupSelection(t *text, spec *v1alpha1.BaselineBackupSpec) {
	t.heading("Namespaces")
	t.field("  Included", joined(spec.IncludedNamespaces, none))
	t.field("  Excluded", none)
	t.gap()
	t.heading("Resources")
	t.field("  Included", joined(spec.IncludedResources, "*"))
	t.field("  Excluded", joined(spec.ExcludedResources, none))
	t.field("  Cluster-scoped", "excluded")
	t.gap()
	t.field("Label selector", selectorText(spec.LabelSelector))
	t.gap()
	ttl := none
	if spec.TTL != nil {
		ttl = spec.TTL.Duration.String()
	}
	t.field("TTL", ttl)
}

func backupRun(t *text, backup *v1alpha1.BaselineBackup) {
	status := &backup.Status
	t.field("Backup Format Version", orNone(status.FormatVersion))
	t.gap()
	t.field("Started", timestamp(status.StartTimestamp))
	t.field("Completed", timestamp(status.CompletionTimestamp))
	t.gap()
	expiration := timestamp(status.Expiration)
	if held := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionExpirationHeld); held != nil && held.Status == metav1.ConditionTrue {
		expiration += fmt.Sprintf(" (held: %s)", held.Message)
	}
	t.field("Expiration", expiration)
	t.gap()
	if status.Progress == nil {
		t.field("Total items to be backed up", none)
		t.field("Items backed up", none)
	} else {
		t.field("Total items to be backed up", fmt.Sprint(status.Progress.TotalItems))
		t.field("Items backed up", fmt.Sprint(status.Progress.ItemsBackedUp))
	}
	t.gap()
	t.field("Size", size(status.SizeBytes))
	t.field("Digest", orNone(status.Digest))
}

func backupContents(t *text, status *v1alpha1.BaselineBackupStatus) {
	counts := slices.Clone(status.ItemCounts)
	slices.SortFunc(counts, func(a, b v1alpha1.ResourceCount) int { return strings.Compare(a.Resource, b.Resource) })
	if len(counts) == 0 {
		t.field("Items by resource", none)
		return
	}
	t.heading("Items by resource")
	for _, count := range counts {
		t.field("  "+count.Resource, fmt.Sprint(count.Count))
	}
}
