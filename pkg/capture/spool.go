package capture

import (
	"bytes"
	"cmp"
	"compress/flate"
	"fmt"
	"io"
	"slices"

	"seedbed.dev/seedbed/pkg/archive"
	"seedbed.dev/seedbed/pkg/store"
)

const (
	// spoolBlock is how much is compressed at a time, in bytes.
	spoolBlock = 512 << 10
	// maxSpool bounds a spool, compressed. The archive holds each object twice and compresses somewhat better: what is more
	// than this cannot be stored.
	maxSpool = store.MaxBytes / 4 * 3
)

// spool keeps the objects of one list, compressed, until the list is complete: one that has to begin again would otherwise be in
// the archive twice, or half. It compresses fast, since everything is compressed once more for the archive.
type spool struct {
	items []spooled
	// blocks are compressed; open is the last one, which is not yet.
	blocks [][]byte
	open   []byte
	// size is that of blocks, bytes that of the objects.
	size, bytes int64
	writer      *flate.Writer
}

// spooled is the place of one object.
type spooled struct {
	name              string
	block, start, end int
}

// add keeps an object. It copies the content.
func (s *spool) add(name string, content []byte) error {
	start := len(s.open)
	s.open = append(s.open, content...)
	s.items = append(s.items, spooled{name: name, block: len(s.blocks), start: start, end: len(s.open)})
	s.bytes += int64(len(content))
	if len(s.open) < spoolBlock {
		return nil
	}
	return s.flush()
}

// flush compresses the open block.
func (s *spool) flush() error {
	if len(s.open) == 0 {
		return nil
	}
	var compressed bytes.Buffer
	if s.writer == nil {
		var err error
		if s.writer, err = flate.NewWriter(&compressed, flate.BestSpeed); err != nil {
			return err
		}
	} else {
		s.writer.Reset(&compressed)
	}
	if _, err := s.writer.Write(s.open); err != nil {
		return err
	}
	if err := s.writer.Close(); err != nil {
		return err
	}
	s.blocks = append(s.blocks, bytes.Clone(compressed.Bytes()))
	s.open, s.size = s.open[:0], s.size+int64(compressed.Len())
	if s.size > maxSpool {
		return fmt.Errorf("%w: more than %d bytes when compressed", archive.ErrLimit, store.MaxBytes)
	}
	return nil
}

// spoolMark is a state of a spool to go back to.
type spoolMark struct {
	items, blocks int
	size, bytes   int64
}

// mark returns the present state.
func (s *spool) mark() (spoolMark, error) {
	err := s.flush()
	return spoolMark{items: len(s.items), blocks: len(s.blocks), size: s.size, bytes: s.bytes}, err
}

// rewind drops what was added since a mark; since the beginning, with the zero one.
func (s *spool) rewind(to spoolMark) {
	clear(s.blocks[to.blocks:])
	s.items, s.blocks, s.open = s.items[:to.items], s.blocks[:to.blocks], s.open[:0]
	s.size, s.bytes = to.size, to.bytes
}

// drain passes each object to visit, by name, and leaves the spool empty. API servers list in that order already; from one that
// does not, a block is decompressed as often as the order comes back to it.
func (s *spool) drain(visit func(name string, content []byte) error) error {
	if err := s.flush(); err != nil {
		return err
	}
	byName := func(a, b spooled) int { return cmp.Compare(a.name, b.name) }
	inOrder := slices.IsSortedFunc(s.items, byName)
	slices.SortStableFunc(s.items, byName)
	at, plain := -1, bytes.NewBuffer(s.open)
	for _, item := range s.items {
		if item.block != at {
			if inOrder && at >= 0 {
				s.blocks[at] = nil // its memory is the archive's now
			}
			at = item.block
			plain.Reset()
			if _, err := io.Copy(plain, flate.NewReader(bytes.NewReader(s.blocks[at]))); err != nil {
				return err
			}
		}
		if err := visit(item.name, plain.Bytes()[item.start:item.end]); err != nil {
			return err
		}
	}
	s.open = plain.Bytes()[:0]
	s.rewind(spoolMark{})
	return nil
}
