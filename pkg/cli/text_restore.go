package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// maxPending bounds what is listed as still to be done without details.
const maxPending = 10

// restoreText describes a restore in Velero's sections; details adds what it did, object by object.
func restoreText(restore *v1alpha1.BaselineRestore, details bool) string {
	t := newText()
	status := &restore.Status
	t.metadata(&restore.ObjectMeta, true)
	t.gap()
	restorePhase(t, status)
	t.gap()
	t.field("Started", timestamp(status.StartTimestamp))
	t.field("Completed", timestamp(status.CompletionTimestamp))
	t.field("Attempts", fmt.Sprint(status.Attempts))
	t.gap()
	restoreSpec(t, restore)
	t.gap()
	restoreCounts(t, &status.Counts)
	t.gap()
	t.list("Still to be done", pendingLines(status.Pending, details))
	t.gap()
	t.problems(status.Warnings, status.Errors)
	if details {
		t.gap()
		restoreObjects(t, status.Items)
	}
	return t.String()
}

func restorePhase(t *text, status *v1alpha1.BaselineRestoreStatus) {
	t.phase(status.Conditions, status.Errors)
	counts := &status.Counts
	t.field("Total items to be restored", fmt.Sprint(itemsToRestore(counts)))
	t.field("Items restored", fmt.Sprint(restoredItems(counts)))
}

// itemsToRestore are those that no rule leaves out.
func itemsToRestore(counts *v1alpha1.RestoreCounts) int32 {
	return counts.Total - counts.Skipped
}

// restoredItems are those that are as in the backup now.
func restoredItems(counts *v1alpha1.RestoreCounts) int32 {
	return counts.Created + counts.Updated + counts.Unchanged
}

func restoreSpec(t *text, restore *v1alpha1.BaselineRestore) {
	t.field("Backup", orNone(restoredBackup(restore)))
	t.field("Baseline", orNone(restore.Spec.Baseline))
	t.field("Digest", orNone(restore.Status.Digest))
	t.gap()
	source := cmp.Or(restoredNamespace(restore), "the one that the backup holds")
	t.field("Namespace mappings", source+" -> "+restore.Namespace)
	t.gap()
	policy := "as the baseline says"
	if restore.Spec.Baseline == "" {
		policy = existingPolicyWord(cmp.Or(restore.Spec.ExistingResources, v1alpha1.ExistingResourcesKeep))
	}
	t.field("Existing Resource Policy", policy)
}

func restoreCounts(t *text, counts *v1alpha1.RestoreCounts) {
	t.heading("Items")
	t.field("  Created", fmt.Sprint(counts.Created))
	t.field("  Updated", fmt.Sprint(counts.Updated))
	t.field("  Unchanged", fmt.Sprint(counts.Unchanged))
	t.field("  Kept", fmt.Sprint(counts.Kept))
	t.field("  Skipped", fmt.Sprint(counts.Skipped))
	t.field("  Failed", fmt.Sprint(counts.Failed))
}

// pendingLines are the objects still to be done; without details only the first of them.
func pendingLines(pending []string, details bool) []string {
	more := len(pending) - maxPending
	if details || more <= 0 {
		return pending
	}
	return append(slices.Clone(pending[:maxPending]), fmt.Sprintf("and %d more (--details names them)", more))
}

func restoreObjects(t *text, items []v1alpha1.ResourceResult) {
	items = slices.Clone(items)
	slices.SortFunc(items, func(a, b v1alpha1.ResourceResult) int { return strings.Compare(a.Resource, b.Resource) })
	if len(items) == 0 {
		t.field("Resource List", none)
		return
	}
	t.heading("Resource List")
	for _, item := range items {
		t.heading("  " + printable(item.Resource))
		for _, object := range item.Objects {
			t.item(4, object)
		}
	}
}
