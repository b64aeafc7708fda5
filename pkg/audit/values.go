package audit

import (
	"context"
	"slices"

	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/pkg/values"
)

// holderValues are the values of a namespace's own, and the objects that it gets by its own conditions. nil is a namespace whose
// objects are the plan's.
type holderValues struct {
	target *values.Target
	// exempt are the objects that are not compared: spec.include left them out, or the labels that their values depend on have changed
	// since they were written.
	exempt bits
	// reasons explain exempt ones of the second kind, by number.
	reasons map[int]string
}

// setValues finds the objects of a namespace that are not compared. isHeld reports that its record tells how the objects were written:
// otherwise those of its present labels are compared.
func (h *holderState) setValues(ctx context.Context, isHeld bool) {
	if !h.withRules {
		return
	}
	v := &holderValues{target: plan.NewTarget(h.Namespace), exempt: newBits(len(h.objects)), reasons: map[int]string{}}
	bound := h.plan.Bind(ctx, v.target)
	isOutdated := false
	if isHeld {
		held := h.Record.HeldRevision()
		bound, isOutdated = h.plan.BindHeld(ctx, v.target, held), h.plan.ValuesHash(v.target) != held.ValuesHash
	}
	skipped := bound.Skipped()
	for number := range h.objects {
		key := h.objects[number].Key
		_, isLeftOut := slices.BinarySearch(skipped, key)
		switch err := bound.Failure(key); {
		case isLeftOut:
			v.exempt.insert(number)
		case err != nil:
			v.exempt.insert(number)
			v.reasons[number] = err.Error()
		case isOutdated && h.plan.HasValues(key):
			v.exempt.insert(number)
			v.reasons[number] = "the labels or annotations of the namespace that its values depend on have changed since it was written"
		}
	}
	h.values = v
}

// isExempt reports whether an object is not compared.
func (h *holderState) isExempt(number int) bool { return h.values != nil && h.values.exempt.has(number) }

// object returns an object as the namespace should have it. Values are computed each time: kept for thousands of namespaces, they would
// take more memory than all else.
func (h *holderState) object(ctx context.Context, number int) *manifest.Object {
	object := &h.objects[number]
	if h.values == nil || !h.plan.HasValues(object.Key) {
		return object
	}
	bound, err := h.plan.BindObject(ctx, h.values.target, *object)
	if err != nil { // it is exempt
		return object
	}
	return &bound
}
