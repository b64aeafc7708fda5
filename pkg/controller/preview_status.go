package controller

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/restore"
)

// Shares of a preview's status, in bytes as encoded. Items get what the others leave.
const (
	maxPreviewObjects  = v1alpha1.MaxPreviewBytes / 2
	maxPreviewMetadata = v1alpha1.MaxPreviewBytes / 8
	// previewOverhead is more than the conditions and the fields of fixed size take.
	previewOverhead = 16 << 10
)

// previewStatus returns the answer that a forecast makes, bounded: pure.
func previewStatus(task *restoreTask, plan *restore.Plan, forecast *restore.Forecast, missingNamespace bool) *v1alpha1.BaselinePreviewStatus {
	status := &v1alpha1.BaselinePreviewStatus{
		NamespaceExists: !missingNamespace,
		Backup:          task.spec.Backup, SourceNamespace: plan.Source, Digest: task.spec.Digest,
		Counts: forecast.Counts, Objects: forecast.Objects, ObjectsOmitted: forecast.ObjectsOmitted,
	}
	if task.metadata != nil {
		room := space(maxPreviewMetadata)
		status.Labels = room.fill(missingPairs(task.namespace.Labels, plan.Labels(task.metadata.Labels), task.required), &status.MetadataOmitted)
		status.Annotations = room.fill(missingPairs(task.namespace.Annotations, plan.Annotations(task.metadata.Annotations), task.required), &status.MetadataOmitted)
	}
	status.Warnings, status.WarningCount = previewWarnings(forecast.Warnings)
	status.WarningCount += int32(forecast.OmittedWarnings) //nolint:gosec // bounded by the archive's bytes
	room := space(v1alpha1.MaxPreviewBytes - previewOverhead - encodedSize(status))
	status.Items, status.ItemsOmitted = previewItems(forecast.Items, room)
	omitted := status.MetadataOmitted + status.ItemsOmitted + status.ObjectsOmitted
	status.Truncated = omitted > 0 || int(status.WarningCount) > len(status.Warnings)
	return status
}

// previewWarnings returns the warnings that are listed, sorted and each once, and how many there are.
func previewWarnings(all []string) ([]string, int32) {
	sorted := slices.Compact(slices.Sorted(slices.Values(all)))
	listed := make([]string, 0, min(len(sorted), v1alpha1.MaxMessages))
	for _, warning := range sorted[:min(len(sorted), v1alpha1.MaxMessages)] {
		listed = append(listed, v1alpha1.Cut(warning))
	}
	return listed, int32(len(sorted)) //nolint:gosec // an archive has at most a few 100,000 entries
}

// noteworthy orders results: where there is no room for every item, the first of these stay.
var noteworthy = []v1alpha1.Result{
	v1alpha1.ResultFailed, v1alpha1.ResultKept, v1alpha1.ResultUpdated, v1alpha1.ResultCreated, v1alpha1.ResultSkipped, v1alpha1.ResultUnchanged,
}

// previewItems returns the items that there is room for, sorted by name, and counts the others.
func previewItems(all []v1alpha1.ObjectResult, room space) ([]v1alpha1.ObjectResult, int32) {
	items := slices.SortedStableFunc(slices.Values(all), func(a, b v1alpha1.ObjectResult) int {
		return cmp.Compare(slices.Index(noteworthy, a.Result), slices.Index(noteworthy, b.Result))
	})
	kept := 0
	for kept < min(len(items), v1alpha1.MaxPreviewItems) && room.take(encodedSize(items[kept])) {
		kept++
	}
	items = items[:kept:kept]
	slices.SortFunc(items, func(a, b v1alpha1.ObjectResult) int { return strings.Compare(a.Object, b.Object) })
	return items, int32(len(all) - kept) //nolint:gosec // as above
}

// space is how many bytes there are left.
type space int

// take reserves size bytes and a separator. It reports whether there was room for them.
func (s *space) take(size int) bool {
	if *s < space(size+len(",")) {
		return false
	}
	*s -= space(size + len(","))
	return true
}

// fill returns the pairs that there is room for, and counts the others in omitted.
func (s *space) fill(pairs map[string]string, omitted *int32) map[string]string {
	kept := make(map[string]string, len(pairs))
	for _, key := range slices.Sorted(maps.Keys(pairs)) {
		if s.take(encodedSize(map[string]string{key: pairs[key]})) {
			kept[key] = pairs[key]
		} else {
			*omitted++
		}
	}
	return kept
}

// encodedSize returns the length of a value in JSON. etcd gets no more: the API server escapes less.
func encodedSize(value any) int {
	encoded, err := json.Marshal(value)
	if err != nil {
		return v1alpha1.MaxPreviewBytes // never: all that is measured encodes
	}
	return len(encoded)
}
