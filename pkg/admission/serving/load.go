package serving

import "sync"

const (
	// maxInFlight is an upper bound of the reviews in flight. One takes milliseconds.
	maxInFlight = 256
	// maxInFlightBytes is an upper bound of their memory, estimated from their bodies: some thousand ordinary ones, a few of
	// the largest.
	maxInFlightBytes = 32 << 20
	// copies is the number of copies of a body in memory: read, as the review's object, decoded, and encoded for a request.
	copies = 4
)

// load counts the reviews in flight. A review over a bound is rejected at once, because a queue would use memory too.
type load struct {
	mu      sync.Mutex
	reviews int
	bytes   int64
}

// ticket is one review's part of the load.
type ticket struct {
	load  *load
	bytes int64
}

// admitReview counts a review whose body has that length, which is negative if it is unknown.
func (l *load) admitReview(length int64) (*ticket, *rejection) {
	if length > MaxReviewBytes {
		return nil, tooLarge
	}
	if length < 0 {
		length = MaxReviewBytes
	}
	bytes := copies * length
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.reviews >= maxInFlight || l.bytes+bytes > maxInFlightBytes {
		return nil, busy
	}
	l.reviews++
	l.bytes += bytes
	return &ticket{load: l, bytes: bytes}, nil
}

// reserveBytes counts more memory for a review, and reports whether there is room.
func (t *ticket) reserveBytes(bytes int64) bool {
	t.load.mu.Lock()
	defer t.load.mu.Unlock()
	if t.load.bytes+bytes > maxInFlightBytes {
		return false
	}
	t.load.bytes += bytes
	t.bytes += bytes
	return true
}

// endReview releases the memory of a review.
func (t *ticket) endReview() {
	t.load.mu.Lock()
	defer t.load.mu.Unlock()
	t.load.reviews--
	t.load.bytes -= t.bytes
}
