package certs

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
)

// segmentBytes is the number of random bytes in a segment.
const segmentBytes = 32

// SegmentLength is the length of a segment: lowercase hexadecimal digits, since the API server takes only DNS names in a
// path.
const SegmentLength = 2 * segmentBytes

// newSegment returns a random segment.
func newSegment() string {
	random := make([]byte, segmentBytes)
	_, _ = rand.Read(random) // never returns an error
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

// CheckSegment returns an error with instructions if text is not a segment. The error does not quote text.
func CheckSegment(text string) error {
	if IsSegment(text) {
		return nil
	}
	return fmt.Errorf("it must be %d lowercase hexadecimal digits: make one by `openssl rand -hex %d`", SegmentLength, segmentBytes)
}
