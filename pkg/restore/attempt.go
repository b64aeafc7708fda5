package restore

import (
	"errors"
	"fmt"
	"sort"
	"strings"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/values"
)

// attempt has the results of one attempt alone.
type attempt struct {
	counts v1alpha1.RestoreCounts
	// results are the objects' results by key.
	results map[string]v1alpha1.Result
	// reasons are clauses that explain results, by key.
	reasons map[string]string
	// skipped are the keys of objects that rules leave out.
	skipped []string
	// pending are the keys still to be restored, sorted.
	pending []string
	// recreate are those of pending that were deleted to be created anew, sorted.
	recreate []string
	// warnings and errors name their objects. They are neither sorted nor bounded yet.
	warnings, errors []string
	// awaitsLabels reports whether all pending objects wait for labels or annotations of the namespace.
	awaitsLabels bool
	// omittedWarnings counts the plan's warnings that are not listed.
	omittedWarnings int
}

// newAttempt returns the results of the run's objects so far.
func (r *run) newAttempt() *attempt {
	out := &attempt{results: make(map[string]v1alpha1.Result, len(r.changes)), reasons: map[string]string{}, skipped: r.plan.Skipped()}
	out.warnings, out.omittedWarnings = r.plan.Warnings()
	waiting := 0
	for i := range r.changes {
		change := &r.changes[i]
		out.results[change.Key] = v1alpha1.Result(change.Result)
		out.countResult(change.Result)
		if r.moving != nil && (change.Result == apply.Kept || change.Result == apply.Failed) {
			out.reasons[change.Key] = describeResult(change)
		}
		out.warnings = append(out.warnings, change.Warnings...)
		if errors.Is(change.Err, apply.ErrNotRecreated) {
			out.recreate = append(out.recreate, change.Key)
		}
		if change.Err != nil {
			out.pending = append(out.pending, change.Key)
			out.errors = append(out.errors, fmt.Sprintf("%s: %s", change.Key, oneLine(change.Err)))
		}
		if errors.Is(change.Err, values.ErrValue) {
			waiting++
		}
	}
	out.awaitsLabels = waiting > 0 && waiting == len(out.pending)
	sort.Strings(out.pending)
	sort.Strings(out.recreate)
	out.counts.Total = int32(len(r.changes) + len(out.skipped)) //nolint:gosec // archives have at most a few 100,000 entries
	out.counts.Skipped = int32(len(out.skipped))                //nolint:gosec // as above
	return out
}

// addMetadata adds the result for the namespace's own labels and annotations; nothing if change is nil.
func (a *attempt) addMetadata(change *apply.Change) {
	if change == nil {
		return
	}
	if change.Err != nil {
		a.pending, a.awaitsLabels = append(a.pending, change.Key), false
		sort.Strings(a.pending)
		a.errors = append(a.errors, change.Key+": "+oneLine(change.Err))
	}
	if change.Result == "" {
		return // of a restore, which counts objects alone
	}
	a.results[change.Key], a.reasons[change.Key] = v1alpha1.Result(change.Result), describeResult(change)
	a.countResult(change.Result)
}

// addUntried counts objects that the attempt did not try as failed, and as pending for the next one.
func (a *attempt) addUntried(keys []string) {
	for _, key := range keys {
		a.results[key] = v1alpha1.ResultFailed
	}
	a.pending, a.awaitsLabels = append(a.pending, keys...), a.awaitsLabels && len(keys) == 0
	sort.Strings(a.pending)
	a.counts.Total += int32(len(keys))  //nolint:gosec // as above
	a.counts.Failed += int32(len(keys)) //nolint:gosec // as above
}

func (a *attempt) countResult(result apply.Result) {
	switch result {
	case apply.Created:
		a.counts.Created++
	case apply.Updated:
		a.counts.Updated++
	case apply.Unchanged:
		a.counts.Unchanged++
	case apply.Deleted:
		a.counts.Deleted++
	case apply.Kept:
		a.counts.Kept++
	case apply.Failed:
		a.counts.Failed++
	}
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// countResults counts the objects by result, in lower case as metrics have it, including skipped ones.
func (a *attempt) countResults() map[string]int {
	counts := map[string]int{strings.ToLower(string(v1alpha1.ResultSkipped)): len(a.skipped)}
	for _, result := range a.results {
		counts[strings.ToLower(string(result))]++
	}
	return counts
}
