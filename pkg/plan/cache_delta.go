package plan

import (
	"context"
	"fmt"
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
	delta := newDelta(from, to, c.memory.free())
	c.memory.addDelta(delta)
	c.addEntry(&entry{key: key, delta: delta})
	return delta, nil
}
