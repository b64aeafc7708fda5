package restore

import (
	"fmt"
	"sort"
	"strings"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
)

// attempt has the results of one attempt alone.
type attempt struct {
	counts v1alpha1.RestoreCounts
	// results are the objects' results by key.
	results map[string]v1alpha1.Result
	// skipped are the keys of objects that rules leave out.
	skipped []string
	// pending are the keys still to be restored, sorted.
	pending []string
	// warnings and errors name their objects. They are neither sorted nor bounded yet.
	warnings, errors []string
	// omittedWarnings counts the plan's warnings that are not listed.
	omittedWarnings int
}

// newAttempt returns the results of the run's objects so far.
func (r *run) newAttempt() *attempt {
	out := &attempt{results: make(map[string]v1alpha1.Result, len(r.changes)), skipped: r.plan.Skipped()}
	out.warnings, out.omittedWarnings = r.plan.Warnings()
	for i := range r.changes {
		change := &r.changes[i]
		out.results[change.Key] = v1alpha1.Result(change.Result)
		out.countResult(change.Result)
		out.warnings = append(out.warnings, change.Warnings...)
		if change.Err != nil {
			out.pending = append(out.pending, change.Key)
			out.errors = append(out.errors, fmt.Sprintf("%s: %s", change.Key, oneLine(change.Err)))
		}
	}
	sort.Strings(out.pending)
	out.counts.Total = int32(len(r.changes) + len(out.skipped)) //nolint:gosec // archives have at most a few 100,000 entries
	out.counts.Skipped = int32(len(out.skipped))                //nolint:gosec // as above
	return out
}

// addPending adds a key that is no object of the plan, and its error; nothing if err is nil.
func (a *attempt) addPending(key string, err error) {
	if err == nil {
		return
	}
	a.pending = append(a.pending, key)
	sort.Strings(a.pending)
	a.errors = append(a.errors, key+": "+oneLine(err))
}

// addUntried counts objects that the attempt did not try as failed, and as pending for the next one.
func (a *attempt) addUntried(keys []string) {
	for _, key := range keys {
		a.results[key] = v1alpha1.ResultFailed
	}
	a.pending = append(a.pending, keys...)
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
