package restore

import (
	"context"
	"fmt"
	"sort"
	"strings"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
)

// Result says what became of an object; pkg/apply has the values.
type Result = apply.Result

// Kept existed, differed and was left alone.
const Kept = apply.Kept

// Outcome is what one attempt did.
type Outcome struct {
	// Gone says that the namespace was deleted or replaced meanwhile: there is nothing to record.
	Gone bool
	// UndoError says what could not be taken back after that.
	UndoError error

	Counts v1alpha1.RestoreCounts
	// Results are the objects' results by key.
	Results map[string]Result
	// Skipped are the keys of objects that rules leave out.
	Skipped []string
	// Pending are the keys still to be done, sorted.
	Pending []string
	// Warnings and Errors name their objects. They are neither sorted nor bounded yet.
	Warnings, Errors []string

	undo func(context.Context) error
}

func (r *running) outcome() *Outcome {
	out := &Outcome{
		Results:  make(map[string]Result, len(r.changes)),
		Skipped:  r.request.Plan.skipped,
		Warnings: append([]string(nil), r.request.Plan.Warnings...),
		undo:     func(ctx context.Context) error { return r.Applier.Undo(ctx, r.request.Namespace, r.changes) },
	}
	for _, change := range r.changes {
		out.Results[change.Key] = change.Result
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

// Tally counts the attempt's objects by result, skipped ones included.
func (o *Outcome) Tally() map[string]int {
	tally := map[string]int{"skipped": len(o.Skipped)}
	for _, result := range o.Results {
		tally[string(result)]++
	}
	return tally
}

// Undo takes back what the attempt created, when it turns out that it landed in another namespace of the
// same name.
func (o *Outcome) Undo(ctx context.Context) error { return o.undo(ctx) }
