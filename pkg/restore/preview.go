package restore

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// Previewer predicts the results of Apply; pkg/apply implements it.
type Previewer interface {
	Preview(ctx context.Context, target apply.Target, object manifest.Object) apply.Change
	PreviewUpdate(ctx context.Context, target apply.Target, object manifest.Object, earlier apply.Earlier) apply.Change
	PreviewPrune(ctx context.Context, target apply.Target, object manifest.Object, earlier apply.Earlier) apply.Change
	Traces(ctx context.Context, object manifest.Object, label, owner string) (map[string]apply.Trace, error)
	PreviewNew(ctx context.Context, trial string, object manifest.Object) apply.Change
}

// RestartsPods ends the reason of an update that makes the object's controller replace its Pods.
const RestartsPods = apply.RestartsPods

// Forecast is the predicted result of a task.
type Forecast struct {
	SourceNamespace string
	Counts          v1alpha1.RestoreCounts
	// Items has every object of the backup, sorted by key.
	Items []v1alpha1.ObjectResult
	// Labels and Annotations are those that would be copied to the namespace.
	Labels, Annotations map[string]string
	// Warnings name their objects. They are neither sorted nor bounded yet.
	Warnings []string
	// OmittedWarnings counts the plan's warnings that are not listed.
	OmittedWarnings int
	// Objects are the objects that would be written, in the order of the restore, if they were requested.
	Objects []runtime.RawExtension
	// ObjectsOmitted counts those that did not fit.
	ObjectsOmitted int32
}

// Preview predicts a first attempt at a task, or at an update, stage by stage, and writes nothing. The forecast lists the objects
// themselves in at most objectBytes bytes; zero lists none. Its error is or wraps that of ctx, of the plan, or ErrNamespaceGone.
func (r *Runner) Preview(ctx context.Context, task Task, objectBytes int) (*Forecast, error) {
	compiled, err := r.Plans.Get(ctx, task.Spec)
	if err != nil {
		return nil, err
	}
	values := task.valuesTarget(compiled)
	compiled = compiled.Bind(ctx, values)
	moving, err := r.newTransition(ctx, &task, compiled, values)
	if err != nil {
		return nil, err
	}
	run := r.newRun(&task, compiled, r.Previewer.Preview)
	run.setTransition(moving, r.Previewer.PreviewUpdate)
	run.setRemoved(r.Previewer.PreviewPrune)
	if task.isNamespaceMissing() {
		run.write = func(ctx context.Context, _ apply.Target, object manifest.Object) apply.Change {
			return r.Previewer.PreviewNew(ctx, r.Trial, object)
		}
	}
	target := task.newTarget(compiled)
	for _, stage := range compiled.Stages() {
		run.writeStage(ctx, target, stage)
		if err := run.checkPreview(ctx); err != nil {
			return nil, err
		}
	}
	run.resolveDependencies()
	run.pruneStages(ctx)
	if err := run.checkPreview(ctx); err != nil {
		return nil, err
	}
	done := run.newAttempt()
	forecast := &Forecast{
		SourceNamespace: compiled.Source, Counts: done.counts, Items: run.forecastItems(),
		Warnings: done.warnings, OmittedWarnings: done.omittedWarnings,
	}
	if moving == nil {
		forecast.Labels, forecast.Annotations = run.missingMetadata()
	} else {
		run.forecastUpdate(forecast)
	}
	if objectBytes > 0 {
		forecast.Objects, forecast.ObjectsOmitted, err = run.encodeObjects(objectBytes)
	}
	return forecast, err
}

// checkPreview returns the error of a preview that cannot go on. Its objects so far may have failed for that reason alone.
func (r *run) checkPreview(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("after %d of %d objects: %w", len(r.changes), r.plan.Len(), err)
	}
	if r.isStopped() {
		return fmt.Errorf("namespace %s: %w", r.task.Namespace.Name, ErrNamespaceGone)
	}
	return nil
}

// resolveDependencies clears refusals that are caused only by a missing object of the same plan: a restore writes that one first.
func (r *run) resolveDependencies() {
	results := make(map[string]apply.Result, len(r.changes))
	for i := range r.changes {
		results[r.changes[i].Key] = r.changes[i].Result
	}
	for i := range r.changes {
		change := &r.changes[i]
		if result, ok := results[change.Awaits()]; change.Err != nil && ok && result != apply.Failed {
			change.Result, change.Err = apply.Created, nil
		}
	}
}

// forecastUpdate completes the forecast of an update: with the namespace's own labels and annotations, the objects that do not
// differ, and those that the newer revision lacks.
func (r *run) forecastUpdate(forecast *Forecast) {
	forecast.Items = slices.DeleteFunc(forecast.Items, func(item v1alpha1.ObjectResult) bool { return item.Result == v1alpha1.ResultSkipped })
	forecast.Warnings, forecast.OmittedWarnings = nil, 0 // the restore had those about the backup
	if change, _ := r.metadataChange(); change != nil {
		item := v1alpha1.ObjectResult{Object: change.Key, Result: v1alpha1.Result(change.Result), Reason: v1alpha1.Cut(describeResult(change))}
		forecast.Items = append([]v1alpha1.ObjectResult{item}, forecast.Items...)
		sort.Slice(forecast.Items, func(i, j int) bool { return forecast.Items[i].Object < forecast.Items[j].Object })
	}
	if !r.moving.isBaseMissing() {
		forecast.Counts.Unchanged += int32(r.plan.Len() - r.countPlanned()) //nolint:gosec // bounded by the archive's entries
	}
	forecast.Counts.Total, forecast.Counts.Skipped = int32(r.plan.Len()), 0 //nolint:gosec // as above
	if !r.isPruning() {
		for _, delta := range r.moving.deltas {
			for _, removed := range delta.Removed() {
				if removed.LeftOut != "" { // it is among the kept ones
					continue
				}
				forecast.Warnings = append(forecast.Warnings, fmt.Sprintf("%s: is not in backup %s: it stays", removed.Key, r.task.Spec.Backup))
			}
		}
	}
	for i := range r.changes {
		forecast.Warnings = append(forecast.Warnings, r.changes[i].Warnings...)
	}
}

// countPlanned returns the number of objects of the run's plan that it has previewed.
func (r *run) countPlanned() int {
	count := 0
	for i := range r.changes {
		if r.plan.Holds(r.changes[i].Key) {
			count++
		}
	}
	return count
}

func (r *run) forecastItems() []v1alpha1.ObjectResult {
	skipped := r.plan.Skipped()
	items := make([]v1alpha1.ObjectResult, 0, len(r.changes)+len(skipped))
	for i := range r.changes {
		change := &r.changes[i]
		items = append(items, v1alpha1.ObjectResult{Object: change.Key, Result: v1alpha1.Result(change.Result), Reason: v1alpha1.Cut(describeResult(change))})
	}
	for _, key := range skipped {
		items = append(items, v1alpha1.ObjectResult{Object: key, Result: v1alpha1.ResultSkipped, Reason: v1alpha1.Cut(r.plan.SkipReason(key))})
	}
	sort.Slice(items, func(i, j int) bool { return items[i].Object < items[j].Object })
	return items
}

// describeResult returns a clause that explains an object's result.
func describeResult(change *apply.Change) string {
	switch {
	case change.Err != nil:
		return oneLine(change.Err)
	case change.Reason != "":
		return change.Reason
	case change.Result == apply.Kept && len(change.Warnings) > 0:
		return strings.TrimPrefix(change.Warnings[len(change.Warnings)-1], change.Key+": ")
	case change.Result == apply.Deleted:
		return "the newer backup lacks it"
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
