package certs

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
)

// segmentBytes is how many random bytes a segment holds.
const segmentBytes = 32

// SegmentLength is the length of a segment: lowercase hexadecimal digits, since the API server takes only DNS names in a
// path.
const SegmentLength = 2 * segmentBytes

// newSegment returns a random segment.
func newSegment() string {
	random := make([]byte, segmentBytes)
	_, _ = rand.Read(random) // it never fails: the program ends instead
	return hex.EncodeToString(random)
}

// IsSegment reports whether text has the form of a segment.
func IsSegment(text string) bool {
	if len(text) != SegmentLength {
		return false
	}
	for _, digit := range []byte(text) {
		if (digit < '0' || digit > '9') && (digit < 'a' || digit > 'f') {
			return false
		}
	}
	return true
}

// CheckSegment returns an error that says how to make a segment if text is none. It does not quote text.
func CheckSegment(text string) error {
	if IsSegment(text) {
		return nil
	}
	return fmt.Errorf("it must be %d lowercase hexadecimal digits: make one by `openssl rand -hex %d`", SegmentLength, segmentBytes)
}
