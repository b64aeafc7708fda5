package archive

import (
	"cmp"
	"errors"
)

// ErrLimit is wrapped by every error about an archive that exceeds its Limits.
var ErrLimit = errors.New("the archive is too large")

// Limits bound the cost of reading an archive. A field that is zero or less means that of DefaultLimits.
type Limits struct {
	// Entries bounds the number of tar entries, directories and skipped files included.
	Entries int
	// EntryBytes bounds the size of one file.
	EntryBytes int64
	// TotalBytes bounds the decompressed size of the archive: tar headers, padding and skipped files included.
	TotalBytes int64
	// DecodedBytes bounds the estimated memory of one decoded object, which can be a hundred times its size.
	DecodedBytes int64
}

// DefaultLimits apply to Writer, and to Read unless its caller sets others. They leave room for 20,000 objects with
// both copies (a BaselineRestore cannot account for more), for the largest object that an API server accepts (3 MiB a
// request), and for a ConfigMap with as many keys as fit into one.
var DefaultLimits = Limits{Entries: 41_000, EntryBytes: 4 << 20, TotalBytes: 256 << 20, DecodedBytes: 64 << 20}

// withDefaults returns the limits with unset fields replaced by DefaultLimits.
func (l Limits) withDefaults() Limits {
	return Limits{
		Entries:      cmp.Or(max(l.Entries, 0), DefaultLimits.Entries),
		EntryBytes:   cmp.Or(max(l.EntryBytes, 0), DefaultLimits.EntryBytes),
		TotalBytes:   cmp.Or(max(l.TotalBytes, 0), DefaultLimits.TotalBytes),
		DecodedBytes: cmp.Or(max(l.DecodedBytes, 0), DefaultLimits.DecodedBytes),
	}
}
