package restore

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/plan"
)

// Applier writes one object; pkg/apply has the real one.
type Applier interface {
	Apply(ctx context.Context, target apply.Target, object manifest.Object) apply.Change
	Undo(ctx context.Context, namespace string, changes []apply.Change) error
	Refused(ctx context.Context, namespace string, object manifest.Object) error
}

// Runner writes plans into namespaces.
type Runner struct {
	Applier Applier
	// Previewer is for Preview alone.
	Previewer Previewer
	// Parallelism is how many objects of one stage are written at a time.
	Parallelism int
	// Writers write them, and bound how many are written at a time in all namespaces together; nil means no bound.
	Writers *Writers
}

// Request is one attempt to restore a plan into one namespace.
type Request struct {
	Namespace string
	Plan      *plan.Plan
	// Existing says what happens to objects that are already there.
	Existing v1alpha1.ExistingResources
	// Required marks a restore that a tenant must not be able to forestall.
	Required bool
	// Owners are the Required baselines whose objects the restore keeps. Brought reports whether one of them did bring an
	// object that is labelled so: a tenant can set the label too.
	Owners  []string
	Brought func(baseline, key string) bool
	// Since is when the record was made: what is not older and carries our labels is ours.
	Since time.Time
	// Only are the keys still to be done; nil means all, as in a first attempt.
	Only []string
	// Alive reports whether the namespace is still the one that is meant. It is asked before each stage
	// and after the last write; it must be cheap.
	Alive func() bool
	// Progress is told how many of the objects of this attempt are done, if it is set. It must be cheap and safe for
	// concurrent use.
	Progress func(done, total int)
}

// Run writes what is to be written, stage by stage, and returns what became of it. When the namespace seems to be gone, or
// another one of its name, it stops; nothing is taken back, since a cache or somebody's webhook may have misled it.
func (r *Runner) Run(ctx context.Context, request Request) *Outcome {
	run := r.begin(request, r.Applier.Apply)
	target := request.target()
	for _, stage := range request.Plan.Stages() {
		if run.stopped() || !request.Alive() {
			run.gone = true
			break
		}
		run.stage(ctx, target, stage)
	}
	outcome := run.outcome()
	if run.gone = run.gone || !request.Alive(); run.gone {
		outcome.Gone = true
		outcome.addUntried(run.untried())
	}
	return outcome
}

// untried returns the keys of the attempt's objects that it did not come to.
func (r *running) untried() []string {
	tried := make(map[string]bool, len(r.changes))
	for i := range r.changes {
		tried[r.changes[i].Key] = true
	}
	var keys []string
	for _, stage := range r.request.Plan.Stages() {
		for i := range stage {
			if key := stage[i].Key; !tried[key] && (r.only == nil || r.only[key]) {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// target is where, and by which rules, the request's objects are written.
func (r *Request) target() apply.Target {
	target := apply.Target{
		Namespace: r.Namespace, Update: r.Existing == v1alpha1.ExistingResourcesUpdate, Replace: r.Required,
		Labels: r.Plan.Spec.Labels(),
		Since:  r.Since, TrustLabels: !r.Required, Owners: r.Owners, Rules: r.Plan,
		OwnerLabel: v1alpha1.LabelBaseline,
		// By hand, an object that a label alone calls a baseline's may be written over: only what a Required one did bring
		// may not.
		TrustOwner: !r.Required && r.Plan.Spec.Baseline != "",
	}
	return target
}

// Refused names the Roles and RoleBindings of a plan that Seedbed's own permissions do not let it write,
// as errors that say why. Nothing is written.
func (r *Runner) Refused(ctx context.Context, plan *plan.Plan, namespace string) []error {
	var refused []error
	for _, stage := range plan.Stages() {
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

// write does with one object what is to be done.
type write func(ctx context.Context, target apply.Target, object manifest.Object) apply.Change

func (r *Runner) begin(request Request, write write) *running {
	run := &running{Runner: r, request: request, write: write, only: keySet(request.Only), tired: map[schema.GroupKind]bool{}}
	run.total = request.Plan.Len()
	if run.only != nil {
		run.total = len(run.only)
	}
	return run
}

type running struct {
	*Runner
	request Request
	write   write
	only    map[string]bool

	// total is how many objects the attempt is about.
	total int

	mu      sync.Mutex
	changes []apply.Change
	gone    bool
	// tired are the kinds that have used up their retries: one bad kind must not hold a worker for two
	// seconds an object.
	tired map[schema.GroupKind]bool
	// found is how many objects were there already.
	found int
}

// strangers are as many objects as other controllers may put into each new namespace. Where more of the backup's are
// there already, the namespace is populated, and the others are looked for before they are created.
const strangers = 3

func (r *running) stage(ctx context.Context, target apply.Target, objects []manifest.Object) {
	var pending sync.WaitGroup
	turns := make(chan struct{}, max(1, r.Parallelism))
	for _, object := range objects {
		if r.only != nil && !r.only[object.Key] {
			continue
		}
		if r.stopped() {
			break
		}
		turns <- struct{}{}
		pending.Add(1)
		release := r.Writers.reserve(ctx, object.Body.Size())
		r.Writers.do(ctx, func() (busy bool) {
			defer func() { release(); <-turns; pending.Done() }()
			target := target
			target.NoRetry, target.ReadFirst = r.learned(object.Kind.GroupKind())
			change := r.writeObject(ctx, target, object)
			r.add(object.Kind.GroupKind(), change)
			return change.Throttled
		})
	}
	pending.Wait()
}

// writeObject writes one object. If the object was kept for another baseline because of its label alone, and that baseline's plan
// does not have it, the label is forged: the object is written as if it had no owner.
func (r *running) writeObject(ctx context.Context, target apply.Target, object manifest.Object) apply.Change {
	change := r.write(ctx, target, object)
	if change.Owner == "" || target.TrustOwner || r.request.Brought(change.Owner, object.Key) {
		return change
	}
	target.Owners = slices.DeleteFunc(slices.Clone(target.Owners), func(owner string) bool { return owner == change.Owner })
	again := r.write(ctx, target, object)
	again.Throttled = again.Throttled || change.Throttled
	return again
}

// learned says what the objects before tell of those of a kind.
func (r *running) learned(kind schema.GroupKind) (tired, populated bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tired[kind], r.found > strangers
}

func (r *running) add(kind schema.GroupKind, change apply.Change) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes = append(r.changes, change)
	r.tired[kind] = r.tired[kind] || change.Transient
	if change.Found {
		r.found++
	}
	r.gone = r.gone || errors.Is(change.Err, apply.ErrNamespaceGone)
	if r.request.Progress != nil {
		r.request.Progress(len(r.changes), r.total)
	}
}

func (r *running) stopped() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.gone
}

func keySet(keys []string) map[string]bool {
	if keys == nil {
		return nil
	}
	set := make(map[string]bool, len(keys))
	for _, key := range keys {
		set[key] = true
	}
	return set
}
