package backup

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/utils/ptr"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// timeUntil returns the time from now to t, short.
func timeUntil(t *metav1.Time, now time.Time) string {
	switch {
	case t.IsZero():
		return "never"
	case !t.After(now):
		return "now"
	default:
		return duration.HumanDuration(t.Sub(now))
	}
}

var tableColumns = slices.Concat(
	output.NewColumns(0, "Name", "Status", "Errors", "Warnings", "Created", "Expires", "Namespaces", "Items", "Selector"),
	output.NewColumns(1, "Size", "Digest"),
)

func tableRow(backup *v1alpha1.BaselineBackup, now time.Time) []any {
	status := &backup.Status
	items := ptr.Deref(status.Progress, v1alpha1.BackupProgress{}).ItemsBackedUp
	return []any{
		backup.Name, backup.Phase(), len(status.Errors), len(status.Warnings), output.FormatTime(&backup.CreationTimestamp), timeUntil(status.Expiration, now),
		output.JoinOr(backup.Spec.IncludedNamespaces, output.None), items, output.FormatSelector(backup.Spec.LabelSelector),
		output.FormatSize(status.SizeBytes), output.OrNone(status.Digest),
	}
}

// describeBackup describes a backup in Velero's sections; details adds the number of objects of each resource.
func describeBackup(backup *v1alpha1.BaselineBackup, details bool) string {
	t := output.NewText()
	t.MetadataFields(&backup.ObjectMeta, false)
	t.EmptyLine()
	printPhase(t, backup)
	t.EmptyLine()
	printSelection(t, &backup.Spec)
	t.EmptyLine()
	printRun(t, backup)
	t.EmptyLine()
	t.ProblemFields(backup.Status.Warnings, len(backup.Status.Warnings), backup.Status.Errors, len(backup.Status.Errors))
	if details {
		t.EmptyLine()
		printContents(t, &backup.Status)
	}
	return t.String()
}

func printPhase(t *output.Text, backup *v1alpha1.BaselineBackup) {
	t.PhaseFields(backup.Phase(), resource.Ready(backup.Status.Conditions).Message, backup.Status.Errors)
	if backup.Status.Adopted {
		t.Field("Adopted", "the content was already stored under this name: the namespaces were not read again")
	}
}

func printSelection(t *output.Text, spec *v1alpha1.BaselineBackupSpec) {
	t.Heading("Namespaces")
	t.Field("  Included", output.JoinOr(spec.IncludedNamespaces, output.None))
	t.Field("  Excluded", output.None)
	t.EmptyLine()
	t.Heading("Resources")
	t.Field("  Included", output.JoinOr(spec.IncludedResources, "*"))
	t.Field("  Excluded", output.JoinOr(spec.ExcludedResources, output.None))
	t.Field("  Cluster-scoped", "excluded")
	t.EmptyLine()
	t.Field("Label selector", output.FormatSelector(spec.LabelSelector))
	t.EmptyLine()
	ttl := output.None
	if spec.TTL != nil {
		ttl = spec.TTL.Duration.String()
	}
	t.Field("TTL", ttl)
}

func printRun(t *output.Text, backup *v1alpha1.BaselineBackup) {
	status := &backup.Status
	t.Field("Backup Format Version", output.OrNone(status.FormatVersion))
	t.EmptyLine()
	t.Field("Started", output.FormatTime(status.StartTimestamp))
	t.Field("Completed", output.FormatTime(status.CompletionTimestamp))
	t.EmptyLine()
	expiration := output.FormatTime(status.Expiration)
	if held := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionExpirationHeld); held != nil && held.Status == metav1.ConditionTrue {
		expiration += fmt.Sprintf(" (held: %s)", held.Message)
	}
	t.Field("Expiration", expiration)
	t.EmptyLine()
	if status.Progress == nil {
		t.Field("Total items to be backed up", output.None)
		t.Field("Items backed up", output.None)
	} else {
		t.Field("Total items to be backed up", fmt.Sprint(status.Progress.TotalItems))
		t.Field("Items backed up", fmt.Sprint(status.Progress.ItemsBackedUp))
	}
	t.EmptyLine()
	t.Field("Size", output.FormatSize(status.SizeBytes))
	t.Field("Digest", output.OrNone(status.Digest))
}

func printContents(t *output.Text, status *v1alpha1.BaselineBackupStatus) {
	counts := slices.Clone(status.ItemCounts)
	slices.SortFunc(counts, func(a, b v1alpha1.ResourceCount) int { return strings.Compare(a.Resource, b.Resource) })
	if len(counts) == 0 {
		t.Field("Items by resource", output.None)
		return
	}
	t.Heading("Items by resource")
	for _, count := range counts {
		t.Field("  "+count.Resource, fmt.Sprint(count.Count))
	}
}
