package serving

import (
	"bytes"
	"errors"
	"io"
	"net/http"
)

const (
	// MaxReviewBytes bounds a review. It holds the object, for an update the old one too, and who asks. Of an object of the
	// kinds that are reviewed, annotations are the largest part, and the API server takes at most 256 KiB of them; Seedbed's
	// own kinds are bounded by their schemas to some 50 KiB beside. So two objects take 512 KiB; as much again is for labels,
	// managed fields, escapes and the requester's groups. An ordinary review has 2 to 5 KiB.
	MaxReviewBytes = 1 << 20
	// maxElements bounds the members and entries of a review's JSON, counted by commas: each costs up to elementBytes once it
	// is decoded, however short it is. An ordinary review has some hundred.
	maxElements = 1 << 16
	// elementBytes is the size of the largest struct that two bytes of JSON can make: an entry of managedFields.
	elementBytes = 136
)

// buffer reads the body of a request, so that its handler waits for nothing, and has its memory counted.
func buffer(w http.ResponseWriter, r *http.Request, ticket *ticket) *rejection {
	body := bytes.NewBuffer(make([]byte, 0, max(0, r.ContentLength)+bytes.MinRead))
	_, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, MaxReviewBytes))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return tooLarge
	case err != nil:
		return unreadable
	}
	elements := bytes.Count(body.Bytes(), []byte{','}) + 1
	if elements > maxElements {
		return tooLarge
	}
	if !ticket.grow(int64(elements) * elementBytes) {
		return busy
	}
	r.Body = io.NopCloser(body)
	return nil
}
