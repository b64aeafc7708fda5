package preview

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/restore"
)

// tally adds up the predictions of the namespaces of a fleet. It is for one goroutine at a time.
type tally struct {
	status   *v1alpha1.FleetPreviewStatus
	objects  map[string]*v1alpha1.FleetPreviewObject
	findings []v1alpha1.FleetPreviewFinding
	// omitted counts the findings that were too many.
	omitted int
}

// newTally returns a tally that begins with the numbers of namespaces.
func newTally(counted *v1alpha1.FleetPreviewStatus) *tally {
	return &tally{status: counted, objects: map[string]*v1alpha1.FleetPreviewObject{}}
}

// addNamespace adds the prediction for one namespace. A nil one is of a namespace that is gone.
func (t *tally) addNamespace(namespace string, forecast *restore.Forecast, isTried bool) {
	if forecast == nil {
		t.status.Namespaces--
		return
	}
	if isTried {
		t.status.TriedNamespaces++
	}
	hasKept, hasFailed := false, false
	for _, item := range forecast.Items {
		t.addItem(namespace, item)
		hasKept = hasKept || item.Result == v1alpha1.ResultKept
		hasFailed = hasFailed || item.Result == v1alpha1.ResultFailed
	}
	if hasKept {
		t.status.KeptNamespaces++
	}
	if hasFailed {
		t.status.FailedNamespaces++
	}
}

func (t *tally) addItem(namespace string, item v1alpha1.ObjectResult) {
	key := item.Object
	if strings.HasPrefix(key, "namespaces/") {
		key = namespaceMetadata
	}
	object := t.objects[key]
	if object == nil {
		object = &v1alpha1.FleetPreviewObject{Object: key}
		t.objects[key] = object
	}
	switch item.Result {
	case v1alpha1.ResultUpdated, v1alpha1.ResultUnchanged: // as an update counts them
		object.Updated++
	case v1alpha1.ResultCreated:
		object.Created++
	case v1alpha1.ResultDeleted:
		object.Deleted++
	case v1alpha1.ResultKept:
		object.Kept++
		t.addFinding(namespace, item, maxTallied/2)
	case v1alpha1.ResultFailed:
		object.Failed++
		t.addFinding(namespace, item, maxTallied)
	default: // a forecast of an update has no others
	}
	if strings.HasSuffix(item.Reason, restore.RestartsPods) {
		object.RestartsPods++
	}
}

// maxTallied bounds the findings in memory. Half of them is for failed objects.
const maxTallied = 4 * v1alpha1.MaxFleetPreviewFindings

// addFinding adds a finding unless there are so many already, and counts it then.
func (t *tally) addFinding(namespace string, item v1alpha1.ObjectResult, most int) {
	if len(t.findings) >= most {
		t.omitted++
		return
	}
	t.findings = append(t.findings, v1alpha1.FleetPreviewFinding{Namespace: namespace, Result: item})
}

// namespaceMetadata is the key of the labels and annotations of the namespaces themselves.
const namespaceMetadata = "namespaces"

// listObjects returns the objects that fit, sorted by name, and counts the others.
func (t *tally) listObjects(room *space) ([]v1alpha1.FleetPreviewObject, int32) {
	var listed []v1alpha1.FleetPreviewObject
	keys := slices.Sorted(maps.Keys(t.objects))
	for _, key := range keys[:min(len(keys), v1alpha1.MaxFleetPreviewObjects)] {
		if !room.reserveBytes(encodedSize(t.objects[key])) {
			break
		}
		listed = append(listed, *t.objects[key])
	}
	return listed, int32(len(keys) - len(listed)) //nolint:gosec // bounded by the archive's entries
}

// listFindings returns the findings that fit, sorted by namespace, and counts the others. Failed objects have priority.
func (t *tally) listFindings(room *space) ([]v1alpha1.FleetPreviewFinding, int32) {
	rank := func(f v1alpha1.FleetPreviewFinding) int {
		if f.Result.Result == v1alpha1.ResultFailed {
			return 0
		}
		return 1
	}
	byName := func(a, b v1alpha1.FleetPreviewFinding) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Result.Object, b.Result.Object))
	}
	slices.SortFunc(t.findings, func(a, b v1alpha1.FleetPreviewFinding) int { return cmp.Or(rank(a)-rank(b), byName(a, b)) })
	kept := 0
	for kept < min(len(t.findings), v1alpha1.MaxFleetPreviewFindings) && room.reserveBytes(encodedSize(t.findings[kept])) {
		kept++
	}
	listed := t.findings[:kept]
	slices.SortFunc(listed, byName)
	return listed, int32(len(t.findings) - kept + t.omitted) //nolint:gosec // bounded by the namespaces and the archive's entries
}

// fleetStatus returns the answer about a fleet, bounded.
func fleetStatus(task *restore.Task, source string, t *tally) *v1alpha1.BaselinePreviewStatus {
	room := space(v1alpha1.MaxPreviewBytes - previewOverhead)
	fleet := t.status
	fleet.Objects, fleet.ObjectsOmitted = t.listObjects(&room)
	fleet.Findings, fleet.FindingsOmitted = t.listFindings(&room)
	return &v1alpha1.BaselinePreviewStatus{
		Backup: task.Spec.Backup, Digest: task.Spec.Digest, SourceNamespace: source, Fleet: fleet,
		Truncated: fleet.ObjectsOmitted+fleet.FindingsOmitted > 0,
	}
}
