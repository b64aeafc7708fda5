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

// listKinds lists the metadata of all expected kinds.
func (p *pass) listKinds(ctx context.Context) error {
	var expectations []*expectation
	for i := range p.holders {
		if e := p.holders[i].expectation; !slices.Contains(expectations, e) {
			expectations = append(expectations, e)
		}
	}
	selector := v1alpha1.LabelBaseline
	if p.only != "" {
		selector += "=" + p.only
	}
	kinds := kindsOf(expectations)
	for _, kind := range kinds {
		began := p.Clock.Now()
		visit := func(live *metav1.PartialObjectMetadata) { p.addListed(kind, live) }
		err := p.Objects.ListMetadata(ctx, kind, selector, visit, func() error {
			err := p.rest(ctx, began)
			began = p.Clock.Now()
			return err
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			p.failed.Insert(kind)
			p.result.Failed = append(p.result.Failed, strings.ToLower(kind.GroupKind().String()))
			log.FromContext(ctx).Error(err, "Could not list a kind in an audit, none of its objects counts as missing", "kind", kind.Kind, "group", kind.Group)
		}
	}
	slices.Sort(p.result.Failed)
	if len(kinds) > 0 && len(p.failed) == len(kinds) {
		return errNothingListed
	}
	return nil
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

// addListed adds the metadata of an object that a list has. Objects that no holder expects are others' copies of the label.
func (p *pass) addListed(kind schema.GroupVersionKind, live *metav1.PartialObjectMetadata) {
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
	if live.DeletionTimestamp != nil {
		return
	}
	if apply.IsSoleWriter(live.ManagedFields, v1alpha1.FieldManager, holder.writtenBefore()) {
		fields := holder.newFields(number, apply.HashFields(live.ManagedFields, v1alpha1.FieldManager))
		if _, isKnown := p.memory.fields.find(fields); !isKnown {
			p.addDoubt(holder, number, fields)
		}
		return
	}
	entry := newEqualObject(&holder.Holder, live.ResourceVersion)
	if equal, isKnown := p.memory.equal.find(live.UID); isKnown && equal == entry {
		return
	}
	holder.suspects = append(holder.suspects, suspect{number: number, uid: live.UID, entry: entry})
}
