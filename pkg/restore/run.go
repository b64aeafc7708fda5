package restore

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/sets"

	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/pkg/values"
)

// writeFunc writes or previews one object.
type writeFunc func(ctx context.Context, target apply.Target, object manifest.Object) apply.Change

// run is one attempt under way.
type run struct {
	*Runner
	task  *Task
	plan  *plan.Plan
	write writeFunc
	// only are the keys to restore; nil means all.
	only sets.Set[string]
	// moving is set if the run is an update.
	moving *transition
	// removed are the objects to delete, by stage in the order of deletion, with prune; both are empty in most runs.
	removed [][]manifest.Object
	prune   pruneFunc
	// total is the number of objects of the attempt.
	total int

	// began is when the attempt began.
	began time.Time
	// announcing is held while the record of an update under way is written.
	announcing sync.Mutex

	mu      sync.Mutex
	changes []apply.Change
	gone    bool
	// retriesExhausted are the kinds that have used up their retries: one bad kind must not hold a worker for two seconds an
	// object.
	retriesExhausted map[schema.GroupKind]bool
	// existing is the number of objects that existed already.
	existing int
}

func (r *Runner) newRun(task *Task, compiled *plan.Plan, write writeFunc) *run {
	created := &run{Runner: r, task: task, plan: compiled, write: write, retriesExhausted: map[schema.GroupKind]bool{}}
	created.total = compiled.Len()
	if keys := task.pendingKeys(); keys != nil {
		created.only = sets.New(keys...)
		created.total = len(created.only)
	}
	return created
}

// setTransition makes the run an update; it does nothing if moving is nil.
func (r *run) setTransition(moving *transition, update updateFunc) {
	if moving == nil {
		return
	}
	moving.announce = r.announceDeletion
	r.moving, r.write = moving, moving.writer(r.write, update)
	if r.only != nil {
		return
	}
	if keys := moving.keys(); keys != nil {
		r.only, r.total = sets.New(keys...), len(keys)
	}
}

// writeStages writes the objects stage by stage and returns their results. It stops if the namespace seems to be gone or
// replaced. Nothing is taken back here, because a cache or another's webhook may be wrong about that.
func (r *run) writeStages(ctx context.Context) *attempt {
	target := r.task.newTarget(r.plan)
	for _, stage := range r.plan.Stages() {
		if r.isStopped() || !r.isAlive(ctx, r.task.Namespace) {
			r.gone = true
			break
		}
		r.writeStage(ctx, target, stage)
	}
	r.pruneStages(ctx)
	done := r.newAttempt()
	if r.gone = r.gone || !r.isAlive(ctx, r.task.Namespace); r.gone {
		done.addUntried(r.untriedKeys())
	}
	return done
}

// untriedKeys returns the keys of the attempt's objects that were not tried.
func (r *run) untriedKeys() []string {
	tried := make(map[string]bool, len(r.changes))
	for i := range r.changes {
		tried[r.changes[i].Key] = true
	}
	var keys []string
	for _, stage := range r.plan.Stages() {
		for i := range stage {
			if key := stage[i].Key; !tried[key] && (r.only == nil || r.only.Has(key)) {
				keys = append(keys, key)
			}
		}
	}
	for _, key := range r.removedKeys() {
		if !tried[key] {
			keys = append(keys, key)
		}
	}
	return keys
}

// Refused returns an error for each Role and RoleBinding of a plan that Seedbed's own permissions do not let it write. Nothing is
// written.
func (r *Runner) Refused(ctx context.Context, compiled *plan.Plan, namespace string) []error {
	var refused []error
	for _, stage := range compiled.Stages() {
		for _, object := range stage {
			kind := object.Kind.GroupKind()
			if kind.Group != rbacv1.GroupName || kind.Kind != "Role" && kind.Kind != "RoleBinding" {
				continue
			}
			if err := r.Applier.Refused(ctx, namespace, object); err != nil {
				refused = append(refused, err)
			}
		}
	}
	return refused
}

