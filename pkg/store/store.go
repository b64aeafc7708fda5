package store

import (
	"context"
	"errors"
	"time"
)

// MaxBytes is how much content one name can hold: what is larger than this has no place in etcd.
const MaxBytes = 64 << 20

var (
	// ErrNotFound says that nothing is stored under a name.
	ErrNotFound = errors.New("nothing is stored under this name")
	// ErrCorrupt says that what is stored is not what was put; the message around it names the part and what is
	// wrong with it. It does not pass by itself.
	ErrCorrupt = errors.New("the stored content is damaged")
	// ErrConflict says that somebody else stored other content under the same name meanwhile, and theirs stays.
	ErrConflict = errors.New("other content was stored under this name meanwhile")
)

// Entry describes what is stored under one name.
type Entry struct {
	Name string
	// Digest of the content: "sha256:" and 64 hexadecimal digits.
	Digest string
	// Size of the content, in bytes.
	Size int64
	// Meta is what Put was given. It is stored in the clear beside the content.
	Meta map[string]string
	// Created is when the content was put, in whole seconds.
	Created time.Time
}

// Store keeps content by name. Names are those of BaselineBackups: DNS subdomains of at most 63 characters.
type Store interface {
	// Put stores content, all of it or none, and replaces what was there before. The same content again changes nothing
	// but meta. ErrConflict says that somebody else put other content at the same time.
	Put(ctx context.Context, name string, meta map[string]string, content []byte) (Entry, error)
	// Get reads content and checks it against its digest: ErrNotFound, or ErrCorrupt where it differs.
	Get(ctx context.Context, name string) (Entry, []byte, error)
	// List describes all that is stored, by name, without reading it. Entries that cannot be read are told in an
	// error with ErrCorrupt, and the others are returned beside it.
	List(ctx context.Context) ([]Entry, error)
	// Delete removes whatever is left of a name, and does nothing when that is nothing.
	Delete(ctx context.Context, name string) error
}
