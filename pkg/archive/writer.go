package archive

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"time"
)

// entryMode is Velero's for every entry, and must be: its extractor gives the directories that it makes the mode
// of the file they are for, and could not enter them with 0644.
const entryMode = 0o755

// Writer writes one archive, object by object. The same objects in the same order give the same bytes, so that
// their digest says whether two backups are equal: the order is the caller's part of that.
type Writer struct {
	zipped  *gzip.Writer
	tar     *tar.Writer
	counted *countingWriter
	limits  Limits
	entries int
	seen    map[location]struct{}
}

// NewWriter begins an archive on w. Close ends it; w stays open.
func NewWriter(w io.Writer) (*Writer, error) {
	zipped := gzip.NewWriter(w)
	counted := &countingWriter{target: zipped}
	writer := &Writer{
		zipped:  zipped,
		tar:     tar.NewWriter(counted),
		counted: counted,
		limits:  DefaultLimits,
		seen:    map[location]struct{}{},
	}
	if err := writer.entry(versionPath, []byte(FormatVersion+"\n")); err != nil {
		return nil, err
	}
	return writer, nil
}

// ErrUnfit is in the error of an Add that refused an object that no archive can hold. Nothing has been written then, and
// the archive can go on without it.
var ErrUnfit = errors.New("it is nothing that an archive can hold")

// Add writes both copies of one object. It refuses what Read would refuse: with ErrUnfit an object that is not what the
// item says it is, or was added before, and with ErrLimit one that DefaultLimits leave no room for. After ErrLimit and
// after any error of the writer below the archive is lost.
func (w *Writer) Add(item Item) error {
	plain := location{resource: item.Resource, namespace: item.Namespace, name: item.Name}
	copied, err := w.check(plain, item)
	if err != nil {
		return fmt.Errorf("archive %s: %w: %w", quote(plain.path()), ErrUnfit, err)
	}
	w.seen[plain] = struct{}{}
	for _, l := range []location{plain, copied} {
		if err := w.entry(l.path(), item.Content); err != nil {
			return fmt.Errorf("archive %s: %w", quote(l.path()), err)
		}
	}
	return nil
}

// check gives the place of the second copy of an object that can be written.
func (w *Writer) check(plain location, item Item) (copied location, err error) {
	if err := plain.validate(); err != nil {
		return location{}, err
	}
	if _, ok := w.seen[plain]; ok {
		return location{}, errTwice
	}
	if decoded := DecodedBytes(item.Content); decoded > w.limits.DecodedBytes {
		return location{}, fmt.Errorf("it would take about %d bytes of memory, at most %d are possible", decoded, w.limits.DecodedBytes)
	}
	version, err := checkObject(item.Content, plain)
	if err != nil {
		return location{}, err
	}
	if item.Version != "" && item.Version != version {
		return location{}, fmt.Errorf("its apiVersion names the version %s, not %s", quote(version), quote(item.Version))
	}
	copied = plain
	copied.version, copied.preferred = version, true
	return copied, copied.validate()
}

// Close ends the archive. Without it there is none.
func (w *Writer) Close() error {
	if err := w.tar.Close(); err != nil {
		return fmt.Errorf("archive: write the end: %w", err)
	}
	if err := w.checkTotal(); err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	if err := w.zipped.Close(); err != nil {
		return fmt.Errorf("archive: write the end: %w", err)
	}
	return nil
}

func (w *Writer) entry(path string, content []byte) error {
	w.entries++
	if w.entries > w.limits.Entries {
		return fmt.Errorf("%w: more than %d entries", ErrLimit, w.limits.Entries)
	}
	if size := int64(len(content)); size > w.limits.EntryBytes {
		return fmt.Errorf("%w: one object has %d bytes, at most %d are possible", ErrLimit, size, w.limits.EntryBytes)
	}
	header := &tar.Header{
		Typeflag: tar.TypeReg,
		Name:     path,
		Size:     int64(len(content)),
		Mode:     entryMode,
		// A time of writing would make a new digest of old content.
		ModTime: time.Unix(0, 0),
	}
	if err := w.tar.WriteHeader(header); err != nil {
		return fmt.Errorf("write its header: %w", err)
	}
	if _, err := w.tar.Write(content); err != nil {
		return fmt.Errorf("write its content: %w", err)
	}
	return w.checkTotal()
}

func (w *Writer) checkTotal() error {
	if w.counted.written > w.limits.TotalBytes {
		return fmt.Errorf("%w: more than %d bytes before compression", ErrLimit, w.limits.TotalBytes)
	}
	return nil
}

// countingWriter counts what the tar writer makes, which is what a reader will have to decompress.
type countingWriter struct {
	target  io.Writer
	written int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.target.Write(p)
	c.written += int64(n)
	return n, err
}
