package audit

import (
	"context"
	"time"

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
	// traces are those of all doubts, and traceNumbers their places.
	traces       []trace
	traceNumbers map[trace]int32
	// released are the objects that have the label of protected ones and should not.
	released []protectedObject
	// compared is the time that the present list has taken to compare contents.
	compared time.Duration
	// failed are the kinds that could not be listed.
	failed sets.Set[schema.GroupVersionKind]
	result Result
}

// protectedObject is an object with the value of its label of protected ones.
type protectedObject struct {
	apply.Named
	baseline string
}

// holderKey identifies a holder by names.
type holderKey struct{ namespace, baseline string }

// holderState is what a pass knows about a holder.
type holderState struct {
	Holder
	*expectation
	values *holderValues
	// seen are the objects that the lists have, suspects those of them that others have written.
	seen     bits
	suspects []suspect
	// doubts are those whose traces were not compared yet: nobody else has written them, or their values differ from a Required
	// baseline's.
	doubts []doubt
	// unprotected are the objects that lack the label of protected ones.
	unprotected []int32
	// terminating are the objects of a Required baseline that are being deleted.
	terminating []int32
}

// doubt is an object with a trace, each by its number. In the first audit of a process there is one for each object of each
// namespace, so it must be small.
type doubt struct{ object, trace int32 }

// addDoubt adds a doubt about an object.
func (p *pass) addDoubt(holder *holderState, object int, found trace) {
	number, isKnown := p.traceNumbers[found]
	if !isKnown {
		number = int32(len(p.traces)) //nolint:gosec // far below the number of objects
		p.traces, p.traceNumbers[found] = append(p.traces, found), number
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
	began := p.Clock.Now()
	for i := range holders {
		holder := &holders[i]
		holder.AuditedAt = began
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
		state := holderState{Holder: *holder, expectation: expected, seen: newBits(len(expected.objects))}
		state.setValues(ctx, true)
		p.holders = append(p.holders, state)
	}
	return nil
}
