package capture

import (
	"bytes"
	"fmt"

	"seedbed.dev/seedbed/pkg/archive"
	"seedbed.dev/seedbed/pkg/store"
)

// buffer takes an archive as long as it can still be stored.
type buffer struct{ bytes.Buffer }

func (b *buffer) Write(p []byte) (int, error) {
	if b.Len()+len(p) > store.MaxBytes {
		return 0, fmt.Errorf("%w: it has more than %d bytes", archive.ErrLimit, store.MaxBytes)
	}
	return b.Buffer.Write(p)
}
