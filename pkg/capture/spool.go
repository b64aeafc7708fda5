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
	// spoolBlock is the size of a block before compression, in bytes.
	spoolBlock = 512 << 10
	// maxSpool bounds the compressed size of a spool. The archive holds each object twice and compresses somewhat better,
	// so a larger spool could not be stored.
	maxSpool = store.MaxBytes / 4 * 3
)

// spool holds the objects of one list, compressed, until the list is complete: a list that restarts would otherwise
// be in the archive twice or in part. It compresses fast, because the archive compresses everything again.
type spool struct {
	items []spooledObject
	// blocks are compressed. open is the last block, not compressed yet.
	blocks [][]byte
	open   []byte
	// size is the size of blocks, bytes that of the objects.
	size, bytes int64
	writer      *flate.Writer
}

// spooledObject is the name and place of one object.
type spooledObject struct {
	name              string
	block, start, end int
}

// addObject adds a copy of an object.
func (s *spool) addObject(name string, content []byte) error {
	start := len(s.open)
	s.open = append(s.open, content...)
	s.items = append(s.items, spooledObject{name: name, block: len(s.blocks), start: start, end: len(s.open)})
	s.bytes += int64(len(content))
	if len(s.open) < spoolBlock {
		return nil
	}
	return s.flushBlock()
}

// flushBlock compresses the open block.
func (s *spool) flushBlock() error {
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

// spoolMark is a state of a spool to which it can be rewound.
type spoolMark struct {
	items, blocks int
	size, bytes   int64
}

// markState returns the current state.
func (s *spool) markState() (spoolMark, error) {
	err := s.flushBlock()
	return spoolMark{items: len(s.items), blocks: len(s.blocks), size: s.size, bytes: s.bytes}, err
}

// rewindTo removes the objects that were added since a mark. The zero mark is the empty spool.
func (s *spool) rewindTo(to spoolMark) {
	clear(s.blocks[to.blocks:])
	s.items, s.blocks, s.open = s.items[:to.items], s.blocks[:to.blocks], s.open[:0]
	s.size, s.bytes = to.size, to.bytes
}

// drainObjects calls visit for each object by name and empties the spool. API servers list in that order already; if
// one does not, a block is decompressed as often as the order returns to it.
func (s *spool) drainObjects(visit func(name string, content []byte) error) error {
	if err := s.flushBlock(); err != nil {
		return err
	}
	byName := func(a, b spooledObject) int { return cmp.Compare(a.name, b.name) }
	inOrder := slices.IsSortedFunc(s.items, byName)
	slices.SortStableFunc(s.items, byName)
	at, plain := -1, bytes.NewBuffer(s.open)
	for _, item := range s.items {
		if item.block != at {
			if inOrder && at >= 0 {
				s.blocks[at] = nil // free it while the archive grows
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
	s.rewindTo(spoolMark{})
	return nil
}
