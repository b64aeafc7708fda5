package restore

import (
	"context"
	"fmt"
	"time"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// Correction makes a task put back the objects that were changed or deleted since the namespace got its revision.
type Correction struct {
	// Keys are those of the objects.
	Keys []string
	// Inspection returns how an object is compared.
	Inspection func(object *manifest.Object) apply.Inspection
}

// Correct makes one attempt to put objects back, and returns their results by key: Created, Updated, Unchanged if an object does not
// differ any more, Kept, or Failed. Its error is one of Execute's.
func (r *Runner) Correct(ctx context.Context, task Task) (*Outcome, map[string]v1alpha1.ObjectResult, error) {
	began := time.Now()
	compiled, err := r.Plans.Get(ctx, task.Spec)
	if err != nil {
		return nil, nil, fmt.Errorf("plan of backup %s: %w", task.Spec.Backup, err)
	}
	compiled = compiled.Bind(ctx, task.valuesTarget(compiled))
	run := r.newRun(&task, compiled, func(ctx context.Context, target apply.Target, object manifest.Object) apply.Change {
		return r.Applier.Correct(ctx, target, object, task.Correction.Inspection(&object))
	})
	run.began = began
	run.writeStages(ctx)
	outcome := &Outcome{Began: began, changes: run.changes}
	if run.gone {
		if err := r.TakeBackIfReplaced(ctx, task.Namespace, outcome); err != nil {
			return nil, nil, err
		}
	}
	results := make(map[string]v1alpha1.ObjectResult, len(run.changes))
	for i := range run.changes {
		change := &run.changes[i]
		results[change.Key] = v1alpha1.ObjectResult{Object: change.Key, Result: v1alpha1.Result(change.Result), Reason: v1alpha1.Cut(describeResult(change))}
	}
	return outcome, results, nil
}
