package apply

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// Result is the result of writing an object, in the words of the API's results.
type Result string

// Values of Result.
const (
	// Created objects did not exist.
	Created Result = "Created"
	// Updated objects existed, and were made like the backup's or merged with it.
	Updated Result = "Updated"
	// Unchanged objects existed and were like the backup's already.
	Unchanged Result = "Unchanged"
	// Deleted objects existed, and a newer backup lacks them.
	Deleted Result = "Deleted"
	// Kept objects existed, differed and were left alone.
	Kept Result = "Kept"
	// Failed objects were not written; Change.Err has the reason.
	Failed Result = "Failed"
)

// Path is how an update of an object that existed was made.
type Path string

// Values of Path.
const (
	// FastPath is one patch.
	FastPath Path = "fast"
	// SlowPath reads the object first: it is for objects that another writer has changed, or that another version of Seedbed wrote.
	SlowPath Path = "slow"
)

// Change is the result of Apply for one object.
type Change struct {
	Key    string
	Result Result
	// Reason is why an object was kept, in one clause. PreviewUpdate also sets it to the paths that an update would change. It
	// contains no values.
	Reason string
	// Found reports that an object of this name existed, other than a ServiceAccount.
	Found bool
	// Owner is the baseline in the owner label of an object that was kept for it.
	Owner string
	// Path is how an update was made; empty for other writes, and for an update that never had an answer.
	Path Path
	// Warnings name the object; they contain no values.
	Warnings []string
	// Err is set if Result is Failed. It wraps ErrNamespaceGone if nothing more can be written to the namespace. It
	// contains no values of the object.
	Err error
	// Throttled reports that the API server refused the write because of its load, at least once.
	Throttled bool
	// Transient reports that a retry may succeed, although those within the run did not.
	Transient bool

	// stale reports that discovery was out of date.
	stale  bool
	awaits string
	// created identifies an object that was created, for Undo; empty if none was.
	created  reference
	resource schema.GroupVersionResource
}

type reference struct {
	name string
	uid  types.UID
}

// Awaits returns the key of a missing object that made the API server refuse this one: the Role of a RoleBinding, the
// ServiceAccount of a Pod. It is empty if the object was refused for another reason, or not at all.
func (c *Change) Awaits() string { return c.awaits }

// Version returns the version that the object is written in.
func (c *Change) Version() schema.GroupVersion { return c.resource.GroupVersion() }

// warnIfConverted adds a warning if an object is written in another version than it was stored in.
func (c *Change) warnIfConverted(object manifest.Object, version schema.GroupVersion) {
	if stored := object.Kind.GroupVersion(); version != stored {
		c.addWarning("was stored as %s, which the cluster no longer serves; written as %s with strict checking of its fields", stored, version)
	}
}

// keep reports that the object is left alone.
func (c *Change) keep(reason string) { c.Result, c.Reason = Kept, reason }

func (c *Change) addWarning(format string, args ...any) {
	c.Warnings = append(c.Warnings, c.Key+": "+fmt.Sprintf(format, args...))
}
