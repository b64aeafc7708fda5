package archive

import "errors"

// ErrLimit is in every error that says that an archive is larger than its Limits.
var ErrLimit = errors.New("the archive is too large")

// Limits bound what reading an archive may cost. A field that is zero or less stands for that of DefaultLimits.
type Limits struct {
	// Entries is how many tar entries there may be: files that are skipped and directories count as well.
	Entries int
	// EntryBytes is how large one file may be.
	EntryBytes int64
	// TotalBytes is what the archive may decompress to: tar headers, padding and skipped files included.
	TotalBytes int64
	// DecodedBytes is about how much memory one object may take when it is decoded, which can be a hundred times its size.
	DecodedBytes int64
}

// DefaultLimits are what Writer keeps to and what Read uses where nothing else is asked for. They leave room for 20,000
// objects with both of their copies (a BaselineRestore cannot keep account of more), for the largest object that
// an API server takes (3 MiB a request) and for a ConfigMap of as many keys as fit one.
var DefaultLimits = Limits{Entries: 41_000, EntryBytes: 4 << 20, TotalBytes: 256 << 20, DecodedBytes: 64 << 20}

func (l Limits) orDefaults() Limits {
	if l.Entries <= 0 {
		l.Entries = DefaultLimits.Entries
	}
	if l.EntryBytes <= 0 {
		l.EntryBytes = DefaultLimits.EntryBytes
	}
	if l.TotalBytes <= 0 {
		l.TotalBytes = DefaultLimits.TotalBytes
	}
	if l.DecodedBytes <= 0 {
		l.DecodedBytes = DefaultLimits.DecodedBytes
	}
	return l
}