// preexisting is the number of objects that other controllers may put into each new namespace. If more of the backup's objects
// exist, the namespace is populated, and each further object is read before it is created.
const preexisting = 3

// writeStage writes those of a stage's objects that the run restores.
func (r *run) writeStage(ctx context.Context, target apply.Target, objects []manifest.Object) {
	if r.only != nil {
		objects = slices.DeleteFunc(slices.Clone(objects), func(object manifest.Object) bool { return !r.only.Has(object.Key) })
	}
	r.runStage(ctx, objects, func(object manifest.Object) apply.Change {
		target := target
		target.NoRetry, target.ReadFirst = r.experience(object.Kind.GroupKind())
		return r.writeObject(ctx, target, object)
	})
}

// runStage changes the objects of a stage, several at a time.
func (r *run) runStage(ctx context.Context, objects []manifest.Object, change func(manifest.Object) apply.Change) {
	var pending sync.WaitGroup
	slots := make(chan struct{}, max(1, r.Parallelism))
	for _, object := range objects {
		if r.isStopped() {
			break
		}
		slots <- struct{}{}
		pending.Add(1)
		release := r.Writers.reserveBytes(ctx, object.Body.Size())
		r.Writers.start(ctx, func() (throttled bool) {
			defer func() { release(); <-slots; pending.Done() }()
			changed := change(object)
			r.addChange(object.Kind.GroupKind(), changed)
			return changed.Throttled
		})
	}
	pending.Wait()
}

// writeObject writes one object. If the object was kept because its label names another baseline, and that baseline's plan does
// not have it, the label is forged: the object is then written as if it had no owner.
func (r *run) writeObject(ctx context.Context, target apply.Target, object manifest.Object) apply.Change {
	if err := r.plan.Failure(object.Key); err != nil {
		return r.reportFailure(object.Key, err)
	}
	change := r.write(ctx, target, object)
	if change.Owner == "" || target.TrustOwner || r.planHolds(ctx, change.Owner, object.Key) {
		return change
	}
	target.Owners = slices.DeleteFunc(slices.Clone(target.Owners), func(owner string) bool { return owner == change.Owner })
	again := r.write(ctx, target, object)
	again.Throttled = again.Throttled || change.Throttled
	return again
}

// reportFailure returns the change of an object whose value or condition cannot be computed for the namespace. In an update it is kept, as
// one that the tenant's own quota refuses: the labels of one namespace must not stop the rollout of all.
func (r *run) reportFailure(key string, err error) apply.Change {
	if r.moving != nil && !r.moving.unwritten.Has(key) {
		return apply.Change{Key: key, Result: apply.Kept, Reason: oneLine(err)}
	}
	return apply.Change{Key: key, Result: apply.Failed, Err: err}
}

// planHolds reports whether the plan of a Required baseline has an object. The plan is looked up only here, because almost no
// object needs it.
func (r *run) planHolds(ctx context.Context, baseline, key string) bool {
	before := r.task.RequiredBefore
	i := slices.IndexFunc(before, func(spec plan.Spec) bool { return spec.Baseline == baseline })
	if i < 0 {
		return false
	}
	owner, err := r.Plans.Get(ctx, before[i])
	return err == nil && owner.Bind(ctx, values.NewTarget(r.task.Namespace)).Holds(key)
}

// experience reports whether objects of a kind have used up their retries, and whether the namespace is populated.
func (r *run) experience(kind schema.GroupKind) (retriesExhausted, populated bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.retriesExhausted[kind], r.existing > preexisting
}

func (r *run) addChange(kind schema.GroupKind, change apply.Change) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if change.Result == "" { // nothing is reported
		r.total--
		return
	}
	r.changes = append(r.changes, change)
	r.retriesExhausted[kind] = r.retriesExhausted[kind] || change.Transient
	if change.Found {
		r.existing++
	}
	r.gone = r.gone || errors.Is(change.Err, apply.ErrNamespaceGone)
	r.task.Progress.setCounts(len(r.changes), r.total)
}

func (r *run) isStopped() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.gone
}
