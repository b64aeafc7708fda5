package apply

import "context"

// largeComparison is from how many bytes of JSON on objects are compared one at a time. Decoded, copied and grafted they take
// up to a hundred times as much memory.
const largeComparison = 256 << 10

// turn is held by the one that compares large objects. A nil one is nobody's.
type turn chan struct{}

// take comes back when objects of that size may be compared, or when ctx has ended: then the next call fails. It returns the
// function to call afterwards.
func (t turn) take(ctx context.Context, size int) (release func()) {
	if t == nil || size < largeComparison {
		return func() {}
	}
	select {
	case t <- struct{}{}:
		return func() { <-t }
	case <-ctx.Done():
		return func() {}
	}
}
