package archive

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"time"
)

// entryMode is Velero's mode of every entry. Its extractor creates directories with the mode of the file inside, and
// could not enter them with 0644.
const entryMode = 0o755

// Writer writes one archive, object by object. The same objects in the same order produce the same bytes, so that
// their digest shows whether two backups are equal. The caller keeps the order.
type Writer struct {
	zipped  *gzip.Writer
	tar     *tar.Writer
	counted *countingWriter
	limits  Limits
	entries int
	seen    map[location]struct{}
}

// NewWriter returns a Writer to w. Close completes the archive and leaves w open.
func NewWriter(w io.Writer) (*Writer, error) {
	zipped := gzip.NewWriter(w)
	counted := &countingWriter{target: zipped}
	writer := &Writer{zipped: zipped, tar: tar.NewWriter(counted), counted: counted, limits: DefaultLimits, seen: map[location]struct{}{}}
	if err := writer.writeEntry(versionPath, []byte(FormatVersion+"\n")); err != nil {
		return nil, err
	}
	return writer, nil
}

// ErrInvalidItem is wrapped by the error of an Add that rejected an object. Nothing was written, and the archive can
// continue without it.
var ErrInvalidItem = errors.New("it cannot be archived")

// Add writes both copies of one object. It rejects the objects that Read would reject: with ErrInvalidItem one that
// does not match the item or was added before, with ErrLimit one that exceeds DefaultLimits. After ErrLimit, and
// after any error of the underlying writer, the archive is unusable.
func (w *Writer) Add(item Item) error {
	plain := location{resource: item.Resource, namespace: item.Namespace, name: item.Name}
	copied, err := w.checkItem(plain, item)
	if err != nil {
		return fmt.Errorf("archive %s: %w: %w", quote(plain.path()), ErrInvalidItem, err)
	}
	w.seen[plain] = struct{}{}
	for _, l := range []location{plain, copied} {
		if err := w.writeEntry(l.path(), item.Content); err != nil {
			return fmt.Errorf("archive %s: %w", quote(l.path()), err)
		}
	}
	return nil
}

// checkItem returns the location of the object's second copy, or an error if it cannot be archived.
func (w *Writer) checkItem(plain location, item Item) (copied location, err error) {
	if err := plain.validate(); err != nil {
		return location{}, err
	}
	if _, ok := w.seen[plain]; ok {
		return location{}, errDuplicate
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

// Close completes the archive, which is truncated without it.
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

func (w *Writer) writeEntry(path string, content []byte) error {
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
		// The time of writing would change the digest of unchanged content.
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

// countingWriter counts the bytes of the tar, which a reader will have to decompress.
type countingWriter struct {
	target  io.Writer
	written int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.target.Write(p)
	c.written += int64(n)
	return n, err
}
