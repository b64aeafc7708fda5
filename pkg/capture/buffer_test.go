package capture

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"seedbed.dev/seedbed/pkg/archive"
	"seedbed.dev/seedbed/pkg/store"
)

func TestBufferIsBoundedByStore(t *testing.T) {
	var b buffer
	if n, err := b.Write(make([]byte, store.MaxBytes)); err != nil || n != store.MaxBytes {
		t.Fatalf("as much as can be stored: wrote %d, %v", n, err)
	}
	if _, err := b.Write([]byte("x")); !errors.Is(err, archive.ErrLimit) {
		t.Errorf("one byte more: %v, want ErrLimit", err)
	}
	if got := b.takeContent(); len(got) != store.MaxBytes || b.size != 0 {
		t.Errorf("took %d bytes, and %d are left", len(got), b.size)
	}
}

func TestBufferReturnsWrittenContent(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var b buffer
	var want []byte
	for range 200 {
		part := make([]byte, random.IntN(bufferPiece/20))
		for i := range part {
			part[i] = byte(random.Uint32())
		}
		want = append(want, part...)
		if n, err := b.Write(part); err != nil || n != len(part) {
			t.Fatalf("wrote %d of %d: %v", n, len(part), err)
		}
	}
	if !bytes.Equal(b.takeContent(), want) {
		t.Error("it holds something else")
	}
}
