package restore

import (
	"context"
	"encoding/binary"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"seedbed.dev/seedbed/pkg/archive"
)

// plansInUse counts the bytes of all plans that somebody still holds, whether they are kept for later or not: a restore that
// has begun goes on with its plan. The garbage collector tells when a plan is held no longer.
type plansInUse struct {
	total int64
	bytes atomic.Int64
}

func newPlansInUse(total int64) *plansInUse { return &plansInUse{total: total} }

// add counts a plan until nobody holds it.
func (u *plansInUse) add(plan *Plan) {
	size := plan.Size()
	u.bytes.Add(size)
	runtime.AddCleanup(plan, func(size int64) { u.bytes.Add(-size) }, size)
}

// roomAgain is how often it is looked whether there is room by now.
const roomAgain = 250 * time.Millisecond

// await returns when there is room for so many bytes. First it has the plans dropped that are kept for later.
func (u *plansInUse) await(ctx context.Context, size int64, shrink func(most int64)) error {
	size = min(size, u.total) // one that proves to be larger is refused
	if u.bytes.Load()+size <= u.total {
		return nil
	}
	shrink(u.total - size)
	tick := time.NewTicker(roomAgain)
	defer tick.Stop()
	for {
		runtime.GC()
		select {
		case <-tick.C: // which gives cleanups, that run after a collection, their time
		case <-ctx.Done():
			return fmt.Errorf("waiting for memory: plans that are in use take %d MiB of %d, and this one needs %d: %w",
				u.bytes.Load()>>20, u.total>>20, size>>20, ctx.Err())
		}
		if u.bytes.Load()+size <= u.total {
			return nil
		}
	}
}

// planBytes estimates the size of a plan by the last bytes of the archive, which say what it decompresses to: that is each
// object twice. Nothing depends on that they are true.
func planBytes(content []byte) int64 {
	const trailer = 4
	if len(content) < trailer {
		return 0
	}
	size := binary.LittleEndian.Uint32(content[len(content)-trailer:])
	return min(int64(size), archive.DefaultLimits.TotalBytes) / 2
}
