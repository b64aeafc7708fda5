package audit

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/plan"
)

// Plans returns compiled plans.
type Plans interface {
	Get(ctx context.Context, spec plan.Spec) (*plan.Plan, error)
}

// Objects lists and compares objects; pkg/apply implements it.
type Objects interface {
	ListMetadata(ctx context.Context, kind schema.GroupVersionKind, selector string, visit func(page []metav1.PartialObjectMetadata) error) error
	Inspect(ctx context.Context, target apply.Target, object manifest.Object, inspection apply.Inspection) apply.Drift
}

// Records reads whole records.
type Records interface {
	// Read returns the namespace's own record of a baseline, or nil if there is none.
	Read(ctx context.Context, namespace *corev1.Namespace, baseline string) (*v1alpha1.BaselineRecord, error)
}

// Auditor compares namespaces with the revisions that they hold. It makes one audit at a time.
type Auditor struct {
	Plans   Plans
	Objects Objects
	Records Records
	Clock   clock.Clock

	running sync.Mutex
	memory  memory
}

// Result counts the namespaces of an audit.
type Result struct {
	// Audited were compared. Skipped were not: they were restored or updated meanwhile, or their content is gone or could not be read.
	Audited, Skipped int
	// Drifted have an object that differs.
	Drifted int
	// Failed are the resources that could not be listed, sorted. None of their objects counts as missing.
	Failed []string
	// Worked is how long the API server was asked. An audit rests for as long.
	Worked time.Duration
}

// Run audits the holders and calls found for each whose objects differ, or did so before. isCurrent reports whether a record has not
// changed since: then the namespace was neither restored nor updated. only is the baseline of all holders; empty if they have
// several. After each call of the API server, Run rests for as long as that took.
func (a *Auditor) Run(ctx context.Context, holders []Holder, only string, isCurrent func(holder *Holder) bool, found func(ctx context.Context, finding Finding) error) (Result, error) {
	a.running.Lock()
	defer a.running.Unlock()
	p := &pass{Auditor: a, isCurrent: isCurrent, found: found, only: only, failed: sets.New[schema.GroupVersionKind](), index: make(map[holderKey]int, len(holders))}
	if err := p.expect(ctx, holders); err != nil {
		return p.result, err
	}
	if err := p.listKinds(ctx); err != nil {
		return p.result, err
	}
	if err := p.inspectHolders(ctx); err != nil {
		return p.result, err
	}
	if only == "" {
		a.memory.equal.end()
		a.memory.kept.end()
	}
	return p.result, nil
}

// pass is one audit.
type pass struct {
	*Auditor
	isCurrent func(holder *Holder) bool
	found     func(ctx context.Context, finding Finding) error
	only      string
	holders   []holderState
	index     map[holderKey]int
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
		err := p.Objects.ListMetadata(ctx, kind, selector, func(page []metav1.PartialObjectMetadata) error {
			for i := range page {
				p.addListed(kind, &page[i])
			}
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
	if live.DeletionTimestamp != nil || apply.IsSoleWriter(live.ManagedFields, v1alpha1.FieldManager, holder.writtenBefore()) {
		return
	}
	entry := newEqualObject(&holder.Holder, live.ResourceVersion)
	if equal, isKnown := p.memory.equal.find(live.UID); isKnown && equal == entry {
		return
	}
	holder.suspects = append(holder.suspects, suspect{number: number, uid: live.UID, entry: entry})
}
