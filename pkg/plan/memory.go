package plan

import (
	"context"
	"encoding/binary"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"seedbed.dev/seedbed/pkg/archive"
)

// memoryBudget counts the bytes of all plans and deltas in use, cached or not: a restore keeps its plan until it ends. They are
// counted until the garbage collector finds them unreachable.
type memoryBudget struct {
	total int64
	bytes atomic.Int64
}

func newMemoryBudget(total int64) *memoryBudget { return &memoryBudget{total: total} }

// addPlan counts a plan until it is unreachable.
func (b *memoryBudget) addPlan(plan *Plan) {
	b.bytes.Add(plan.Size())
	runtime.AddCleanup(plan, b.release, plan.Size())
}

// addDelta counts a delta until it is unreachable.
func (b *memoryBudget) addDelta(delta *Delta) {
	b.bytes.Add(delta.Size())
	runtime.AddCleanup(delta, b.release, delta.Size())
}

func (b *memoryBudget) release(size int64) { b.bytes.Add(-size) }

// free returns how many bytes may still be used.
func (b *memoryBudget) free() int64 { return max(0, b.total-b.bytes.Load()) }

// roomInterval is how often waitForRoom checks whether there is room.
const roomInterval = 250 * time.Millisecond

// waitForRoom returns when there is room for size bytes. It first has cached plans dropped.
func (b *memoryBudget) waitForRoom(ctx context.Context, size int64, shrink func(limit int64)) error {
	size = min(size, b.total) // a plan that turns out larger is refused
	if b.bytes.Load()+size <= b.total {
		return nil
	}
	shrink(b.total - size)
	tick := time.NewTicker(roomInterval)
	defer tick.Stop()
	for {
		runtime.GC()
		select {
		case <-tick.C: // cleanups run after a collection: this gives them time
		case <-ctx.Done():
			return fmt.Errorf("waiting for memory: plans that are in use take %d MiB of %d, and this one needs %d: %w",
				b.bytes.Load()>>20, b.total>>20, size>>20, ctx.Err())
		}
		if b.bytes.Load()+size <= b.total {
			return nil
		}
	}
}

// estimateSize returns about the size of an archive's plan. The last bytes of the archive are its decompressed size, which
// counts each object twice. The estimate may be wrong: nothing relies on it.
func estimateSize(content []byte) int64 {
	const trailer = 4
	if len(content) < trailer {
		return 0
	}
	size := binary.LittleEndian.Uint32(content[len(content)-trailer:])
	return min(int64(size), archive.DefaultLimits.TotalBytes) / 2
}
