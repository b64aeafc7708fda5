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

// Plans compiles plans and keeps the ones used last, within a bound in bytes. A single plan larger
// than the bound is kept alone. It is safe for concurrent use; a plan that many ask for at once is
// compiled once.
type Plans struct {
	reader   Reader
	recorder Recorder
	domains  []string
	most     int64
	flight   singleflight.Group

	mu    sync.Mutex
	kept  map[Spec]*list.Element
	order *list.List // of *entry, the one used last in front
	bytes int64
}

type entry struct {
	spec  Spec
	plan  *Plan
	err   error
	until time.Time // of a failure
}

// NewPlans makes a cache of at most so many bytes.
func NewPlans(reader Reader, recorder Recorder, clusterDomains []string, maxBytes int64) *Plans {
	return &Plans{
		reader: reader, recorder: recorder, domains: clusterDomains, most: maxBytes,
		kept: map[Spec]*list.Element{}, order: list.New(),
	}
}

// Get returns the plan of a spec, compiled now or before. Errors are or wrap ErrContent, ErrSourceNamespace,
// or what the store says.
func (p *Plans) Get(ctx context.Context, spec Spec) (*Plan, error) {
	if found := p.lookup(spec); found != nil {
		p.recorder.PlanLookup("hit")
		return found.plan, found.err
	}
	// The work outlives the caller that began it: others wait for the same plan.
	result := p.flight.DoChan(fmt.Sprintf("%#v", spec), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), compileTimeout)
		defer cancel()
		return p.compile(ctx, spec)
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case done := <-result:
		if done.Err != nil {
			return nil, done.Err
		}
		return done.Val.(*Plan), nil
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
	return Compile(content, spec, p.domains)
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
