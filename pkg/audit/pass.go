package audit

import (
	"context"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/plan"
)

// pass is one audit.
type pass struct {
	*Auditor
	isCurrent func(holder *Holder) bool
	found     func(ctx context.Context, finding Finding) error
	only      string
	holders   []holderState
	index     map[holderKey]int
	// fields are the sets of fields of all doubts, and fieldNumbers their places.
	fields       []writtenFields
	fieldNumbers map[writtenFields]int32
	// failed are the kinds that could not be listed.
	failed sets.Set[schema.GroupVersionKind]
	result Result
}

// holderKey identifies a holder by names.
type holderKey struct{ namespace, baseline string }

// holderState is what a pass knows about a holder.
type holderState struct {
	Holder
	*expectation
	// seen are the objects that the lists have, suspects those of them that others have written.
	seen     bits
	suspects []suspect
	// doubts are those that nobody else has written, and whose fields were not compared yet.
	doubts []doubt
}

// doubt is an object with a set of fields, each by its number. In the first audit of a process there is one for each object of each
// namespace, so it must be small.
type doubt struct{ object, fields int32 }

// newFields returns a set of fields of an object.
func (h *holderState) newFields(object int, hash apply.FieldsHash) writtenFields {
	return writtenFields{spec: h.plan.Spec, generation: h.Baseline.Generation, key: h.objects[object].Key, hash: hash}
}

// addDoubt adds a doubt about an object.
func (p *pass) addDoubt(holder *holderState, object int, fields writtenFields) {
	number, isKnown := p.fieldNumbers[fields]
	if !isKnown {
		number = int32(len(p.fields)) //nolint:gosec // far below the number of objects
		p.fields, p.fieldNumbers[fields] = append(p.fields, fields), number
	}
	holder.doubts = append(holder.doubts, doubt{int32(object), number}) //nolint:gosec // bounded by the archive's entries
}

// suspect is an object that others than Seedbed have written.
type suspect struct {
	number int
	uid    types.UID
	entry  equalObject
}

// expect finds the objects that each holder should have.
func (p *pass) expect(ctx context.Context, holders []Holder) error {
	known := map[plan.Spec]*expectation{}
	for i := range holders {
		holder := &holders[i]
		spec := holder.spec()
		expected, isKnown := known[spec]
		if !isKnown {
			compiled, err := p.Plans.Get(ctx, spec)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				log.FromContext(ctx).Info("Skipped the namespaces of a revision in an audit, because its content cannot be read",
					"baseline", spec.Baseline, "backup", spec.Backup, "reason", err.Error())
			} else {
				expected = newExpectation(compiled)
			}
			known[spec] = expected
		}
		if expected == nil {
			p.result.Skipped++
			continue
		}
		p.index[holderKey{holder.Namespace.Name, holder.Baseline.Name}] = len(p.holders)
		p.holders = append(p.holders, holderState{Holder: *holder, expectation: expected, seen: newBits(len(expected.objects))})
	}
	return nil
}
