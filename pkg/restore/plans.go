package restore

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"seedbed.dev/seedbed/pkg/store"
)

// Reader reads stored backups, checked by their digest.
type Reader interface {
	Get(ctx context.Context, name string) (store.Entry, []byte, error)
}

// Recorder records how plans are found.
type Recorder interface {
	PlanCache(bytes int64)
	PlanLookup(result string)
}

// compileTimeout bounds reading and compiling one backup.
const compileTimeout = 30 * time.Second

// failureKept is how long a failure is remembered, so that a damaged backup is not read again for each
// of a thousand namespaces.
const failureKept = 5 * time.Second

// Plans compiles plans and keeps the ones used last, within a bound in bytes. Baselines of the same content and mapping share
// one. It is safe for concurrent use; a plan that many ask for at once is compiled once, and one plan at a time.
type Plans struct {
	reader   Reader
	recorder Recorder
	compiler Compiler
	most     int64
	flight   singleflight.Group
	inUse    *plansInUse
	// turn is held by the one that compiles.
	turn chan struct{}

	mu    sync.Mutex
	kept  map[Spec]*list.Element // by content
	order *list.List             // of *entry, the one used last in front
	bytes int64
}

type entry struct {
	spec  Spec
	plan  *Plan
	err   error
	until time.Time // of a failure
}

// PlanOptions say how plans are compiled and kept.
type PlanOptions struct {
	// ClusterDomains are those that DNS names of Services may end in.
	ClusterDomains []string
	// CacheBytes bounds what is kept for later use.
	CacheBytes int64
	// TotalBytes bounds what all plans take, those that are in use included, and so each of them. It is at least CacheBytes.
	TotalBytes int64
}

// NewPlans returns Plans without any.
func NewPlans(reader Reader, recorder Recorder, o PlanOptions) *Plans {
	total := max(o.TotalBytes, o.CacheBytes)
	return &Plans{
		reader: reader, recorder: recorder, compiler: Compiler{ClusterDomains: o.ClusterDomains, MaxBytes: total}, most: o.CacheBytes,
		inUse: newPlansInUse(total), turn: make(chan struct{}, 1),
		kept: map[Spec]*list.Element{}, order: list.New(),
	}
}

// Get returns the plan of a spec, compiled now or before. Errors are or wrap ErrContent, ErrSourceNamespace,
// or what the store says.
func (p *Plans) Get(ctx context.Context, spec Spec) (*Plan, error) {
	content := spec.content()
	if found := p.lookup(content); found != nil {
		p.recorder.PlanLookup("hit")
		return found.view(spec)
	}
	// The work outlives the caller that began it: others wait for the same plan.
	result := p.flight.DoChan(fmt.Sprintf("%#v", content), func() (any, error) {
		p.turn <- struct{}{} // nobody keeps it for longer than compileTimeout
		defer func() { <-p.turn }()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), compileTimeout)
		defer cancel()
		return p.compile(ctx, content)
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case done := <-result:
		if done.Err != nil {
			return nil, done.Err
		}
		return done.Val.(*Plan).as(spec), nil
	}
}

func (p *Plans) compile(ctx context.Context, spec Spec) (*Plan, error) {
	plan, err := p.read(ctx, spec)
	if err != nil {
		p.recorder.PlanLookup("failed")
		err = fmt.Errorf("backup %s: %w", spec.Backup, err)
		if ctx.Err() == nil {
			p.keep(&entry{spec: spec, err: err, until: time.Now().Add(failureKept)})
		}
		return nil, err
	}
	p.recorder.PlanLookup("compiled")
	p.keep(&entry{spec: spec, plan: plan})
	return plan, nil
}

func (p *Plans) read(ctx context.Context, spec Spec) (*Plan, error) {
	stored, content, err := p.reader.Get(ctx, spec.Backup)
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrCorrupt):
		return nil, fmt.Errorf("%w: %w", ErrContent, err)
	case err != nil:
		return nil, err
	case stored.Digest != spec.Digest:
		return nil, fmt.Errorf("%w: the store holds %s where the backup's status says %s", ErrContent, stored.Digest, spec.Digest)
	}
	if err := p.inUse.await(ctx, planBytes(content), p.shrink); err != nil {
		return nil, err
	}
	plan, err := p.compiler.Compile(content, spec)
	if err != nil {
		return nil, err
	}
	p.inUse.add(plan)
	return plan, nil
}

func (p *Plans) lookup(spec Spec) *entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	element, ok := p.kept[spec]
	if !ok {
		return nil
	}
	found := element.Value.(*entry)
	if found.err != nil && time.Now().After(found.until) {
		p.drop(element)
		return nil
	}
	p.order.MoveToFront(element)
	return found
}

func (p *Plans) keep(e *entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if old, ok := p.kept[e.spec]; ok {
		p.drop(old)
	}
	p.kept[e.spec] = p.order.PushFront(e)
	p.bytes += e.size()
	for p.bytes > p.most && p.order.Len() > 1 {
		p.drop(p.order.Back())
	}
	p.recorder.PlanCache(p.bytes)
}

// shrink drops the plans used longest ago until the others have at most so many bytes.
func (p *Plans) shrink(most int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.bytes > most && p.order.Len() > 0 {
		p.drop(p.order.Back())
	}
	p.recorder.PlanCache(p.bytes)
}

func (p *Plans) drop(element *list.Element) {
	e := p.order.Remove(element).(*entry)
	delete(p.kept, e.spec)
	p.bytes -= e.size()
}

func (e *entry) size() int64 {
	if e.plan == nil {
		return perObject
	}
	return e.plan.Size()
}

// view returns the entry's plan for a spec of its content, or its failure.
func (e *entry) view(spec Spec) (*Plan, error) {
	if e.err != nil {
		return nil, e.err
	}
	return e.plan.as(spec), nil
}
