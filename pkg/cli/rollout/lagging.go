package rollout

import (
	"fmt"
	"strings"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// maxNamed bounds the namespaces that are named, and maxReasons the objects of each.
const (
	maxNamed   = 20
	maxReasons = 3
)

// failedLines returns a line for each namespace whose last update or restore is incomplete, at most maxNamed.
func failedLines(records []*v1alpha1.BaselineRecord) []string {
	return namespaceLines(records, func(record *v1alpha1.BaselineRecord) []string {
		switch {
		case record.Update != nil && !record.Update.IsComplete():
			return describeFailure(string(record.Update.Phase), record.Update.Objects, record.Update.Errors)
		case record.Update == nil && record.Result.Phase != v1alpha1.PhaseCompleted:
			return describeFailure(string(record.Result.Phase), record.Result.Objects, record.Result.Errors)
		}
		return nil
	})
}

// keptLines returns a line for each namespace whose last update kept an object, at most maxNamed.
func keptLines(records []*v1alpha1.BaselineRecord) []string {
	return namespaceLines(records, func(record *v1alpha1.BaselineRecord) []string {
		if record.Update == nil || record.Update.Counts.Kept == 0 {
			return nil
		}
		if reasons := objectReasons(record.Update.Objects, v1alpha1.ResultKept); len(reasons) > 0 {
			return reasons
		}
		return []string{fmt.Sprintf("kept %d objects", record.Update.Counts.Kept)}
	})
}

// describeFailure returns the reasons of an incomplete run: its errors, which name the objects, else its failed objects, else
// its phase.
func describeFailure(phase string, objects []v1alpha1.ObjectResult, errors []string) []string {
	if len(errors) > 0 {
		return errors
	}
	if reasons := objectReasons(objects, v1alpha1.ResultFailed); len(reasons) > 0 {
		return reasons
	}
	return []string{phase}
}

// objectReasons returns a clause for each object with a result, for example "secrets/pull kept: data.password was changed".
func objectReasons(objects []v1alpha1.ObjectResult, result v1alpha1.Result) []string {
	var reasons []string
	for _, object := range objects {
		if object.Result != result {
			continue
		}
		reason := object.Object + " " + strings.ToLower(string(result))
		if object.Reason != "" {
			reason += ": " + object.Reason
		}
		reasons = append(reasons, reason)
	}
	return reasons
}

// namespaceLines returns a line for each record that reasons returns any for.
func namespaceLines(records []*v1alpha1.BaselineRecord, reasons func(*v1alpha1.BaselineRecord) []string) []string {
	var lines []string
	more := 0
	for _, record := range records {
		found := reasons(record)
		switch {
		case len(found) == 0:
		case len(lines) == maxNamed:
			more++
		default:
			lines = append(lines, record.Namespace+": "+joinReasons(found))
		}
	}
	if more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return lines
}

func joinReasons(reasons []string) string {
	if more := len(reasons) - maxReasons; more > 0 {
		return fmt.Sprintf("%s; and %d more", strings.Join(reasons[:maxReasons], "; "), more)
	}
	return strings.Join(reasons, "; ")
}
