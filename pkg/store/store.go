package store

import (
	"context"
	"errors"
	"time"
)

// MaxBytes bounds the content of one name. Larger content does not belong into etcd.
const MaxBytes = 64 << 20

var (
	// ErrNotFound means that nothing is stored under a name.
	ErrNotFound = errors.New("nothing is stored under this name")
	// ErrCorrupt means that the stored content differs from the content that was put. The wrapping error names the
	// part and the damage. It is permanent.
	ErrCorrupt = errors.New("the stored content is damaged")
	// ErrConflict means that a concurrent Put stored other content under the same name. That content stays.
	ErrConflict = errors.New("other content was stored under this name meanwhile")
)

// Entry describes the content stored under one name.
type Entry struct {
	Name string
	// Digest is "sha256:" and 64 hexadecimal digits.
	Digest string
	// Size is the content's size in bytes.
	Size int64
	// Meta is the argument of Put. It is stored in the clear beside the content.
	Meta map[string]string
	// Created is the time of the Put that stored the content, in whole seconds.
	Created time.Time
}

// Store keeps content by name. Names are those of BaselineBackups: DNS subdomains of at most 63 characters.
type Store interface {
	// Put stores content, all of it or none, and replaces the content of that name. If that is the same, only meta
	// changes. It returns ErrConflict if a concurrent Put stores other content.
	Put(ctx context.Context, name string, meta map[string]string, content []byte) (Entry, error)
	// Get returns content after checking its digest. It returns ErrNotFound, or ErrCorrupt if the digest differs.
	Get(ctx context.Context, name string) (Entry, []byte, error)
	// List returns the entries by name, without reading their content. If some cannot be read, it returns the others
	// and an error that wraps ErrCorrupt.
	List(ctx context.Context) ([]Entry, error)
	// Delete removes everything stored under a name. Deleting nothing is no error.
	Delete(ctx context.Context, name string) error
}
