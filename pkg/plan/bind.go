package plan

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/transform"
	"seedbed.dev/seedbed/pkg/values"
)

// HasRules reports whether namespaces get different objects: values of their own, or some of the objects only.
func (p *Plan) HasRules() bool { return p.rules != nil }

// ValuesHash identifies the rules, and the labels and annotations of a namespace that they read; empty without rules.
func (p *Plan) ValuesHash(target *values.Target) string { return p.rules.Hash(target) }

// Bind returns the plan for one namespace: with its values, and without the objects that spec.include leaves out. It shares all objects
// without rules. An object whose value or condition cannot be computed stays in the plan, and Failure returns why.
func (p *Plan) Bind(ctx context.Context, target *values.Target) *Plan {
	return p.bindObjects(ctx, target, func(key string) (string, error) { return p.explainExclusion(ctx, target, key) })
}

// BindHeld returns the plan as a namespace holds it by its record. The values are those of today, as far as they can be computed: others
// are the backup's.
func (p *Plan) BindHeld(ctx context.Context, target *values.Target, held v1alpha1.RevisionContent) *Plan {
	return p.bindObjects(ctx, target, func(key string) (string, error) {
		if held.ValuesHash == "" {
			return p.explainExclusion(ctx, target, key)
		}
		_, isLeftOut := slices.BinarySearch(held.LeftOut, key)
		isCut := len(held.LeftOut) == v1alpha1.MaxLeftOut && p.includes[key] != nil // it may be one of those that did not fit
		if isLeftOut || isCut {
			return "spec.include left it out of this namespace", nil
		}
		return "", nil
	})
}

// bindObjects is Bind with another function that returns the reason why the namespace does not get an object; empty if it does.
func (p *Plan) bindObjects(ctx context.Context, target *values.Target, excludes func(key string) (string, error)) *Plan {
	if p.rules == nil {
		return p
	}
	bound := p.withSpec(p.Spec)
	bound.valuesHash, bound.failures = p.rules.Hash(target), map[string]error{}
	bound.skipped, bound.skipReasons = slices.Clone(p.skipped), maps.Clone(p.skipReasons)
	room := values.MaxNamespaceBytes
	bound.stages = nil
	for _, stage := range p.stages {
		objects := make([]manifest.Object, 0, len(stage))
		for _, object := range stage {
			reason, err := excludes(object.Key)
			if reason != "" {
				bound.skipped, bound.skipReasons[object.Key] = append(bound.skipped, object.Key), reason
				bound.excluded = append(bound.excluded, object.Key)
				continue
			}
			if err == nil {
				err = p.fillValues(ctx, target, &object, &room)
			}
			if err != nil {
				bound.failures[object.Key] = err
			}
			objects = append(objects, object)
		}
		if len(objects) > 0 {
			bound.stages = append(bound.stages, objects)
		}
	}
	slices.Sort(bound.skipped)
	slices.Sort(bound.excluded)
	bound.podDefaults = maps.Clone(p.podDefaults)
	for _, key := range bound.excluded {
		delete(bound.podDefaults, key)
	}
	return bound
}

// BindObject returns an object of the plan as one namespace gets it.
func (p *Plan) BindObject(ctx context.Context, target *values.Target, object manifest.Object) (manifest.Object, error) {
	room := values.MaxNamespaceBytes
	err := p.fillValues(ctx, target, &object, &room)
	return object, err
}

// explainExclusion returns the reason why a namespace does not get an object; empty if it does.
func (p *Plan) explainExclusion(ctx context.Context, target *values.Target, key string) (string, error) {
	for _, condition := range p.includes[key] {
		isTrue, err := condition.IsTrue(ctx, target, p.Spec.Baseline)
		switch {
		case err != nil:
			return "", err
		case !isTrue:
			return condition.Name() + " is false in this namespace", nil
		}
	}
	return "", nil
}

// fillValues puts the values of a namespace into an object.
func (p *Plan) fillValues(ctx context.Context, target *values.Target, object *manifest.Object, room *int) error {
	of := p.values[object.Key]
	if of == nil {
		return nil
	}
	encoded := make([][]byte, len(of.values))
	for i, value := range of.values {
		original := value.Original()
		if value.named {
			original = manifest.WithNamespace(original, p.placeholder, target.Name)
		}
		result, err := value.Compute(ctx, target, p.Spec.Baseline, original)
		if err != nil {
			return err
		}
		if *room -= len(result); *room < 0 {
			return fmt.Errorf("%w: the values of this namespace take more than %d bytes together", values.ErrValue, values.MaxNamespaceBytes)
		}
		encoded[i] = result
	}
	object.Body = of.template.Fill(encoded)
	return nil
}

// Failure returns the reason why an object of a bound plan cannot be written; nil if it can.
func (p *Plan) Failure(key string) error { return p.failures[key] }

// HasRule reports whether a rule selects the object of a key.
func (p *Plan) HasRule(key string) bool { return p.HasValues(key) || p.includes[key] != nil }

// IsConditional reports whether some namespaces may not get the object of a key.
func (p *Plan) IsConditional(key string) bool { return p.includes[key] != nil }

// HasValues reports whether namespaces have values of their own in the object of a key.
func (p *Plan) HasValues(key string) bool { return p.values[key] != nil }

// ValueFields returns the fields of objects in which namespaces have values of their own, by key. Each is given by the names on its path.
func (p *Plan) ValueFields() map[string][][]string {
	fields := make(map[string][][]string, len(p.values))
	for key, of := range p.values {
		for _, value := range of.values {
			fields[key] = append(fields[key], value.MergedField())
		}
	}
	return fields
}

// IsUnavailable reports whether an error means that the content of a plan is gone, or cannot be compiled any more.
func IsUnavailable(err error) bool {
	return errors.Is(err, ErrContent) || errors.Is(err, ErrValues)
}

// Bind returns the difference of two bound plans of the same namespace. Objects without rules keep their shared patches.
func (d *Delta) Bind(from, to *Plan) *Delta {
	if from.rules == nil && to.rules == nil {
		return d
	}
	bound := &Delta{changesPodDefaults: d.changesPodDefaults}
	for _, stage := range to.stages {
		var changes []ObjectChange
		for _, object := range stage {
			change, changed := d.Find(object.Key)
			if from.HasRule(object.Key) || to.HasRule(object.Key) {
				change, changed = changeOf(from, object)
			}
			if !changed && to.Failure(object.Key) != nil { // it is reported
				change, changed = ObjectChange{Object: object}, true
			}
			if changed {
				changes = append(changes, change)
				bound.addKey(object.Key, from, to)
			}
		}
		if len(changes) > 0 {
			bound.changes = append(bound.changes, changes)
		}
	}
	bound.removed = slices.DeleteFunc(slices.Clone(d.removed), func(removal Removal) bool { return !from.Holds(removal.Key) })
	bound.addLeftOut(from, to)
	return bound
}

// addLeftOut adds the objects of the old plan that spec.include leaves out of the new one.
func (d *Delta) addLeftOut(from, to *Plan) {
	for _, stage := range slices.Backward(from.stages) {
		for _, object := range slices.Backward(stage) {
			if _, isLeftOut := slices.BinarySearch(to.excluded, object.Key); isLeftOut {
				d.removed = append(d.removed, Removal{
					Key: object.Key, LeftOut: to.skipReasons[object.Key], Keep: transform.WhyNeverPruned(object.Kind.GroupKind(), object.Name),
				})
				d.addKey(object.Key, from, to)
			}
		}
	}
}
