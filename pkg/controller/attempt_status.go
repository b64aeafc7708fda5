package controller

import (
	"fmt"
	"sort"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/restore"
)

// Bounds of what a record lists.
const (
	maxResources          = 512
	maxObjectsPerResource = 256
	maxPending            = 20000
)

// nextStatus is the record's status after an attempt: pure.
func nextStatus(w work, plan *restore.Plan, outcome *restore.Outcome, began time.Time) v1alpha1.BaselineRestoreStatus {
	status := begin(w, began)
	status.SourceNamespace = plan.Source
	status.Counts = addCounts(w.record.Status.Counts, outcome)
	status.Items = mergeItems(w.record.Status.Items, outcome)
	status.Pending = outcome.Pending
	status.Warnings, status.WarningCount = mergeWarnings(w.record.Status, outcome.Warnings)
	status.Errors = v1alpha1.Bound(outcome.Errors)
	phase := v1alpha1.PhaseCompleted
	if len(status.Pending) > 0 {
		phase = v1alpha1.PhasePartiallyFailed
	}
	if len(status.Pending) > maxPending {
		status.Pending = nil // too many to name: the next attempt looks at every object again
		status.Digest = ""
	}
	setPhase(&status.Conditions, w.record.Generation, phase, summary(&status))
	setGuarded(&status, w, plan, outcome.Pending)
	return status
}

// failedStatus is for an attempt that found no plan.
func failedStatus(w work, began time.Time, err error) v1alpha1.BaselineRestoreStatus {
	status := begin(w, began)
	status.Digest = w.record.Status.Digest
	status.Counts, status.Items, status.Pending = w.record.Status.Counts, w.record.Status.Items, w.record.Status.Pending
	status.Warnings, status.WarningCount = w.record.Status.Warnings, w.record.Status.WarningCount
	status.Errors = v1alpha1.Bound([]string{err.Error()})
	setPhase(&status.Conditions, w.record.Generation, v1alpha1.PhaseFailed, status.Errors[0])
	return status
}

func begin(w work, began time.Time) v1alpha1.BaselineRestoreStatus {
	old, now := w.record.Status, metav1.Now()
	status := v1alpha1.BaselineRestoreStatus{
		Conditions:          append([]metav1.Condition(nil), old.Conditions...),
		ObservedGeneration:  w.record.Generation,
		StartTimestamp:      old.StartTimestamp,
		CompletionTimestamp: &now,
		Attempts:            old.Attempts + 1,
		Backup:              w.spec.Backup,
		SourceNamespace:     old.SourceNamespace,
		Digest:              w.spec.Digest,
	}
	if status.StartTimestamp == nil {
		status.StartTimestamp = &metav1.Time{Time: began}
	}
	return status
}

// addCounts adds an attempt to those before: what had failed was tried again, the rest was left alone.
func addCounts(before v1alpha1.RestoreCounts, outcome *restore.Outcome) v1alpha1.RestoreCounts {
	now := outcome.Counts
	if before.Total == 0 {
		return now
	}
	before.Created += now.Created
	before.Updated += now.Updated
	before.Unchanged += now.Unchanged
	before.Kept += now.Kept
	before.Failed = now.Failed
	return before
}

// mergeItems puts an attempt's results over those of the attempts before.
func mergeItems(before []v1alpha1.ResourceResult, outcome *restore.Outcome) []v1alpha1.ResourceResult {
	lines := map[string]map[string]string{}
	put := func(resource, name, result string) {
		if lines[resource] == nil {
			lines[resource] = map[string]string{}
		}
		lines[resource][name] = result
	}
	for _, item := range before {
		for _, line := range item.Objects {
			if name, result, ok := strings.Cut(line, ": "); ok {
				put(item.Resource, name, result)
			}
		}
	}
	for _, key := range outcome.Skipped {
		resource, name, _ := strings.Cut(key, "/")
		put(resource, name, "skipped")
	}
	for key, result := range outcome.Results {
		resource, name, _ := strings.Cut(key, "/")
		put(resource, name, string(result))
	}
	return bounded(lines)
}

func bounded(lines map[string]map[string]string) []v1alpha1.ResourceResult {
	var items []v1alpha1.ResourceResult
	for resource, objects := range lines {
		item := v1alpha1.ResourceResult{Resource: resource}
		for name, result := range objects {
			item.Objects = append(item.Objects, name+": "+result)
		}
		sort.Strings(item.Objects)
		if over := len(item.Objects) - maxObjectsPerResource; over > 0 {
			item.Objects = append(item.Objects[:maxObjectsPerResource-1], fmt.Sprintf("and %d more", over+1))
		}
		items = append(items, item)
	}
	sort.Slice(items, func(i, j int) bool { return items[i].Resource < items[j].Resource })
	return items[:min(len(items), maxResources)]
}

func mergeWarnings(before v1alpha1.BaselineRestoreStatus, now []string) ([]string, int32) {
	all := append(append([]string(nil), before.Warnings...), now...)
	sort.Strings(all)
	count := 0
	for i, warning := range all {
		if i == 0 || warning != all[i-1] {
			count++
		}
	}
	return v1alpha1.Bound(all), max(before.WarningCount, int32(count)) //nolint:gosec // bounded by the archive's entries
}

// summary is one line for people.
func summary(status *v1alpha1.BaselineRestoreStatus) string {
	c := status.Counts
	line := fmt.Sprintf("%d created, %d updated, %d unchanged, %d kept, %d skipped", c.Created, c.Updated, c.Unchanged, c.Kept, c.Skipped)
	if c.Failed > 0 {
		line += fmt.Sprintf(", %d failed", c.Failed)
	}
	if len(status.Errors) > 0 {
		line += "; first error: " + status.Errors[0]
	}
	return v1alpha1.Cut(line)
}
