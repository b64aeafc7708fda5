package restore

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/plan"
)

// ErrNamespaceGone is the error of a target namespace that was deleted or replaced in the meantime.
var ErrNamespaceGone = apply.ErrNamespaceGone

// ErrNamespaceReplaced is the error of a target namespace that was deleted and created again. It comes with ErrNamespaceGone.
var ErrNamespaceReplaced = errors.New("another namespace has its name")

// Plans returns compiled plans.
type Plans interface {
	Get(ctx context.Context, spec plan.Spec) (*plan.Plan, error)
	// Delta returns the difference of two plans.
	Delta(ctx context.Context, from, to plan.Spec) (*plan.Delta, error)
}

// Applier writes objects; pkg/apply implements it.
type Applier interface {
	Apply(ctx context.Context, target apply.Target, object manifest.Object) apply.Change
	Update(ctx context.Context, target apply.Target, object manifest.Object, earlier apply.Earlier) apply.Change
	Prune(ctx context.Context, target apply.Target, object manifest.Object, earlier apply.Earlier) apply.Change
	Correct(ctx context.Context, target apply.Target, object manifest.Object, inspection apply.Inspection) apply.Change
	Undo(ctx context.Context, namespace string, changes []apply.Change) error
	Refused(ctx context.Context, namespace string, object manifest.Object) error
}

// Runner executes and previews tasks.
type Runner struct {
	// Client reads from the cache, and writes the metadata of target namespaces.
	Client client.Client
	// Live reads past the cache.
	Live    client.Reader
	Plans   Plans
	Applier Applier
	// Previewer is used by Preview alone, and so is Trial: the namespace in which Roles and RoleBindings are tried, by dry
	// run, if the target does not exist yet.
	Previewer Previewer
	Trial     string
	// Parallelism is the number of objects of one stage that are written at a time.
	Parallelism int
	// Writers write the objects, and bound the concurrent writes of all namespaces together; nil means no bound.
	Writers *Writers
}

// Outcome is the result of one attempt.
type Outcome struct {
	// Result adds the attempt to those before it.
	Result v1alpha1.RestoreResult
	// Revision is the revision that was restored.
	Revision v1alpha1.RevisionContent
	// Update is set if the task was an update of a complete restore; Result is then empty.
	Update *v1alpha1.RestoreUpdate
	// Began is when the attempt began.
	Began time.Time
	// Objects counts the attempt's objects by result, in lower case as metrics have it, including skipped ones.
	Objects map[string]int

	changes []apply.Change
	// podDefaults returns those of the namespace after an update, given its objects by result; nil if the update left them alone.
	podDefaults func(objects []v1alpha1.ObjectResult) *v1alpha1.PodDefaults
}

// CountPaths counts the objects that an update found, by how they were updated.
func (o *Outcome) CountPaths() map[apply.Path]int {
	paths := map[apply.Path]int{}
	for i := range o.changes {
		if path := o.changes[i].Path; path != "" {
			paths[path]++
		}
	}
	return paths
}

// Execute makes one attempt. Its error wraps ErrNamespaceGone if the namespace went away in the meantime, and is one that
// plan.IsPermanent reports if nothing can be restored.
func (r *Runner) Execute(ctx context.Context, task Task) (*Outcome, error) {
	began := time.Now()
	compiled, err := r.Plans.Get(ctx, task.Spec)
	if err != nil {
		return nil, fmt.Errorf("plan of backup %s: %w", task.Spec.Backup, err)
	}
	target := task.valuesTarget(compiled)
	compiled = compiled.Bind(ctx, target)
	moving, err := r.newTransition(ctx, &task, compiled, target)
	if err != nil {
		return nil, err
	}
	run := r.newRun(&task, compiled, r.Applier.Apply)
	run.began = began
	run.setTransition(moving, r.Applier.Update)
	run.setRemoved(r.Applier.Prune)
	metadata := run.writeMetadata(ctx)
	done := run.writeStages(ctx)
	outcome := &Outcome{Began: began, changes: run.changes}
	if run.gone {
		// A cache or another's webhook may have misled the run: the objects stay unless the API server confirms it.
		if err := r.TakeBackIfReplaced(ctx, task.Namespace, outcome); err != nil {
			return nil, err
		}
	}
	done.addMetadata(metadata)
	outcome.Revision, outcome.Objects = task.newRevision(compiled), done.countResults()
	if moving != nil && task.Previous.Phase == v1alpha1.PhaseCompleted {
		outcome.Update = nextUpdate(moving, done, began)
		if moving.changesPodDefaults() {
			outcome.podDefaults = func(objects []v1alpha1.ObjectResult) *v1alpha1.PodDefaults {
				return compiled.PodDefaults(keptIn(objects))
			}
		}
		return outcome, nil
	}
	outcome.Result = nextResult(&task, compiled, done, began)
	return outcome, nil
}

// ChangesPodDefaults reports whether an update changed the fields that admission adds to the namespace's Pods.
func (o *Outcome) ChangesPodDefaults() bool { return o.podDefaults != nil }

// PodDefaults returns those of the namespace after an update that changes them, given the results of its restore.
func (o *Outcome) PodDefaults(restored []v1alpha1.ObjectResult) *v1alpha1.PodDefaults {
	done := &attempt{results: map[string]v1alpha1.Result{}}
	for _, object := range o.Update.Objects {
		done.results[object.Object] = object.Result
	}
	return o.podDefaults(mergeObjects(restored, done))
}

// isAlive reports whether the namespace still exists, and is not being deleted. It reads the cache, so it costs no call.
func (r *Runner) isAlive(ctx context.Context, namespace *corev1.Namespace) bool {
	current := &corev1.Namespace{}
	if err := r.Client.Get(ctx, types.NamespacedName{Name: namespace.Name}, current); err != nil {
		return false
	}
	return current.UID == namespace.UID && current.DeletionTimestamp == nil
}

// TakeBackIfReplaced returns nil if the API server has the namespace, alive. Otherwise its error wraps ErrNamespaceGone. If
// another namespace has the name by now, it wraps ErrNamespaceReplaced too, and the objects that the outcomes created are deleted.
// Objects in a namespace that is being deleted go with it.
func (r *Runner) TakeBackIfReplaced(ctx context.Context, namespace *corev1.Namespace, outcomes ...*Outcome) error {
	current := &corev1.Namespace{}
	err := r.Live.Get(ctx, types.NamespacedName{Name: namespace.Name}, current)
	switch {
	case apierrors.IsNotFound(err):
		return fmt.Errorf("namespace %s: %w", namespace.Name, ErrNamespaceGone)
	case err != nil:
		return fmt.Errorf("reading namespace %s: %w", namespace.Name, err)
	case current.UID != namespace.UID:
		log.FromContext(ctx).Info("Took back objects: the namespace was deleted and another one made of its name", "namespace", namespace.Name)
		failed := []error{fmt.Errorf("namespace %s: %w: %w", namespace.Name, ErrNamespaceGone, ErrNamespaceReplaced)}
		for _, outcome := range outcomes {
			failed = append(failed, r.Applier.Undo(ctx, namespace.Name, outcome.changes))
		}
		return errors.Join(failed...)
	case current.DeletionTimestamp != nil:
		return fmt.Errorf("namespace %s is being deleted: %w", namespace.Name, ErrNamespaceGone)
	default:
		return nil
	}
}
