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

// readableVersions matches the format versions that Read supports: every 1.x, and the plain "1" of the first
// archives.
var readableVersions = regexp.MustCompile(`^1(\.[0-9]+){0,2}$`)

var errDuplicate = errors.New("it is in the archive twice")

// Read streams an archive and calls visit once for each object, in the archive's order, with whichever of its copies
// comes first. It returns the archive's format version, or "" if the archive has none.
//
// The archive may come from anywhere. Paths that escape, entries that are neither file nor directory, objects that do
// not match their path, copies that differ, and archives that are truncated or continued are errors that name the
// entry. An archive that exceeds limits is an ErrLimit. Read skips files that are not objects and copies in other
// than the preferred version. It may call visit before it finds an error; those objects must then be discarded. An
// error of visit ends the reading and is wrapped.
func Read(r io.Reader, limits Limits, visit func(Item) error) (version string, err error) {
	limits = limits.withDefaults()
	// From a bufio.Reader gzip does not read past its own end.
	zipped := bufio.NewReader(r)
	unzipped, err := gzip.NewReader(zipped)
	if err != nil {
		return "", fmt.Errorf("archive: it is not a gzip file: %w", err)
	}
	unzipped.Multistream(false)
	source := &stream{source: unzipped, limit: limits.TotalBytes}
	reading := &reader{tar: tar.NewReader(source), limits: limits, visit: visit, seen: map[string]struct{}{}, visited: map[location]visitedObject{}}
	if err := reading.readEntries(); err != nil {
		return "", fmt.Errorf("archive: %w", err)
	}
	if err := source.drainPadding(); err != nil {
		return "", fmt.Errorf("archive: %w", err)
	}
	if _, err := zipped.ReadByte(); !errors.Is(err, io.EOF) {
		return "", errors.Join(errors.New("archive: the file goes on behind the archive's end"), err)
	}
	return reading.version, nil
}

// reader holds the state of one Read.
type reader struct {
	tar     *tar.Reader
	limits  Limits
	visit   func(Item) error
	version string
	// isBackup is set by the first entry that only a backup has.
	isBackup bool
	// seen holds the path of each file.
	seen map[string]struct{}
	// visited holds each object that was visited.
	visited map[location]visitedObject
}

func (r *reader) readEntries() error {
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
		if err := r.readEntry(header); err != nil {
			return fmt.Errorf("entry %s: %w", quote(header.Name), err)
		}
	}
	if !r.isBackup {
		return errors.New("it is no backup: it has neither metadata/version nor resources")
	}
	return nil
}

func (r *reader) readEntry(header *tar.Header) error {
	directory := header.Typeflag == tar.TypeDir
	if err := checkType(header); err != nil {
		return err
	}
	path, err := cleanPath(header.Name, directory)
	if err != nil {
		return err
	}
	if path == resourcesDir || strings.HasPrefix(path, resourcesDir+"/") {
		r.isBackup = true
	}
	if directory {
		return nil
	}
	if _, ok := r.seen[path]; ok {
		return errDuplicate
	}
	r.seen[path] = struct{}{}
	if header.Size > r.limits.EntryBytes {
		return fmt.Errorf("%w: this entry has %d bytes, at most %d are possible", ErrLimit, header.Size, r.limits.EntryBytes)
	}
	if path == versionPath {
		return r.readFormatVersion()
	}
	l, ok, err := parseLocation(path)
	if err != nil || !ok || (l.version != "" && !l.preferred) {
		return err
	}
	return r.readObject(l, header.Size)
}

// checkType returns an error unless the entry is a plain file or a directory. It rejects sparse files: a few of their
// bytes represent any number of zeros.
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

func (r *reader) readFormatVersion() error {
	const enough = 64
	content, err := io.ReadAll(io.LimitReader(r.tar, enough))
	if err != nil {
		return fmt.Errorf("read it: %w", err)
	}
	version := string(bytes.TrimSpace(content))
	if !readableVersions.MatchString(version) {
		return fmt.Errorf("the archive has format version %s: only 1.x can be read", quote(version))
	}
	r.version, r.isBackup = version, true
	return nil
}

func (r *reader) readObject(l location, size int64) error {
	content := make([]byte, size) // bounded by Limits.EntryBytes
	if _, err := io.ReadFull(r.tar, content); err != nil {
		return fmt.Errorf("read it: %w", err)
	}
	plain := location{resource: l.resource, namespace: l.namespace, name: l.name}
	digest := sha256.Sum256(content)
	first, isCopy := r.visited[plain]
	if isCopy && first.digest != digest {
		// Otherwise each reader of the archive could see another object.
		return errors.New("it differs from the other copy of the same object")
	}
	if isCopy { // the same content was checked, except for the version in its path
		return checkVersion(first.version, l)
	}
	if decoded := DecodedBytes(content); decoded > r.limits.DecodedBytes {
		return fmt.Errorf("%w: this object would take about %d bytes of memory, at most %d are possible", ErrLimit, decoded, r.limits.DecodedBytes)
	}
	version, err := checkObject(content, l)
	if err != nil {
		return err
	}
	r.visited[plain] = visitedObject{digest: digest, version: version}
	return r.visit(Item{Resource: l.resource, Version: version, Namespace: l.namespace, Name: l.name, Content: content})
}

// visitedObject is the part of a visited object that its copy is compared with.
type visitedObject struct {
	digest  [sha256.Size]byte
	version string
}
