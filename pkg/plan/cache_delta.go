package plan

import (
	"context"
	"fmt"
	"time"
)

// Delta returns the difference of two plans, from the cache or compiled now. Its error is that of Get for one of the plans.
func (c *Cache) Delta(ctx context.Context, from, to Spec) (*Delta, error) {
	key := entryKey{spec: to.withoutBaseline(), from: from.withoutBaseline()}
	if found := c.lookupEntry(key); found != nil && found.delta != nil {
		return found.delta, nil
	}
	// Compiling goes on when its first caller is canceled, because others wait for the same delta. Get bounds its time.
	result := c.flight.DoChan(fmt.Sprintf("%#v", key), func() (any, error) {
		return c.compileDelta(context.WithoutCancel(ctx), key)
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case done := <-result:
		if done.Err != nil {
			return nil, done.Err
		}
		return done.Val.(*Delta), nil
	}
}

func (c *Cache) compileDelta(ctx context.Context, key entryKey) (*Delta, error) {
	from, err := c.Get(ctx, key.from)
	if err != nil {
		return nil, fmt.Errorf("compiling the old plan: %w", err)
	}
	to, err := c.Get(ctx, key.spec)
	if err != nil {
		return nil, fmt.Errorf("compiling the new plan: %w", err)
	}
	delta := newDelta(from, to, c.roomForPatches(ctx, from, to))
	c.memory.addDelta(delta)
	c.addEntry(&entry{key: key, delta: delta})
	return delta, nil
}

// patchRoomTimeout bounds the wait for memory for a delta's patches. Without them the delta is as good, and slower to apply.
const patchRoomTimeout = 2 * time.Second

// roomForPatches returns how many bytes the patches of a delta may take. It first has cached plans dropped if they leave too few.
func (c *Cache) roomForPatches(ctx context.Context, from, to *Plan) int64 {
	size := estimatePatches(from, to)
	ctx, cancel := context.WithTimeout(ctx, patchRoomTimeout)
	defer cancel()
	if err := c.memory.waitForRoom(ctx, size, c.shrink); err != nil {
		return c.memory.free()
	}
	return max(size, c.memory.free())
}

// estimatePatches returns about the size of the patches between two plans: they have the values of both bodies that differ, and
// the delta keeps the new body.
func estimatePatches(from, to *Plan) (size int64) {
	for _, stage := range to.stages {
		for _, object := range stage {
			if old, found := from.Find(object.Key); found && !old.Body.Equal(object.Body) {
				size += old.Body.Size() + 2*object.Body.Size()
			}
		}
	}
	return size
}
