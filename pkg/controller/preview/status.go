package preview

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
	// previewOverhead is an upper bound for the conditions and the fields of fixed size.
	previewOverhead = 16 << 10
)

// previewStatus returns the answer of a forecast, bounded. It is pure.
func previewStatus(task *restore.Task, forecast *restore.Forecast) *v1alpha1.BaselinePreviewStatus {
	status := &v1alpha1.BaselinePreviewStatus{
		NamespaceExists: task.Namespace.UID != "",
		Backup:          task.Spec.Backup, SourceNamespace: forecast.SourceNamespace, Digest: task.Spec.Digest,
		Counts: forecast.Counts, Objects: forecast.Objects, ObjectsOmitted: forecast.ObjectsOmitted,
	}
	if task.Transition != nil {
		status.FromBackup = task.Transition.From.Backup
	}
	if task.Metadata != nil {
		room := space(maxPreviewMetadata)
		status.Labels = room.fillPairs(forecast.Labels, &status.MetadataOmitted)
		status.Annotations = room.fillPairs(forecast.Annotations, &status.MetadataOmitted)
	}
	status.Warnings, status.WarningCount = previewWarnings(forecast.Warnings)
	status.WarningCount += int32(forecast.OmittedWarnings) //nolint:gosec // bounded by the archive's bytes
	room := space(v1alpha1.MaxPreviewBytes - previewOverhead - encodedSize(status))
	status.Items, status.ItemsOmitted = previewItems(forecast.Items, room)
	omitted := status.MetadataOmitted + status.ItemsOmitted + status.ObjectsOmitted
	status.Truncated = omitted > 0 || int(status.WarningCount) > len(status.Warnings)
	return status
}

// previewWarnings returns the warnings to list, sorted and without duplicates, and the number of all.
func previewWarnings(all []string) ([]string, int32) {
	sorted := slices.Compact(slices.Sorted(slices.Values(all)))
	listed := make([]string, 0, min(len(sorted), v1alpha1.MaxMessages))
	for _, warning := range sorted[:min(len(sorted), v1alpha1.MaxMessages)] {
		listed = append(listed, v1alpha1.Cut(warning))
	}
	return listed, int32(len(sorted)) //nolint:gosec // an archive has at most a few 100,000 entries
}

// noteworthy orders results. If not all items fit, those with the first of these results stay.
var noteworthy = []v1alpha1.Result{
	v1alpha1.ResultFailed, v1alpha1.ResultKept, v1alpha1.ResultUpdated, v1alpha1.ResultCreated, v1alpha1.ResultSkipped, v1alpha1.ResultUnchanged,
}

// previewItems returns the items that fit, sorted by name, and counts the others.
func previewItems(all []v1alpha1.ObjectResult, room space) ([]v1alpha1.ObjectResult, int32) {
	items := slices.SortedStableFunc(slices.Values(all), func(a, b v1alpha1.ObjectResult) int {
		return cmp.Compare(slices.Index(noteworthy, a.Result), slices.Index(noteworthy, b.Result))
	})
	kept := 0
	for kept < min(len(items), v1alpha1.MaxPreviewItems) && room.reserveBytes(encodedSize(items[kept])) {
		kept++
	}
	items = items[:kept:kept]
	slices.SortFunc(items, func(a, b v1alpha1.ObjectResult) int { return strings.Compare(a.Object, b.Object) })
	return items, int32(len(all) - kept) //nolint:gosec // as above
}

// space is the number of bytes left.
type space int

// reserveBytes takes size bytes and a separator. It reports whether they fit.
func (s *space) reserveBytes(size int) bool {
	if *s < space(size+len(",")) {
		return false
	}
	*s -= space(size + len(","))
	return true
}

// fillPairs returns the pairs that fit, and counts the others in omitted.
func (s *space) fillPairs(pairs map[string]string, omitted *int32) map[string]string {
	kept := make(map[string]string, len(pairs))
	for _, key := range slices.Sorted(maps.Keys(pairs)) {
		if s.reserveBytes(encodedSize(map[string]string{key: pairs[key]})) {
			kept[key] = pairs[key]
		} else {
			*omitted++
		}
	}
	return kept
}

// encodedSize returns the length of a value in JSON. etcd stores no more, because the API server escapes less.
func encodedSize(value any) int {
	encoded, err := json.Marshal(value)
	if err != nil {
		return v1alpha1.MaxPreviewBytes // never: all these values encode
	}
	return len(encoded)
}
