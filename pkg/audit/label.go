package audit

import (
	"context"
	"errors"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// labelObjects sets the label of protected objects where it is missing, and removes it where it is not due any more. The label is no
// content, so neither the record nor a drift shows it. An error is logged only: the next audit tries again.
func (p *pass) labelObjects(ctx context.Context) error {
	for i := range p.holders {
		holder := &p.holders[i]
		if len(holder.unprotected) == 0 || !p.isCurrent(&holder.Holder) {
			continue
		}
		var failed []error
		for _, number := range holder.unprotected {
			object := holder.object(ctx, int(number))
			failed = append(failed, p.label(ctx, func() (bool, error) {
				return p.Objects.Protect(ctx, holder.target(), *object, v1alpha1.LabelProtected, holder.Baseline.Name)
			}))
		}
		if err := errors.Join(failed...); err != nil && ctx.Err() == nil {
			log.FromContext(ctx).Info("Could not protect objects", "namespace", holder.Namespace.Name, "baseline", holder.Baseline.Name, "reason", v1alpha1.Cut(err.Error()))
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return p.unlabelObjects(ctx)
}

// unlabelObjects removes the label of protected objects where it is not due any more.
func (p *pass) unlabelObjects(ctx context.Context) error {
	for _, each := range p.released {
		err := p.label(ctx, func() (bool, error) {
			return p.Objects.Unprotect(ctx, each.Named, v1alpha1.LabelProtected, each.baseline)
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			log.FromContext(ctx).Info("Could not end the protection of an object", "namespace", each.Namespace, "kind", each.Kind.Kind, "name", each.Name, "reason", err.Error())
		}
	}
	return nil
}

// label makes a call, and rests as long as it took. That counts not as work of the audit, because it comes once.
func (p *pass) label(ctx context.Context, call func() (bool, error)) error {
	began := p.Clock.Now()
	did, err := call()
	if did {
		p.result.Labelled++
	}
	return errors.Join(err, p.pause(ctx, p.Clock.Since(began)))
}
