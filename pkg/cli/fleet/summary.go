package fleet

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/rollout"
)

// baselineSummary is a baseline in the output of "fleet". Scripts read its fields.
type baselineSummary struct {
	Baseline   string `json:"baseline"`
	Backup     string `json:"backup"`
	Revision   int64  `json:"revision,omitempty"`
	Namespaces int32  `json:"namespaces"`
	Updated    int32  `json:"updated"`
	Outdated   int32  `json:"outdated"`
	Failed     int32  `json:"failed"`
	Kept       int32  `json:"kept"`
	Drifted    int32  `json:"drifted"`
	Pending    int32  `json:"pending"`
	Released   int32  `json:"released"`
	// PinnedBytes is the size of the backups that the history keeps; omitted if they could not be read.
	PinnedBytes *int64         `json:"pinnedBytes,omitempty"`
	Rollout     rolloutSummary `json:"rollout"`

	// stepCounts is for people.
	stepCounts string
}

// rolloutSummary reports how far the present revision is. The fields from Step on are of its rollout, and omitted without one.
type rolloutSummary struct {
	// Reason is that of the condition RolledOut, or NotYetObserved.
	Reason   string `json:"reason"`
	Progress string `json:"progress"`
	Step     int32  `json:"step,omitempty"`
	Steps    int32  `json:"steps,omitempty"`
	StepName string `json:"stepName,omitempty"`
	Total    int32  `json:"total,omitempty"`
	Updated  int32  `json:"updated,omitempty"`
	Failed   int32  `json:"failed,omitempty"`
	Kept     int32  `json:"kept,omitempty"`

	StartTimestamp      *metav1.Time `json:"startTimestamp,omitempty"`
	CompletionTimestamp *metav1.Time `json:"completionTimestamp,omitempty"`
	SoakEndTimestamp    *metav1.Time `json:"soakEndTimestamp,omitempty"`
}

// storedContent is the content of a backup.
type storedContent struct {
	digest string
	bytes  int64
}

// newSummary returns the summary of a baseline. sizes are the backups by name; nil if they are not known.
func newSummary(baseline *v1alpha1.Baseline, sizes map[string]storedContent, now time.Time) baselineSummary {
	counts := &baseline.Status.NamespaceCounts
	summary := baselineSummary{
		Baseline: baseline.Name, Backup: baseline.Spec.Backup, Revision: baseline.Status.Revision,
		Namespaces: counts.Namespaces, Updated: counts.UpdatedNamespaces, Outdated: counts.OutdatedNamespaces, Failed: counts.FailedNamespaces,
		Kept: counts.KeptNamespaces, Drifted: counts.DriftedNamespaces, Pending: counts.PendingNamespaces, Released: counts.ReleasedNamespaces,
		Rollout:    rolloutSummary{Reason: rollout.CurrentReason(baseline), Progress: rollout.FormatProgress(baseline, now)},
		stepCounts: rollout.FormatStepCounts(baseline),
	}
	if sizes != nil {
		pinned := sumPinned(baseline, sizes)
		summary.PinnedBytes = &pinned
	}
	if status := baseline.Status.Rollout; status != nil && status.RevisionHash == baseline.Status.RevisionHash {
		r := &summary.Rollout
		r.Step, r.Steps, r.StepName = status.Step, status.Steps, status.StepName
		r.Total, r.Updated, r.Failed, r.Kept = status.Total, status.Updated, status.Failed, status.Kept
		r.StartTimestamp, r.CompletionTimestamp, r.SoakEndTimestamp = status.StartTimestamp, status.CompletionTimestamp, status.SoakEndTimestamp
	}
	return summary
}

// sumPinned returns the size of the backups that a baseline and its history use. Content that several of them share counts once.
func sumPinned(baseline *v1alpha1.Baseline, sizes map[string]storedContent) (sum int64) {
	seen := map[string]bool{}
	for _, name := range baseline.UsedBackups() {
		content := sizes[name]
		if key := cmp.Or(content.digest, name); !seen[key] {
			seen[key] = true
			sum += content.bytes
		}
	}
	return sum
}

var summaryColumns = slices.Concat(
	output.NewColumns(0, "Baseline", "Backup", "Revision", "Namespaces", "Updated", "Outdated", "Failed", "Kept", "Drifted", "Pending", "Released", "Rollout"),
	output.NewColumns(1, "Step", "Pinned", "Age"),
)

func summaryTable(summaries []baselineSummary, now time.Time) *metav1.Table {
	table := &metav1.Table{ColumnDefinitions: summaryColumns}
	for i := range summaries {
		table.Rows = append(table.Rows, metav1.TableRow{Cells: summaryRow(&summaries[i], now)})
	}
	return table
}

func summaryRow(s *baselineSummary, now time.Time) []any {
	return []any{
		s.Baseline, s.Backup, formatRevision(s.Revision), formatCount(s.Namespaces), formatCount(s.Updated), formatCount(s.Outdated), formatCount(s.Failed),
		formatCount(s.Kept), formatCount(s.Drifted), formatCount(s.Pending), formatCount(s.Released), s.Rollout.Progress,
		output.OrNone(s.stepCounts), formatPinned(s.PinnedBytes), formatAge(s.Rollout.StartTimestamp, now),
	}
}

func formatRevision(number int64) string {
	if number == 0 {
		return output.None
	}
	return strconv.FormatInt(number, 10)
}

// formatCount returns a number with a comma before each three digits: "12,690".
func formatCount[T int | int32](count T) string {
	text := strconv.Itoa(int(count))
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func formatPinned(bytes *int64) string {
	if bytes == nil {
		return "<unknown>"
	}
	return output.FormatSize(*bytes)
}

// formatAge returns the time since t, as kubectl does.
func formatAge(t *metav1.Time, now time.Time) string {
	if t.IsZero() {
		return output.None
	}
	return duration.HumanDuration(max(now.Sub(t.Time), 0))
}
