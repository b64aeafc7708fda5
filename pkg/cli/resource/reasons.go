package resource

import (
	"fmt"
	"strings"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// maxReasons bounds the objects that a line names.
const maxReasons = 3

// FailureReasons returns the reasons of an incomplete update or restore in clauses; none for a complete record.
func FailureReasons(record *v1alpha1.BaselineRecord) []string {
	switch {
	case !record.Update.IsComplete():
		return describeFailure(string(record.Update.Phase), record.Update.Objects, record.Update.Errors)
	case record.Result.Phase != v1alpha1.PhaseCompleted:
		return describeFailure(RecordPhase(record), record.Result.Objects, record.Result.Errors)
	}
	return nil
}

// KeptReasons returns a clause for each object that the last update or the restore left alone; none if there is no such object.
func KeptReasons(record *v1alpha1.BaselineRecord) []string {
	if !record.HasKept() {
		return nil
	}
	count := record.Result.Counts.Kept
	var reasons []string
	if record.Update != nil {
		count += record.Update.Counts.Kept
		reasons = objectReasons(record.Update.Objects, v1alpha1.ResultKept)
	}
	// The restore's own results come last: an update knows more about an object that both kept.
	for _, object := range record.Result.Objects {
		if object.Result == v1alpha1.ResultKept && (record.Update == nil || !hasResult(record.Update.Objects, object.Object)) {
			reasons = append(reasons, formatReason(object))
		}
	}
	if len(reasons) == 0 {
		return []string{fmt.Sprintf("kept %d objects", count)}
	}
	return reasons
}

// DriftReasons returns a clause for each object that the last audit found to differ, and for each that it put back; none if there is
// no such object.
func DriftReasons(record *v1alpha1.BaselineRecord) []string {
	if record.Drift == nil {
		return nil
	}
	var reasons []string
	for _, object := range record.Drift.Objects {
		reasons = append(reasons, formatReason(object))
	}
	if more := int(record.Drift.Count) - len(record.Drift.Objects); more > 0 {
		reasons = append(reasons, fmt.Sprintf("%d more differ", more))
	}
	for _, correction := range record.Drift.Corrections {
		if !hasResult(record.Drift.Objects, correction.Object) {
			reasons = append(reasons, formatCorrection(correction))
		}
	}
	return reasons
}

// formatCorrection returns a clause such as "services/web put back (changed by kubectl-edit, 2 audits in a row)".
func formatCorrection(correction v1alpha1.DriftCorrection) string {
	cause := "deleted"
	if correction.Managers != "" {
		cause = "changed by " + correction.Managers
	}
	if correction.Count > 1 {
		cause += fmt.Sprintf(", %d audits in a row", correction.Count)
	}
	return fmt.Sprintf("%s put back (%s)", correction.Object, cause)
}

// hasResult reports whether an object is among the results.
func hasResult(results []v1alpha1.ObjectResult, object string) bool {
	for i := range results {
		if results[i].Object == object {
			return true
		}
	}
	return false
}

// JoinReasons returns the first reasons in one line, and the number of the others.
func JoinReasons(reasons []string) string {
	if more := len(reasons) - maxReasons; more > 0 {
		return fmt.Sprintf("%s; and %d more", strings.Join(reasons[:maxReasons], "; "), more)
	}
	return strings.Join(reasons, "; ")
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

// objectReasons returns a clause for each object with a result.
func objectReasons(objects []v1alpha1.ObjectResult, result v1alpha1.Result) []string {
	var reasons []string
	for _, object := range objects {
		if object.Result == result {
			reasons = append(reasons, formatReason(object))
		}
	}
	return reasons
}

// formatReason returns the result of an object in a clause: "secrets/pull kept: data.password was changed".
func formatReason(object v1alpha1.ObjectResult) string {
	text := object.Object + " " + strings.ToLower(string(object.Result))
	if object.Reason != "" {
		text += ": " + object.Reason
	}
	return text
}
