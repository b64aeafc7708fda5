package restore

import (
	"context"
	"fmt"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// Previewer says what Apply would do with one object; pkg/apply has the real one.
type Previewer interface {
	Preview(ctx context.Context, target apply.Target, object manifest.Object) apply.Change
	PreviewNew(ctx context.Context, trial string, object manifest.Object) apply.Change
}

// PreviewRequest asks what Run would do. Of the Request, Since, Only and Alive are not heeded: it is about a first
// attempt that has not begun.
type PreviewRequest struct {
	Request
	// Missing says that the namespace is not there yet.
	Missing bool
	// Trial is a namespace in which Roles and RoleBindings are tried out, by dry run, when the namespace is Missing.
	Trial string
	// ObjectBytes asks for the objects themselves, encoded in at most so many bytes; zero asks for none.
	ObjectBytes int
}

// Forecast is what Run would do.
type Forecast struct {
	Counts v1alpha1.RestoreCounts
	// Items has every object of the backup, sorted by key.
	Items []v1alpha1.ObjectResult
	// Warnings name their objects. They are neither sorted nor bounded yet.
	Warnings []string
	// OmittedWarnings counts the plan's warnings that are not among them.
	OmittedWarnings int
	// Objects are what would be written, in the order of the restore, where they were asked for.
	Objects []runtime.RawExtension
	// ObjectsOmitted counts those for which there was no room.
	ObjectsOmitted int32
}

// Preview says what Run would do, stage by stage, and writes nothing. An error is or wraps that of ctx,
// ErrNamespaceGone when the namespace went away meanwhile.
func (r *Runner) Preview(ctx context.Context, request PreviewRequest) (*Forecast, error) {
	run := r.begin(request.Request, r.Previewer.Preview)
	if request.Missing {
		run.write = func(ctx context.Context, _ apply.Target, object manifest.Object) apply.Change {
			return r.Previewer.PreviewNew(ctx, request.Trial, object)
		}
	}
	target := request.target()
	for _, stage := range request.Plan.Stages() {
		run.stage(ctx, target, stage)
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("after %d of %d objects: %w", len(run.changes), request.Plan.Len(), err)
		}
		if run.gone {
			return nil, fmt.Errorf("namespace %s: %w", request.Namespace, ErrNamespaceGone)
		}
	}
	run.fulfil()
	outcome := run.outcome()
	forecast := &Forecast{Counts: outcome.Counts, Warnings: outcome.Warnings, OmittedWarnings: outcome.OmittedWarnings, Items: run.items()}
	if request.ObjectBytes == 0 {
		return forecast, nil
	}
	var err error
	forecast.Objects, forecast.ObjectsOmitted, err = run.objects(request.ObjectBytes)
	return forecast, err
}

// fulfil lets pass what was refused only since another object of the plan is not there yet, and would be by then.
func (r *running) fulfil() {
	would := make(map[string]apply.Result, len(r.changes))
	for _, change := range r.changes {
		would[change.Key] = change.Result
	}
	for i := range r.changes {
		change := &r.changes[i]
		if made, ok := would[change.Awaits()]; change.Err != nil && ok && made != apply.Failed {
			change.Result, change.Err = apply.Created, nil
		}
	}
}

func (r *running) items() []v1alpha1.ObjectResult {
	plan := r.request.Plan
	items := make([]v1alpha1.ObjectResult, 0, len(r.changes)+len(plan.Skipped()))
	for i := range r.changes {
		change := &r.changes[i]
		items = append(items, v1alpha1.ObjectResult{Object: change.Key, Result: v1alpha1.Result(change.Result), Reason: v1alpha1.Cut(reason(change))})
	}
	for _, key := range plan.Skipped() {
		items = append(items, v1alpha1.ObjectResult{Object: key, Result: v1alpha1.ResultSkipped, Reason: v1alpha1.Cut(plan.SkipReason(key))})
	}
	sort.Slice(items, func(i, j int) bool { return items[i].Object < items[j].Object })
	return items
}

// reason is why that would become of an object, in one clause.
func reason(change *apply.Change) string {
	switch {
	case change.Err != nil:
		return oneLine(change.Err)
	case change.Result == apply.Kept && len(change.Warnings) > 0:
		return strings.TrimPrefix(change.Warnings[len(change.Warnings)-1], change.Key+": ")
	case change.Result == apply.Updated && change.Key == "serviceaccounts/default":
		return "every namespace has one, what it lacks is added"
	case change.Result == apply.Updated && strings.HasPrefix(change.Key, "serviceaccounts/"):
		return "is there, what it lacks is added"
	case change.Result == apply.Updated:
		return "is there and differs"
	case change.Result == apply.Unchanged:
		return "is there and is the same"
	default:
		return ""
	}
}

// ErrNamespaceGone says that the target namespace was deleted while it was looked at.
var ErrNamespaceGone = apply.ErrNamespaceGone
