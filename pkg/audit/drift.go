package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// ToCorrect returns the keys of a finding that are put back: at most MaxDriftObjects, and none that was put back in that many audits
// in a row already, unless another manager has changed it. previous is the recorded drift, or nil.
func (f *Finding) ToCorrect(previous *v1alpha1.RecordedDrift) []string {
	var keys []string
	for i := range f.Objects {
		object := &f.Objects[i]
		if len(keys) < v1alpha1.MaxDriftObjects && !isGivenUp(correctionOf(previous, object)) {
			keys = append(keys, object.Object)
		}
	}
	return keys
}

// correctionOf returns the correction of an object in the audits before; zero if there was none, or others have changed it since.
func correctionOf(previous *v1alpha1.RecordedDrift, object *Object) v1alpha1.DriftCorrection {
	if previous != nil {
		for _, correction := range previous.Corrections {
			if correction.Object == object.Object && correction.Managers == object.Managers {
				return correction
			}
		}
	}
	return v1alpha1.DriftCorrection{Object: object.Object, Managers: object.Managers}
}

func isGivenUp(correction v1alpha1.DriftCorrection) bool {
	return correction.Count >= v1alpha1.MaxCorrections
}

// NextDrift returns the drift to record after an audit, or nil if there is none. corrected has the results of the objects that were
// put back or failed to be, by key. It is pure.
func (f *Finding) NextDrift(previous *v1alpha1.RecordedDrift, corrected map[string]v1alpha1.ObjectResult, now time.Time) *v1alpha1.RecordedDrift {
	next := &v1alpha1.RecordedDrift{ObservedTimestamp: metav1.Time{Time: now}}
	for i := range f.Objects {
		object := &f.Objects[i]
		correction := correctionOf(previous, object)
		result, isCorrected := corrected[object.Object]
		reported := object.ObjectResult
		switch {
		case isCorrected && isPutBack(result.Result):
			correction.Count++
			next.Corrections = append(next.Corrections, correction)
			continue
		case isCorrected && result.Result == v1alpha1.ResultUnchanged: // by others, meanwhile
			continue
		case isCorrected:
			reported.Reason = v1alpha1.Cut(joinClauses(reported.Reason, "not put back: "+result.Reason))
		case isGivenUp(correction):
			reported.Reason = v1alpha1.Cut(joinClauses(reported.Reason, describeFight(correction)))
		}
		if correction.Count > 0 {
			next.Corrections = append(next.Corrections, correction)
		}
		next.Objects = append(next.Objects, reported)
	}
	next.Count = int32(len(next.Objects)) //nolint:gosec // bounded by the archive's entries
	next.Objects = next.Objects[:min(len(next.Objects), v1alpha1.MaxDriftObjects)]
	next.Corrections = next.Corrections[:min(len(next.Corrections), v1alpha1.MaxDriftObjects)]
	if len(next.Objects)+len(next.Corrections) == 0 {
		return nil
	}
	next.Hash = hashDrift(next)
	return next
}

func isPutBack(result v1alpha1.Result) bool {
	return result == v1alpha1.ResultCreated || result == v1alpha1.ResultUpdated
}

// describeFight returns a clause that explains why an object is not put back any more.
func describeFight(correction v1alpha1.DriftCorrection) string {
	by := "it was deleted again"
	if correction.Managers != "" {
		by = correction.Managers + " changed it again"
	}
	return fmt.Sprintf("left alone after %d corrections in a row, because %s each time", correction.Count, by)
}

func joinClauses(clauses ...string) string {
	return strings.Join(slices.DeleteFunc(clauses, func(clause string) bool { return clause == "" }), "; ")
}

// hashDrift returns a digest of the objects and corrections in 16 hexadecimal digits.
func hashDrift(drift *v1alpha1.RecordedDrift) string {
	text, err := json.Marshal([]any{drift.Count, drift.Objects, drift.Corrections})
	if err != nil { // texts and numbers always encode
		return ""
	}
	digest := sha256.Sum256(text)
	return hex.EncodeToString(digest[:])[:16]
}
