package restore

import (
	"context"
	"fmt"
	"sort"
	"strings"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
)

// Outcome is what one attempt did.
type Outcome struct {
	// Gone reports that the namespace seemed to be deleted or replaced meanwhile. Undo takes back what was created, where
	// it proves to be replaced.
	Gone bool

	Counts v1alpha1.RestoreCounts
	// Results are the objects' results by key.
	Results map[string]v1alpha1.Result
	// Skipped are the keys of objects that rules leave out.
	Skipped []string
	// Pending are the keys still to be done, sorted.
	Pending []string
	// Warnings and Errors name their objects. They are neither sorted nor bounded yet.
	Warnings, Errors []string
	// OmittedWarnings counts the plan's warnings that are not among them.
	OmittedWarnings int

	undo func(context.Context) error
}

func (r *running) outcome() *Outcome {
	out := &Outcome{
		Results: make(map[string]v1alpha1.Result, len(r.changes)),
		Skipped: r.request.Plan.Skipped(),
		undo:    func(ctx context.Context) error { return r.Applier.Undo(ctx, r.request.Namespace, r.changes) },
	}
	out.Warnings, out.OmittedWarnings = r.request.Plan.Warnings()
	for _, change := range r.changes {
		out.Results[change.Key] = v1alpha1.Result(change.Result)
		out.count(change.Result)
		out.Warnings = append(out.Warnings, change.Warnings...)
		if change.Err != nil {
			out.Pending = append(out.Pending, change.Key)
			out.Errors = append(out.Errors, fmt.Sprintf("%s: %s", change.Key, oneLine(change.Err)))
		}
	}
	sort.Strings(out.Pending)
	out.Counts.Total = int32(len(r.changes) + len(out.Skipped)) //nolint:gosec // archives have at most a few 100,000 entries
	out.Counts.Skipped = int32(len(out.Skipped))                //nolint:gosec // as above
	return out
}

// Undone adds what is still to be done beside the plan's objects, and why; nothing when err is nil.
func (o *Outcome) Undone(key string, err error) {
	if err == nil {
		return
	}
	o.Pending = append(o.Pending, key)
	sort.Strings(o.Pending)
	o.Errors = append(o.Errors, key+": "+oneLine(err))
}

// addUntried counts objects that the attempt did not come to as failed, and has them tried next time.
func (o *Outcome) addUntried(keys []string) {
	for _, key := range keys {
		o.Results[key] = v1alpha1.ResultFailed
	}
	o.Pending = append(o.Pending, keys...)
	sort.Strings(o.Pending)
	o.Counts.Total += int32(len(keys))  //nolint:gosec // as above
	o.Counts.Failed += int32(len(keys)) //nolint:gosec // as above
}

func (o *Outcome) count(result apply.Result) {
	switch result {
	case apply.Created:
		o.Counts.Created++
	case apply.Updated:
		o.Counts.Updated++
	case apply.Unchanged:
		o.Counts.Unchanged++
	case apply.Kept:
		o.Counts.Kept++
	case apply.Failed:
		o.Counts.Failed++
	}
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// Tally counts the attempt's objects by result, in lower case as metrics have it; skipped ones included.
func (o *Outcome) Tally() map[string]int {
	tally := map[string]int{strings.ToLower(string(v1alpha1.ResultSkipped)): len(o.Skipped)}
	for _, result := range o.Results {
		tally[strings.ToLower(string(result))]++
	}
	return tally
}

// Undo takes back what the attempt created, when it proves that it landed in another namespace of the
// same name.
func (o *Outcome) Undo(ctx context.Context) error { return o.undo(ctx) }
