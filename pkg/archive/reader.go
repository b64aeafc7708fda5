package archive

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// readable are the format versions that Read understands: every 1.x, and the plain "1" of the first archives.
var readable = regexp.MustCompile(`^1(\.[0-9]+){0,2}$`)

var errTwice = errors.New("it is in the archive twice")

// Read streams an archive and calls visit with each of its objects once, in the archive's order, whichever of its copies
// comes first. It gives back the archive's format version, which is "" where the archive does not say.
//
// The archive may come from anywhere. Paths that escape, anything that is neither file nor directory, an object that is
// not what its path says, copies that differ, a cut or continued archive are errors that name the entry; more
// than limits allows is an error with ErrLimit. Files that are no objects and copies in other than the preferred
// version are skipped. Objects may have been visited before an error is found: they count for nothing then.
// An error of visit ends the reading and is wrapped.
func Read(r io.Reader, limits Limits, visit func(Item) error) (version string, err error) {
	limits = limits.orDefaults()
	// gzip reads no further than its own end from a reader of bytes.
	zipped := bufio.NewReader(r)
	unzipped, err := gzip.NewReader(zipped)
	if err != nil {
		return "", fmt.Errorf("archive: it is not a gzip file: %w", err)
	}
	unzipped.Multistream(false)
	source := &stream{source: unzipped, limit: limits.TotalBytes}
	reading := &reader{
		tar:    tar.NewReader(source),
		limits: limits,
		visit:  visit,
		seen:   map[string]struct{}{},
		copies: map[location]copied{},
	}
	if err := reading.entries(); err != nil {
		return "", fmt.Errorf("archive: %w", err)
	}
	if err := source.drain(); err != nil {
		return "", fmt.Errorf("archive: %w", err)
	}
	if _, err := zipped.ReadByte(); !errors.Is(err, io.EOF) {
		return "", errors.Join(errors.New("archive: the file goes on behind the archive's end"), err)
	}
	return reading.version, nil
}

// reader is one run of Read.
type reader struct {
	tar     *tar.Reader
	limits  Limits
	visit   func(Item) error
	version string
	// known is set by the first entry that makes the file a backup.
	known bool
	// seen holds the path of each file.
	seen map[string]struct{}
	// copies holds each object that was visited.
	copies map[location]copied
}

func (r *reader) entries() error {
	for count := 0; ; count++ {
		header, err := r.tar.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("entry %d: %w", count+1, err)
		}
		if count >= r.limits.Entries {
			return fmt.Errorf("%w: it has more than %d entries", ErrLimit, r.limits.Entries)
		}
		if err := r.entry(header); err != nil {
			return fmt.Errorf("entry %s: %w", quote(header.Name), err)
		}
	}
	if !r.known {
		return errors.New("it is no backup: it has neither metadata/version nor resources")
	}
	return nil
}

func (r *reader) entry(header *tar.Header) error {
	directory := header.Typeflag == tar.TypeDir
	if err := checkType(header); err != nil {
		return err
	}
	path, err := cleanPath(header.Name, directory)
	if err != nil {
		return err
	}
	if path == resourcesDir || strings.HasPrefix(path, resourcesDir+"/") {
		r.known = true
	}
	if directory {
		return nil
	}
	if _, ok := r.seen[path]; ok {
		return errTwice
	}
	r.seen[path] = struct{}{}
	if header.Size > r.limits.EntryBytes {
		return fmt.Errorf("%w: this entry has %d bytes, at most %d are possible", ErrLimit, header.Size, r.limits.EntryBytes)
	}
	if path == versionPath {
		return r.formatVersion()
	}
	l, ok, err := parseLocation(path)
	if err != nil || !ok || (l.version != "" && !l.preferred) {
		return err
	}
	return r.object(l, header.Size)
}

// checkType refuses all that is not a plain file or a directory. Sparse files are refused although they are files: a
// few bytes of them stand for any number of zeros.
func checkType(header *tar.Header) error {
	if header.Typeflag != tar.TypeReg && header.Typeflag != tar.TypeDir {
		return fmt.Errorf("it is neither a file nor a directory (tar type %q)", header.Typeflag)
	}
	for key := range header.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return errors.New("it is a sparse file")
		}
	}
	return nil
}

func (r *reader) formatVersion() error {
	const enough = 64
	content, err := io.ReadAll(io.LimitReader(r.tar, enough))
	if err != nil {
		return fmt.Errorf("read it: %w", err)
	}
	version := string(bytes.TrimSpace(content))
	if !readable.MatchString(version) {
		return fmt.Errorf("the archive has format version %s: only 1.x can be read", quote(version))
	}
	r.version, r.known = version, true
	return nil
}

func (r *reader) object(l location, size int64) error {
	content := make([]byte, size) // which is within the limit
	if _, err := io.ReadFull(r.tar, content); err != nil {
		return fmt.Errorf("read it: %w", err)
	}
	plain := location{resource: l.resource, namespace: l.namespace, name: l.name}
	digest := sha256.Sum256(content)
	first, isCopy := r.copies[plain]
	if isCopy && first.digest != digest {
		// Otherwise it would depend on the reader which of the two is the object.
		return errors.New("it differs from the other copy of the same object")
	}
	if isCopy { // and was checked but for the version in its path
		return checkVersion(first.version, l)
	}
	if decoded := DecodedBytes(content); decoded > r.limits.DecodedBytes {
		return fmt.Errorf("%w: this object would take about %d bytes of memory, at most %d are possible", ErrLimit, decoded, r.limits.DecodedBytes)
	}
	version, err := checkObject(content, l)
	if err != nil {
		return err
	}
	r.copies[plain] = copied{digest: digest, version: version}
	return r.visit(Item{
		Resource: l.resource, Version: version, Namespace: l.namespace, Name: l.name, Content: content,
	})
}

// copied is what is kept of an object that was visited.
type copied struct {
	digest  [sha256.Size]byte
	version string
}
