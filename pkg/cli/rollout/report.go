package rollout

import (
	"fmt"
	"time"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// report is the state of a rollout at a time.
type report struct {
	program  string
	baseline *v1alpha1.Baseline
	held     resource.Holders
	now      time.Time
}

// needsRecords reports whether the report needs the records, for names and reasons.
func needsRecords(baseline *v1alpha1.Baseline) bool {
	counts := &baseline.Status.NamespaceCounts
	return counts.FailedNamespaces > 0 || counts.KeptNamespaces > 0
}

// text returns the report for people.
func (r *report) text() string {
	t := output.NewText()
	t.Field("Name", r.baseline.Name)
	printState(t, r.baseline)
	t.Field("Namespaces", formatCounts(&r.baseline.Status.NamespaceCounts))
	r.printSteps(t)
	r.printNamespaces(t)
	if next := nextAction(r.program, r.baseline); next != "" {
		t.EmptyLine()
		t.Field("Next", next)
	}
	return t.String() + "\n"
}

// printState prints the present revision of a baseline, and whether all namespaces have it.
func printState(t *output.Text, baseline *v1alpha1.Baseline) {
	revision := output.None
	if status := &baseline.Status; status.Revision > 0 {
		revision = fmt.Sprintf("%d (%s)", status.Revision, status.RevisionHash)
	}
	t.Field("Revision", revision)
	t.Field("Backup", baseline.Spec.Backup)
	condition := conditionOf(baseline)
	t.Field("Rolled out", fmt.Sprintf("%s (%s)", condition.Status, condition.Reason))
	if condition.Message != "" {
		t.Field("Message", condition.Message)
	}
	if isPaused(baseline) && condition.Reason != v1alpha1.ReasonPaused {
		t.Field("Paused", "yes: no update begins")
	}
}

func (r *report) printSteps(t *output.Text) {
	steps := listSteps(r.baseline, r.now)
	if len(steps) == 0 {
		return
	}
	t.EmptyLine()
	t.Heading("Steps")
	for _, each := range steps {
		t.Field(fmt.Sprintf("  %d  %s", each.number, each.title), each.state)
	}
	t.EmptyLine()
	t.Field("Failures allowed", formatMaxFailures(r.baseline))
}

// printNamespaces names the namespaces that failed and those that kept something, with their reasons.
func (r *report) printNamespaces(t *output.Text) {
	counts := &r.baseline.Status.NamespaceCounts
	for _, part := range []struct {
		label string
		count int32
		lines []string
	}{{"Failed", counts.FailedNamespaces, namespaceLines(r.held.Records, resource.FailureReasons)}, {"Kept", counts.KeptNamespaces, namespaceLines(r.held.Records, resource.KeptReasons)}} {
		switch {
		case r.held.Unknown != "" && part.count > 0:
			t.EmptyLine()
			t.Field(part.label, fmt.Sprintf("%s, but %s, so their names and reasons are left out", output.CountNamespaces(int(part.count)), r.held.Unknown))
		case len(part.lines) > 0:
			t.EmptyLine()
			t.ListField(part.label, part.lines)
		}
	}
}

// formatCounts returns the counts of a baseline's namespaces in one line.
func formatCounts(c *v1alpha1.NamespaceCounts) string {
	return fmt.Sprintf("%d (%d updated, %d outdated, %d failed, %d pending); %d kept, %d drifted, %d released",
		c.Namespaces, c.UpdatedNamespaces, c.OutdatedNamespaces, c.FailedNamespaces, c.PendingNamespaces, c.KeptNamespaces, c.DriftedNamespaces, c.ReleasedNamespaces)
}
