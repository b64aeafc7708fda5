package apply

import (
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apply/merge"
)

// DriftState is how an object differs from the one that a baseline wrote.
type DriftState string

// Values of DriftState.
const (
	// NoDrift objects do not differ.
	NoDrift DriftState = ""
	// DriftMissing objects were deleted.
	DriftMissing DriftState = "Missing"
	// DriftChanged objects were changed.
	DriftChanged DriftState = "Changed"
	// DriftDisowned objects lack the owner label, or have that of another owner.
	DriftDisowned DriftState = "Disowned"
)

// Drift is the result of Inspect for one object.
type Drift struct {
	Key   string
	State DriftState
	// Reason has the fields that differ and their managers, in one clause without values. It is empty for a missing object.
	Reason string
	// Managers are those of the fields that differ, in one text; empty if they are unknown or the object is missing.
	Managers string
	// Fields are those that differ, sorted as Correct puts them back. A missing object has none.
	Fields []merge.Path
	// Version is the one that the object is written in.
	Version schema.GroupVersion
	// Read identifies the object that was compared.
	Read Reading
	// Err is set if the object could not be compared.
	Err error
}

// Inspection is how an object is compared with the one that a baseline wrote.
type Inspection struct {
	// Exact counts also fields that the baseline's object lacks, and does not believe the managers, because each writer may set them.
	Exact bool
	// WrittenBefore is the latest time at which Seedbed can have written the object by itself. Of an object that its manager wrote
	// later, another client has used its name: then the values decide, and not the managers. The zero time turns that off.
	WrittenBefore time.Time
	// RestoredAt is the time at which the first restore of the namespace was recorded. The API server's own counter proves to an exact
	// comparison that an object of that time was not changed since. An object that was created later may be a tenant's. The zero time
	// turns that off.
	RestoredAt time.Time
	// DeletedBefore is the time from which on an exact comparison counts an object as held whose deletion began before it: a tenant's
	// finalizer can keep it there for ever. The zero time turns that off.
	DeletedBefore time.Time
	// Ignored reports whether a field may differ; it may be nil.
	Ignored func(path merge.Path) bool
}

// Reading identifies a live object that was read: by its version, the fields that Seedbed has in it, and its content in its namespace.
type Reading struct {
	ResourceVersion string
	Fields, Content Fingerprint
}
