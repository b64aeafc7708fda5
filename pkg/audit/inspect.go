package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/apply/merge"
	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// inspectHolders reads the objects that the lists lack and those that others have written, namespace by namespace.
func (p *pass) inspectHolders(ctx context.Context) error {
	for i := range p.holders {
		holder := &p.holders[i]
		if holder.Released {
			continue
		}
		finding, err := p.inspectHolder(ctx, holder)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil || !p.isCurrent(&holder.Holder) {
			p.result.Skipped++
			if err != nil && !errors.Is(err, errOutdated) {
				log.FromContext(ctx).Info("Skipped a namespace in an audit", "namespace", holder.Namespace.Name, "baseline", holder.Baseline.Name, "reason", err.Error())
			}
			continue
		}
		p.result.Audited++
		if len(finding.Objects) > 0 {
			p.result.Drifted++
		}
		if len(finding.Objects) == 0 && holder.Record.Drift == nil {
			continue
		}
		if err := p.found(ctx, finding); err != nil {
			return err
		}
	}
	return nil
}

// errOutdated is the error of a namespace whose record has changed since the audit began.
var errOutdated = errors.New("the record has changed meanwhile")

// unproven is an object that must be read: others have written it, its trace is not known, something may keep it from being deleted, or
// no list has it.
type unproven struct {
	*manifest.Object
	isListed bool
	// prove remembers that the object does not differ, if it is still the listed one; nil remembers nothing.
	prove func(drift *apply.Drift)
}

// selectUnproven returns the objects of a namespace that must be read. A doubt is over once an object with the same trace was read in
// another namespace.
func (p *pass) selectUnproven(ctx context.Context, holder *holderState) []unproven {
	listed := make(map[int]func(*apply.Drift), len(holder.suspects)+len(holder.doubts)+len(holder.terminating))
	for _, each := range holder.suspects {
		listed[each.number] = func(drift *apply.Drift) {
			if drift.Read.ResourceVersion == each.entry.version {
				p.memory.equal.add(each.uid, each.entry)
			}
		}
	}
	for _, each := range holder.doubts {
		number, found := int(each.object), p.traces[each.trace]
		if _, isKnown := p.memory.traces.find(found); !isKnown {
			listed[number] = func(drift *apply.Drift) {
				object := holder.object(ctx, number)
				if found == holder.newContentTrace(object, drift.Read.Content) || found == holder.newFieldsTrace(object, drift.Read.Fields) {
					p.memory.traces.add(found, struct{}{})
				}
			}
		}
	}
	for _, number := range holder.terminating {
		listed[int(number)] = nil
	}
	var selected []unproven
	for number := range holder.objects {
		object := &holder.objects[number]
		prove, isListed := listed[number]
		isUnseen := !holder.seen.has(number) && !p.failed.Has(object.Kind)
		if (isUnseen || isListed) && holder.isCompared(number) {
			selected = append(selected, unproven{holder.object(ctx, number), isListed, prove})
		}
	}
	return selected
}

// isCompared reports whether an object is compared: not if the namespace does not get it, or if it may differ as a whole.
func (h *holderState) isCompared(number int) bool {
	return !h.isLeftOut(number) && !Ignored(h.Baseline.Spec.DriftIgnore).isIgnored(&h.objects[number])
}

// inspectHolder returns the objects of a namespace that differ.
func (p *pass) inspectHolder(ctx context.Context, holder *holderState) (Finding, error) {
	finding := Finding{Holder: holder.Holder}
	for _, each := range p.selectUnproven(ctx, holder) {
		kept, err := p.keptOf(ctx, holder)
		if err != nil {
			return finding, err
		}
		if kept.kept.Has(each.Key) || !each.isListed && !kept.isExpected(each.Key, holder.isRequired()) {
			continue
		}
		drift, err := p.inspectObject(ctx, holder, each.Object)
		if err != nil {
			return finding, err
		}
		if each.prove != nil && drift.State == apply.NoDrift {
			each.prove(&drift)
		}
		if isDrift(drift.State, holder.isRequired()) {
			finding.Objects = append(finding.Objects, newObject(each.Key, drift))
		}
	}
	slices.SortFunc(finding.Objects, func(a, b Object) int { return strings.Compare(a.Object, b.Object) })
	return finding, nil
}

