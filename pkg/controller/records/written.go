package records

import (
	"encoding/binary"
	"time"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/seal"
)

// writtenBytes is the length of an encoded time of WrittenAt.
const writtenBytes = 8

// WrittenAt returns the time, by the API server's clock, at which the last restore or update was written into a cached record: all
// objects were written before. It is zero if the managers of the record do not show it.
func WrittenAt(record *v1alpha1.BaselineRecord) time.Time {
	raw, ok := cachedFacts(record)
	if !ok {
		return time.Time{}
	}
	seconds := binary.BigEndian.Uint64([]byte(raw[len(seal.ResultDigest{}):]))
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0) //nolint:gosec // encoded below
}

// encodeWritten returns the time of WrittenAt of a whole record. An audit writes under another manager.
func encodeWritten(record *v1alpha1.BaselineRecord) string {
	var seconds uint64
	for _, entry := range record.ManagedFields {
		if entry.Manager == v1alpha1.FieldManager && entry.Subresource == "" && entry.Time != nil {
			seconds = max(seconds, uint64(max(0, entry.Time.Unix())))
		}
	}
	return string(binary.BigEndian.AppendUint64(nil, seconds))
}
