package serving

import "sync"

const (
	// maxInFlight bounds the reviews that are handled at a time. One takes milliseconds.
	maxInFlight = 256
	// maxInFlightBytes bounds their memory, as estimated from their bodies: some thousand ordinary ones, a few of the largest.
	maxInFlightBytes = 32 << 20
	// copies is how often the bytes of a body are in memory: read, as the review's object, decoded, and encoded for a question.
	copies = 4
)

// load counts the reviews in flight. One over a bound is rejected at once: a queue would hold memory too.
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

// admit counts a review whose body has that length, which is negative where it is unknown.
func (l *load) admit(length int64) (*ticket, *rejection) {
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

// grow counts more memory for a review, and reports whether there is room.
func (t *ticket) grow(bytes int64) bool {
	t.load.mu.Lock()
	defer t.load.mu.Unlock()
	if t.load.bytes+bytes > maxInFlightBytes {
		return false
	}
	t.load.bytes += bytes
	t.bytes += bytes
	return true
}

// release ends a review.
func (t *ticket) release() {
	t.load.mu.Lock()
	defer t.load.mu.Unlock()
	t.load.reviews--
	t.load.bytes -= t.bytes
}
