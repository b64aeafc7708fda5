package audit

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
)

// errNothingListed is the error of an audit in which no kind could be listed.
var errNothingListed = errors.New("no kind could be listed")

// listKinds lists all expected kinds: their metadata or, where a Required baseline has objects of a kind, their content. It lists also
// the kinds of which objects were protected before: those that a newer revision lacks lose their label.
func (p *pass) listKinds(ctx context.Context) error {
	exact := map[*expectation]bool{} // reports whether a Required baseline has the revision
	for i := range p.holders {
		holder := &p.holders[i]
		exact[holder.expectation] = exact[holder.expectation] || holder.isRequired() && !holder.Released
		if holder.Baseline.Spec.IsProtected() {
			p.memory.protectedKinds = p.memory.protectedKinds.Union(sets.KeySet(holder.numbers))
		}
	}
	query := apply.ListQuery{Labels: v1alpha1.LabelBaseline}
	if p.only != "" {
		query.Labels += "=" + p.only
	}
	kinds := kindsOf(exact)
	expected := len(kinds)
	for kind := range p.memory.protectedKinds {
		if _, isExpected := kinds[kind]; !isExpected {
			kinds[kind] = kindContent{}
		}
	}
	for _, kind := range kinds.sorted() {
		query.Content, query.Size = kinds[kind].isListed, kinds[kind].size
		if err := p.listKind(ctx, kind, query); err != nil {
			return err
		}
	}
	slices.Sort(p.result.Failed)
	if expected > 0 && len(p.failed) == len(kinds) {
		return errNothingListed
	}
	return nil
}

// listKind lists the objects of a kind. Its error is that of ctx.
func (p *pass) listKind(ctx context.Context, kind schema.GroupVersionKind, query apply.ListQuery) error {
	began := p.Clock.Now()
	p.compared = 0
	visit := func(live *metav1.PartialObjectMetadata, content []byte) { p.addListed(ctx, kind, live, content) }
	err := p.Objects.List(ctx, kind, query, visit, func() error {
		err := p.rest(ctx, p.Clock.Since(began)-p.compared)
		began, p.compared = p.Clock.Now(), 0
		return err
	})
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	isServed := !errors.Is(err, apply.ErrNotServed)
	if !isServed {
		p.memory.protectedKinds.Delete(kind)
	}
	p.failed.Insert(kind)
	p.result.Incomplete = p.result.Incomplete || isServed
	p.result.Failed = append(p.result.Failed, strings.ToLower(kind.GroupKind().String()))
	log.FromContext(ctx).Error(err, "Could not list a kind in an audit, none of its objects counts as missing", "kind", kind.Kind, "group", kind.Group)
	return nil
}

// rest counts the time that the API server has taken, and returns after as long again.
func (p *pass) rest(ctx context.Context, took time.Duration) error {
	p.result.Worked += took
	return p.pause(ctx, took)
}

// pause returns after a time.
func (p *pass) pause(ctx context.Context, length time.Duration) error {
	timer := p.Clock.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// addListed adds an object that a list has. Objects that no holder expects are others' copies of the label, or of an earlier revision.
func (p *pass) addListed(ctx context.Context, kind schema.GroupVersionKind, live *metav1.PartialObjectMetadata, content []byte) {
	i, isHolder := p.index[holderKey{live.Namespace, live.Labels[v1alpha1.LabelBaseline]}]
	if !isHolder {
		return
	}
	holder := &p.holders[i]
	number, isExpected := holder.numbers[kind][live.Name]
	p.addProtection(holder, kind, live, number, isExpected)
	if !isExpected {
		return
	}
	holder.seen.insert(number)
	switch {
	case holder.Released, holder.isLeftOut(number):
	case holder.isRequired() && live.DeletionTimestamp != nil:
		holder.terminating = append(holder.terminating, int32(number)) //nolint:gosec // bounded by the archive's entries
	case holder.isRequired():
		p.addContent(ctx, holder, number, content)
	case live.DeletionTimestamp == nil:
		p.addWriters(holder, number, live)
	}
}

// addProtection adds an object whose label of protected ones is missing, or not due.
func (p *pass) addProtection(holder *holderState, kind schema.GroupVersionKind, live *metav1.PartialObjectMetadata, number int, isExpected bool) {
	due := ""
	if isExpected {
		due = holder.protectionOf(&holder.objects[number])
	}
	switch have := live.Labels[v1alpha1.LabelProtected]; {
	case have == due, live.DeletionTimestamp != nil:
	case due != "":
		holder.unprotected = append(holder.unprotected, int32(number)) //nolint:gosec // bounded by the archive's entries
	default:
		p.released = append(p.released, protectedObject{apply.Named{Kind: kind, Namespace: live.Namespace, Name: live.Name}, have})
	}
}

// addContent adds an object of a Required baseline. Its values decide, because a tenant may set its managers. That they are the plan's
// holds in every namespace, unless they have the namespace's name. That the API server would store them so holds in one alone, because
// admission may treat another differently.
func (p *pass) addContent(ctx context.Context, holder *holderState, number int, content []byte) {
	began, object := p.Clock.Now(), holder.object(ctx, number)
	defer func() { p.compared += p.Clock.Since(began) }()
	own := holder.newContentTrace(object, apply.HashContent(content, holder.Namespace.Name))
	shared := own
	if object.Body.Shared() {
		shared = holder.newContentTrace(object, apply.HashContent(content, ""))
	}
	for _, found := range []trace{shared, own} {
		if _, isKnown := p.memory.traces.find(found); isKnown {
			return
		}
	}
	switch p.Objects.Matches(ctx, holder.target(), *object, content, holder.InspectionOf(object)) {
	case apply.Same:
		p.memory.traces.add(shared, struct{}{})
	case apply.Differs:
		p.addDoubt(holder, number, own)
	case apply.Untouched: // which holds for this object alone
	}
}

// addWriters adds an object of an Optional baseline. It is compared only if its managers leave a doubt.
func (p *pass) addWriters(holder *holderState, number int, live *metav1.PartialObjectMetadata) {
	if apply.IsSoleWriter(live.ManagedFields, v1alpha1.FieldManager, holder.writtenBefore()) {
		found := holder.newFieldsTrace(&holder.objects[number], apply.HashFields(live.ManagedFields, v1alpha1.FieldManager))
		if _, isKnown := p.memory.traces.find(found); !isKnown {
			p.addDoubt(holder, number, found)
		}
		return
	}
	entry := newEqualObject(&holder.Holder, live.ResourceVersion)
	if equal, isKnown := p.memory.equal.find(live.UID); isKnown && equal == entry {
		return
	}
	holder.suspects = append(holder.suspects, suspect{number: number, uid: live.UID, entry: entry})
}