// isDrift reports whether an object of that state differs. Taking the label off is a tenant's way to keep an object of an Optional
// baseline.
func isDrift(state apply.DriftState, isRequired bool) bool {
	return state == apply.DriftMissing || state == apply.DriftChanged || state == apply.DriftDisowned && isRequired
}

func newObject(key string, drift apply.Drift) Object {
	return Object{
		ObjectResult: v1alpha1.ObjectResult{Object: key, Result: v1alpha1.Result(drift.State), Reason: v1alpha1.Cut(drift.Reason)},
		Managers:     v1alpha1.Cut(drift.Managers),
	}
}

// keptOf returns the objects that a namespace need not have. The record is read once for each version of it.
func (p *pass) keptOf(ctx context.Context, holder *holderState) (keptObjects, error) {
	if kept, isKnown := p.memory.kept.find(holder.Record.UID); isKnown && kept.version == holder.Record.ResourceVersion {
		return kept, nil
	}
	began := p.Clock.Now()
	whole, err := p.Records.Read(ctx, holder.Namespace, holder.Baseline.Name)
	if err != nil {
		return keptObjects{}, err
	}
	if whole == nil || whole.ResourceVersion != holder.Record.ResourceVersion {
		return keptObjects{}, errOutdated
	}
	kept := newKeptObjects(whole)
	p.memory.kept.add(whole.UID, kept)
	return kept, p.rest(ctx, p.Clock.Since(began))
}

// inspectObject compares one object.
func (p *pass) inspectObject(ctx context.Context, holder *holderState, object *manifest.Object) (apply.Drift, error) {
	began := p.Clock.Now()
	drift := p.Objects.Inspect(ctx, holder.target(), *object, holder.InspectionOf(object))
	if drift.Err != nil {
		return drift, fmt.Errorf("comparing %s: %w", object.Key, drift.Err)
	}
	return drift, p.rest(ctx, p.Clock.Since(began))
}

// target returns the namespace and the rules to compare with.
func (h *holderState) target() apply.Target {
	return apply.Target{
		Namespace: h.Namespace.Name, Update: true, Labels: h.plan.Spec.Labels(), OwnerLabel: v1alpha1.LabelBaseline,
		ProtectedLabels: h.plan.Spec.ProtectedLabels(), Protects: h.protects, TrustOwner: !h.isRequired(), Rules: h.plan,
	}
}

// InspectionOf returns how an object of the namespace is compared.
func (h *Holder) InspectionOf(object *manifest.Object) apply.Inspection {
	return apply.Inspection{
		Exact: h.isRequired(), WrittenBefore: h.writtenBefore(), RestoredAt: h.restoredAt(), DeletedBefore: h.deletedBefore(),
		Ignored: h.ignoredFields(object),
	}
}

// ignoredFields returns the function that reports whether a field of an object may differ; nil if none may.
func (h *Holder) ignoredFields(object *manifest.Object) func(path merge.Path) bool {
	ignored := Ignored(h.Baseline.Spec.DriftIgnore).FieldsOf(object)
	unknown := h.unknown[object.Key]
	if len(unknown) == 0 {
		return ignored
	}
	return func(path merge.Path) bool {
		isUnknown := slices.ContainsFunc(unknown, func(field []string) bool { return isAtOrBelow(path, field) })
		return isUnknown || ignored != nil && ignored(path)
	}
}

// isAtOrBelow reports whether a path is that of a field, given by names, or of a part of it.
func isAtOrBelow(path merge.Path, field []string) bool {
	if len(path) < len(field) {
		return false
	}
	for i, name := range field {
		if path[i].Name != name {
			return false
		}
	}
	return true
}
