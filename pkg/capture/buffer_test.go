package capture

import (
	"errors"
	"testing"

	"seedbed.dev/seedbed/pkg/archive"
	"seedbed.dev/seedbed/pkg/store"
)

func TestBuffer(t *testing.T) {
	var b buffer
	if n, err := b.Write(make([]byte, store.MaxBytes)); err != nil || n != store.MaxBytes {
		t.Fatalf("as much as can be stored: wrote %d, %v", n, err)
	}
	if _, err := b.Write([]byte("x")); !errors.Is(err, archive.ErrLimit) {
		t.Errorf("one byte more: %v, want ErrLimit", err)
	}
	if b.Len() != store.MaxBytes {
		t.Errorf("the buffer has %d bytes", b.Len())
	}
}
