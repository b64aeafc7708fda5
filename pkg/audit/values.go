package audit

import (
	"context"
	"slices"

	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/pkg/values"
)

// holderValues are the values of a namespace's own, and the objects that it does not get. nil is a namespace whose objects are the
// plan's.
type holderValues struct {
	target *values.Target
	// leftOut are the objects that spec.include has left out.
	leftOut bits
}

// setValues finds the objects that the namespace does not get, and the fields of others whose values are not those of its present labels.
// isHeld reports that the namespace is compared with the revision of its record; otherwise its present labels decide alone.
func (h *holderState) setValues(ctx context.Context, isHeld bool) {
	if !h.withRules {
		return
	}
	v := &holderValues{target: values.NewTarget(h.Namespace), leftOut: newBits(len(h.objects))}
	var bound *plan.Plan
	isOutdated := false
	if isHeld {
		held := h.Record.HeldRevision()
		bound, isOutdated = h.plan.BindHeld(ctx, v.target, held), h.plan.ValuesHash(v.target) != held.ValuesHash
	} else {
		bound = h.plan.Bind(ctx, v.target)
	}
	skipped, fields := bound.Skipped(), h.plan.ValueFields()
	h.unknown = map[string][][]string{}
	for number := range h.objects {
		key := h.objects[number].Key
		if _, isLeftOut := slices.BinarySearch(skipped, key); isLeftOut {
			v.leftOut.insert(number)
		}
		if isOutdated || bound.Failure(key) != nil {
			h.unknown[key] = fields[key]
		}
	}
	h.values = v
}

// isLeftOut reports whether the namespace does not get an object.
func (h *holderState) isLeftOut(number int) bool {
	return h.values != nil && h.values.leftOut.has(number)
}

// object returns an object as the namespace should have it. Values are computed each time: kept for thousands of namespaces, they would
// take more memory than all else. Those that cannot be computed are the backup's, and are not compared.
func (h *holderState) object(ctx context.Context, number int) *manifest.Object {
	object := &h.objects[number]
	if h.values == nil || !h.plan.HasValues(object.Key) {
		return object
	}
	bound, err := h.plan.BindObject(ctx, h.values.target, *object)
	if err != nil {
		return object
	}
	return &bound
}
