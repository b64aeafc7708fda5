package serving

import (
	"bytes"
	"errors"
	"io"
	"net/http"
)

const (
	// MaxReviewBytes is an upper bound of a review's size. A review has the object, for an update the old object too, and the
	// requester. Annotations are the largest part of the reviewed kinds, and the API server accepts at most 256 KiB of them;
	// the schemas bound the rest of Seedbed's own kinds to some 50 KiB. So two objects have 512 KiB; as much again is for
	// labels, managed fields, escapes and the requester's groups. An ordinary review has 2 to 5 KiB.
	MaxReviewBytes = 1 << 20
	// maxElements is an upper bound of the members and entries of a review's JSON, counted by commas: decoded, each costs up
	// to elementBytes, however short it is. An ordinary review has some hundred.
	maxElements = 1 << 16
	// elementBytes is the size of the largest struct that two bytes of JSON can make: an entry of managedFields.
	elementBytes = 136
)

// bufferBody reads the body of a request, so that its handler never blocks on it, and reserves its memory.
func bufferBody(w http.ResponseWriter, r *http.Request, ticket *ticket) *rejection {
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
	if !ticket.reserveBytes(int64(elements) * elementBytes) {
		return busy
	}
	r.Body = io.NopCloser(body)
	return nil
}
