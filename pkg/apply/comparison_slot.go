package apply

import "context"

// largeComparison is the size in bytes of JSON from which objects are compared one at a time. Decoded, copied and merged, they
// take up to a hundred times as much memory.
const largeComparison = 256 << 10

// comparisonSlot is held while large objects are compared. A nil slot bounds nothing.
type comparisonSlot chan struct{}

// acquireFor returns when objects of that size may be compared, and returns the function that releases the slot. It also returns
// when ctx has ended, because the next call then fails.
func (s comparisonSlot) acquireFor(ctx context.Context, size int) (release func()) {
	if s == nil || size < largeComparison {
		return func() {}
	}
	select {
	case s <- struct{}{}:
		return func() { <-s }
	case <-ctx.Done():
		return func() {}
	}
}
