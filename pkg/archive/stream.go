package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// endOfArchive is how many zero bytes end a tar at least: two blocks.
const endOfArchive = 1024

// stream is the decompressed archive below the tar reader. It counts every byte, those in headers and in skipped
// files too, so that nothing a tar can hold expands without bound.
type stream struct {
	source io.Reader
	limit  int64
	read   int64
	// zeros is how many zero bytes the stream ends in so far.
	zeros int64
}

func (s *stream) Read(p []byte) (int, error) {
	if s.read > s.limit {
		return 0, fmt.Errorf("%w: it decompresses to more than %d bytes", ErrLimit, s.limit)
	}
	// One byte more than the limit tells an archive that just fits from one that does not.
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
		return n, fmt.Errorf("the gzip file is cut: %w", err)
	}
	return n, err
}

// drain reads what is behind the tar's last entry. It must be padding: an archive that was cut lacks its
// end, and one with something behind it is not what whoever wrote it meant. Reading to the end also makes gzip
// verify its checksum.
func (s *stream) drain() error {
	before, zeros := s.read, s.zeros
	if _, err := io.Copy(io.Discard, s); err != nil {
		return fmt.Errorf("the archive's end: %w", err)
	}
	if s.zeros < endOfArchive {
		return errors.New("the archive is cut: its end marker is missing")
	}
	if s.zeros-zeros != s.read-before {
		return errors.New("the archive goes on behind its end marker")
	}
	return nil
}
