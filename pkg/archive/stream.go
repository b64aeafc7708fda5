package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// endOfArchive is the minimum number of zero bytes at the end of a tar: two blocks.
const endOfArchive = 1024

// stream is the decompressed archive below the tar reader. It counts every byte, headers and skipped files included,
// so that nothing in a tar expands without bound.
type stream struct {
	source io.Reader
	limit  int64
	read   int64
	// zeros is the number of zero bytes that the stream ends in so far.
	zeros int64
}

func (s *stream) Read(p []byte) (int, error) {
	if s.read > s.limit {
		return 0, fmt.Errorf("%w: it decompresses to more than %d bytes", ErrLimit, s.limit)
	}
	// One byte above the limit distinguishes an archive that just fits from a larger one.
	if room := s.limit - s.read + 1; int64(len(p)) > room {
		p = p[:room]
	}
	n, err := s.source.Read(p)
	s.read += int64(n)
	if kept := int64(len(bytes.TrimRight(p[:n], "\x00"))); kept > 0 {
		s.zeros = int64(n) - kept
	} else {
		s.zeros += int64(n)
	}
	if s.read > s.limit {
		return 0, fmt.Errorf("%w: it decompresses to more than %d bytes", ErrLimit, s.limit)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return n, fmt.Errorf("the gzip file is truncated: %w", err)
	}
	return n, err
}

// drainPadding reads the bytes after the tar's last entry, which must be padding: a truncated archive lacks its end
// marker, and data after it is not part of the backup. Reading to the end also makes gzip verify its checksum.
func (s *stream) drainPadding() error {
	before, zeros := s.read, s.zeros
	if _, err := io.Copy(io.Discard, s); err != nil {
		return fmt.Errorf("the archive's end: %w", err)
	}
	if s.zeros < endOfArchive {
		return errors.New("the archive is truncated: its end marker is missing")
	}
	if s.zeros-zeros != s.read-before {
		return errors.New("the archive goes on behind its end marker")
	}
	return nil
}
