package audit

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// labelObjects sets the label of protected objects where it is missing, and removes it where it is not due any more. The label is no
// content, so neither the record nor a drift shows it. An error is logged only: the next audit tries again.
func (p *pass) labelObjects(ctx context.Context) error {
	for i := range p.holders {
		holder := &p.holders[i]
		if len(holder.mislabelled) == 0 || !p.isCurrent(&holder.Holder) {
			continue
		}
		for _, number := range holder.mislabelled {
			if err := p.labelObject(ctx, holder, int(number)); err != nil {
				return err
			}
		}
	}
	return nil
}

// labelObject labels one object. Its error is that of ctx.
func (p *pass) labelObject(ctx context.Context, holder *holderState, number int) error {
	began, object := p.Clock.Now(), &holder.objects[number]
	err := p.Objects.Protect(ctx, holder.target(), *object, v1alpha1.LabelProtected, holder.protectionOf(object))
	if err == nil {
		p.result.Labelled++
	} else {
		log.FromContext(ctx).Info("Could not label an object", "namespace", holder.Namespace.Name, "object", object.Key, "label", v1alpha1.LabelProtected, "reason", err.Error())
	}
	return p.rest(ctx, began)
}
