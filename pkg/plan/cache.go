package plan

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

// Reader reads stored backups and verifies their digest.
type Reader interface {
	Get(ctx context.Context, name string) (store.Entry, []byte, error)
}

// Recorder records lookups and the size of the cache.
type Recorder interface {
	PlanCache(bytes int64)
	PlanLookup(result string)
}

// compileTimeout bounds reading and compiling one backup.
const compileTimeout = 30 * time.Second

// failureLifetime is how long a failure is cached, so that a damaged backup is not read again for each of a thousand namespaces.
const failureLifetime = 5 * time.Second

// Cache compiles plans and their deltas, and keeps the ones used last, within a bound in bytes. Baselines with the same content
// and mapping share them. It is safe for concurrent use: a plan with many concurrent callers is compiled once, and one plan at a
// time.
type Cache struct {
	reader   Reader
	recorder Recorder
	compiler Compiler
	limit    int64
	flight   singleflight.Group
	memory   *memoryBudget
	// compiling holds one token while a plan is compiled.
	compiling chan struct{}

	mu      sync.Mutex
	entries map[entryKey]*list.Element
	order   *list.List // of *entry, the one used last in front
	bytes   int64
}

// entryKey identifies a plan or a delta. Its specs have no baseline.
type entryKey struct {
	spec Spec
	// from is the old plan of a delta; zero for a plan.
	from Spec
}

// entry is a plan, a delta or a failure.
type entry struct {
	key   entryKey
	plan  *Plan
	delta *Delta
	err   error
	until time.Time // of a failure
}

// CacheOptions configure how plans are compiled and kept.
type CacheOptions struct {
	// ClusterDomains are the domains that DNS names of Services may end in.
	ClusterDomains []string
	// CacheBytes bounds the plans that are kept for later use.
	CacheBytes int64
	// TotalBytes bounds all plans, including those in use, and thus each of them. It is at least CacheBytes.
	TotalBytes int64
}

// NewCache returns an empty Cache.
func NewCache(reader Reader, recorder Recorder, o CacheOptions) *Cache {
	total := max(o.TotalBytes, o.CacheBytes)
	return &Cache{
		reader: reader, recorder: recorder, compiler: Compiler{ClusterDomains: o.ClusterDomains, MaxBytes: total}, limit: o.CacheBytes,
		memory: newMemoryBudget(total), compiling: make(chan struct{}, 1),
		entries: map[entryKey]*list.Element{}, order: list.New(),
	}
}

// Get returns the plan of a spec, from the cache or compiled now. Its error wraps one that IsPermanent reports, or the store's.
func (c *Cache) Get(ctx context.Context, spec Spec) (*Plan, error) {
	content := spec.withoutBaseline()
	if found := c.lookupEntry(entryKey{spec: content}); found != nil {
		c.recorder.PlanLookup("hit")
		return found.planFor(spec)
	}
	// Compiling goes on when its first caller is canceled, because others wait for the same plan.
	result := c.flight.DoChan(fmt.Sprintf("%#v", content), func() (any, error) {
		c.compiling <- struct{}{} // held for compileTimeout at most
		defer func() { <-c.compiling }()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), compileTimeout)
		defer cancel()
		return c.compileEntry(ctx, content)
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case done := <-result:
		if done.Err != nil {
			return nil, done.Err
		}
		return done.Val.(*Plan).withSpec(spec), nil
	}
}

func (c *Cache) compileEntry(ctx context.Context, spec Spec) (*Plan, error) {
	plan, err := c.compileStored(ctx, spec)
	if err != nil {
		c.recorder.PlanLookup("failed")
		err = fmt.Errorf("backup %s: %w", spec.Backup, err)
		if ctx.Err() == nil {
			c.addEntry(&entry{key: entryKey{spec: spec}, err: err, until: time.Now().Add(failureLifetime)})
		}
		return nil, err
	}
	c.recorder.PlanLookup("compiled")
	c.addEntry(&entry{key: entryKey{spec: spec}, plan: plan})
	return plan, nil
}

func (c *Cache) compileStored(ctx context.Context, spec Spec) (*Plan, error) {
	stored, content, err := c.reader.Get(ctx, spec.Backup)
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrCorrupt):
		return nil, fmt.Errorf("%w: %w", ErrContent, err)
	case err != nil:
		return nil, err
	case stored.Digest != spec.Digest:
		return nil, fmt.Errorf("%w: the store holds %s where the backup's status says %s", ErrContent, stored.Digest, spec.Digest)
	}
	if err := c.memory.waitForRoom(ctx, estimateSize(content), c.shrink); err != nil {
		return nil, err
	}
	plan, err := c.compiler.Compile(content, spec)
	if err != nil {
		return nil, err
	}
	c.memory.addPlan(plan)
	return plan, nil
}

func (c *Cache) lookupEntry(key entryKey) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.entries[key]
	if !ok {
		return nil
	}
	found := element.Value.(*entry)
	if found.err != nil && time.Now().After(found.until) {
		c.dropElement(element)
		return nil
	}
	c.order.MoveToFront(element)
	return found
}

func (c *Cache) addEntry(e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.entries[e.key]; ok {
		c.dropElement(old)
	}
	c.entries[e.key] = c.order.PushFront(e)
	c.bytes += e.size()
	for c.bytes > c.limit && c.order.Len() > 1 {
		c.dropElement(c.order.Back())
	}
	c.recorder.PlanCache(c.bytes)
}

// shrink drops the plans and deltas used longest ago until the rest take at most limit bytes.
func (c *Cache) shrink(limit int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.bytes > limit && c.order.Len() > 0 {
		c.dropElement(c.order.Back())
	}
	c.recorder.PlanCache(c.bytes)
}

func (c *Cache) dropElement(element *list.Element) {
	e := c.order.Remove(element).(*entry)
	delete(c.entries, e.key)
	c.bytes -= e.size()
}

func (e *entry) size() int64 {
	switch {
	case e.plan != nil:
		return e.plan.Size()
	case e.delta != nil:
		return e.delta.Size() + bytesPerObject // also if it is empty
	default:
		return bytesPerObject
	}
}

// planFor returns the entry's plan for a spec of the same content, or the entry's failure.
func (e *entry) planFor(spec Spec) (*Plan, error) {
	if e.err != nil {
		return nil, e.err
	}
	return e.plan.withSpec(spec), nil
}
