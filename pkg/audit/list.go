package audit

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
)

// errNothingListed is the error of an audit in which no kind could be listed.
var errNothingListed = errors.New("no kind could be listed")

// listKinds lists all expected kinds: their metadata or, where a Required baseline has objects of a kind, their content.
func (p *pass) listKinds(ctx context.Context) error {
	exact := map[*expectation]bool{} // reports whether a Required baseline has the revision
	for i := range p.holders {
		exact[p.holders[i].expectation] = exact[p.holders[i].expectation] || p.holders[i].isRequired()
	}
	query := apply.ListQuery{Labels: v1alpha1.LabelBaseline}
	if p.only != "" {
		query.Labels += "=" + p.only
	}
	kinds := kindsOf(exact)
	for _, kind := range kinds.sorted() {
		query.Content, query.Size = kinds[kind].isListed, kinds[kind].size
		if err := p.listKind(ctx, kind, query); err != nil {
			return err
		}
	}
	slices.Sort(p.result.Failed)
	if len(kinds) > 0 && len(p.failed) == len(kinds) {
		return errNothingListed
	}
	return nil
}

// listKind lists the objects of a kind. Its error is that of ctx.
func (p *pass) listKind(ctx context.Context, kind schema.GroupVersionKind, query apply.ListQuery) error {
	began := p.Clock.Now()
	visit := func(live *metav1.PartialObjectMetadata, content []byte) { p.addListed(ctx, kind, live, content) }
	err := p.Objects.List(ctx, kind, query, visit, func() error {
		err := p.rest(ctx, began)
		began = p.Clock.Now()
		return err
	})
	if err != nil && ctx.Err() == nil {
		p.failed.Insert(kind)
		p.result.Failed = append(p.result.Failed, strings.ToLower(kind.GroupKind().String()))
		log.FromContext(ctx).Error(err, "Could not list a kind in an audit, none of its objects counts as missing", "kind", kind.Kind, "group", kind.Group)
	}
	return ctx.Err()
}

// rest returns after as long as has passed since a call began.
func (p *pass) rest(ctx context.Context, began time.Time) error {
	took := p.Clock.Since(began)
	p.result.Worked += took
	timer := p.Clock.NewTimer(took)
	defer timer.Stop()
	select {
	case <-timer.C():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// addListed adds an object that a list has. Objects that no holder expects are others' copies of the label.
func (p *pass) addListed(ctx context.Context, kind schema.GroupVersionKind, live *metav1.PartialObjectMetadata, content []byte) {
	i, isHolder := p.index[holderKey{live.Namespace, live.Labels[v1alpha1.LabelBaseline]}]
	if !isHolder {
		return
	}
	holder := &p.holders[i]
	number, isExpected := holder.numbers[kind][live.Name]
	if !isExpected {
		return
	}
	holder.seen.insert(number)
	if live.DeletionTimestamp == nil && live.Labels[v1alpha1.LabelProtected] != holder.protectionOf(&holder.objects[number]) {
		holder.mislabelled = append(holder.mislabelled, int32(number)) //nolint:gosec // bounded by the archive's entries
	}
	switch {
	case holder.Released:
	case holder.isRequired(): // being deleted too: a finalizer can hold it for ever
		p.addContent(ctx, holder, number, content)
	case live.DeletionTimestamp == nil:
		p.addWriters(holder, number, live)
	}
}

// addContent adds an object of a Required baseline. Its values decide, because a tenant may set its managers.
func (p *pass) addContent(ctx context.Context, holder *holderState, number int, content []byte) {
	object := &holder.objects[number]
	namespace := ""
	if !object.Body.Shared() { // the same content is another one's there
		namespace = holder.Namespace.Name
	}
	found := holder.newTrace(number, apply.HashContent(content, namespace))
	if _, isKnown := p.memory.traces.find(found); isKnown {
		return
	}
	if p.Objects.Matches(ctx, holder.target(), *object, content, holder.InspectionOf(object)) {
		p.memory.traces.add(found, struct{}{})
		return
	}
	p.addDoubt(holder, number, found)
}

// addWriters adds an object of an Optional baseline. It is compared only if its managers leave a doubt.
func (p *pass) addWriters(holder *holderState, number int, live *metav1.PartialObjectMetadata) {
	if apply.IsSoleWriter(live.ManagedFields, v1alpha1.FieldManager, holder.writtenBefore()) {
		found := holder.newTrace(number, apply.HashFields(live.ManagedFields, v1alpha1.FieldManager))
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
