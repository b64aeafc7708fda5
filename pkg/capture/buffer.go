package capture

import (
	"fmt"

	"seedbed.dev/seedbed/pkg/archive"
	"seedbed.dev/seedbed/pkg/store"
)

// bufferPiece is the size of a buffer's pieces in bytes.
const bufferPiece = 512 << 10

// buffer holds an archive up to the size that a store accepts. It grows by pieces, because growing as a whole needs
// three times the memory.
type buffer struct {
	pieces [][]byte
	size   int
}

func (b *buffer) Write(p []byte) (int, error) {
	if b.size+len(p) > store.MaxBytes {
		return 0, fmt.Errorf("%w: it has more than %d bytes", archive.ErrLimit, store.MaxBytes)
	}
	b.size += len(p)
	for rest := p; len(rest) > 0; {
		last := len(b.pieces) - 1
		if last < 0 || len(b.pieces[last]) == cap(b.pieces[last]) {
			b.pieces, last = append(b.pieces, make([]byte, 0, bufferPiece)), last+1
		}
		piece := b.pieces[last]
		n := min(len(rest), cap(piece)-len(piece))
		b.pieces[last] = append(piece, rest[:n]...)
		rest = rest[n:]
	}
	return len(p), nil
}

// takeContent returns the content and empties the buffer.
func (b *buffer) takeContent() []byte {
	whole := make([]byte, 0, b.size)
	for i, piece := range b.pieces {
		whole = append(whole, piece...)
		b.pieces[i] = nil
	}
	b.pieces, b.size = nil, 0
	return whole
}
