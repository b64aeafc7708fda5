package restore

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/plan"
)

// Likeness groups the namespaces that an update treats alike, as far as the metadata of their objects and their quotas show.
type Likeness struct {
	// every is set if the result depends on each namespace itself.
	every      bool
	namespaces map[string]likenessOf
}

// likenessOf is the likeness of one namespace. The zero value is that of one that has none of the objects.
type likenessOf struct {
	group uint64
	alone bool
}

// Group returns the group of a namespace: an update has the same result for all namespaces of a group, unless admission tells them
// apart. It reports whether the namespace is alone instead: the result depends on values that other writers have set, or on its
// quota.
func (l *Likeness) Group(namespace string) (group uint64, alone bool) {
	of := l.namespaces[namespace]
	return of.group, of.alone || l.every
}

// CompareNamespaces returns the likeness of all namespaces for the update of a task from a revision. It lists the metadata of each
// object that differs, in all namespaces, and where objects are added the quotas; it reads no content.
func (r *Runner) CompareNamespaces(ctx context.Context, task *Task, from v1alpha1.RevisionContent) (*Likeness, error) {
	held := plan.SpecOf(task.Baseline, from)
	delta, err := r.Plans.Delta(ctx, held, task.Spec)
	if err != nil {
		return nil, fmt.Errorf("comparing backup %s with %s: %w", from.Backup, task.Spec.Backup, err)
	}
	before, err := r.Plans.Get(ctx, held)
	if err != nil {
		return nil, fmt.Errorf("plan of backup %s: %w", from.Backup, err)
	}
	after, err := r.Plans.Get(ctx, task.Spec)
	if err != nil {
		return nil, fmt.Errorf("plan of backup %s: %w", task.Spec.Backup, err)
	}
	likeness := &Likeness{namespaces: map[string]likenessOf{}, every: differsInMetadata(task.Metadata, before, after) || differsInValues(delta, before, after)}
	added := map[string]int64{}
	for _, stage := range delta.Changes() {
		for i := range stage {
			if stage[i].Added {
				added[resourceOf(stage[i].Object.Key)]++
			}
			if err := r.traceObject(ctx, likeness, task, stage[i].Object, stage[i].Added); err != nil {
				return nil, err
			}
		}
	}
	if err := r.traceRemoved(ctx, likeness, task, delta, before); err != nil {
		return nil, err
	}
	if len(added) > 0 {
		return likeness, r.traceQuotas(ctx, likeness, added)
	}
	return likeness, nil
}

// traceRemoved adds the traces of the objects that an update with prune deletes.
func (r *Runner) traceRemoved(ctx context.Context, likeness *Likeness, task *Task, delta *plan.Delta, before *plan.Plan) error {
	if !task.Prune {
		return nil
	}
	for _, removal := range delta.Removed() {
		object, found := before.Find(removal.Key)
		if !found {
			continue
		}
		if err := r.traceObject(ctx, likeness, task, object, false); err != nil {
			return err
		}
	}
	return nil
}

func differsInMetadata(patterns *v1alpha1.NamespaceMetadata, before, after *plan.Plan) bool {
	return patterns != nil && (!maps.Equal(before.Labels(patterns.Labels), after.Labels(patterns.Labels)) ||
		!maps.Equal(before.Annotations(patterns.Annotations), after.Annotations(patterns.Annotations)))
}

// differsInValues reports whether an update changes objects of which each namespace has its own.
func differsInValues(delta *plan.Delta, before, after *plan.Plan) bool {
	if before.Spec.Values != after.Spec.Values {
		return true
	}
	for _, stage := range delta.Changes() {
		if slices.ContainsFunc(stage, func(change plan.ObjectChange) bool { return after.HasRule(change.Object.Key) }) {
			return true
		}
	}
	return slices.ContainsFunc(delta.Removed(), func(removal plan.Removal) bool { return before.HasRule(removal.Key) })
}

// traceObject adds the traces of one object to the likeness of the namespaces that have it. An object that is added is expected in
// none.
func (r *Runner) traceObject(ctx context.Context, likeness *Likeness, task *Task, object manifest.Object, isAdded bool) error {
	traces, err := r.Previewer.Traces(ctx, object, v1alpha1.LabelBaseline, task.Spec.Baseline)
	if errors.Is(err, apply.ErrNotServed) { // the update itself reports that
		likeness.every = true
		return nil
	}
	if err != nil {
		return err
	}
	for namespace, trace := range traces {
		of := likeness.namespaces[namespace]
		of.group += hashTrace(object.Key, trace.Fields)
		of.alone = of.alone || isAdded || !trace.Untouched
		likeness.namespaces[namespace] = of
	}
	return nil
}

// hashTrace returns a number for an object's trace. The sum of them is the group, in whatever order the objects come.
func hashTrace(key, fields string) uint64 {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(key + "\n" + fields)) // a hash takes everything
	return hash.Sum64()
}

// resourceOf returns the resource of an object's key.
func resourceOf(key string) string {
	resource, _, _ := strings.Cut(key, "/")
	return resource
}
