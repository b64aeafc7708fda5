package apply

import (
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// Result is what became of an object, in the words of the API's results.
type Result string

// Values of Result.
const (
	// Created did not exist.
	Created Result = "Created"
	// Updated existed and was made like the backup's, or merged with it.
	Updated Result = "Updated"
	// Unchanged existed and was like the backup's already.
	Unchanged Result = "Unchanged"
	// Kept existed, differed and was left alone.
	Kept Result = "Kept"
	// Failed was not written; Change.Err says why.
	Failed Result = "Failed"
)

// Change is what Apply did to one object.
type Change struct {
	Key    string
	Result Result
	// Found says that an object of this name was there already, and no ServiceAccount.
	Found bool
	// Warnings name the object; they hold no values.
	Warnings []string
	// Err is set when Result is Failed, and is or wraps ErrNamespaceGone when nothing more can be
	// written to the namespace. It quotes no values of the object.
	Err error
	// Busy says that the API server refused the write for its load, if only at first.
	Busy bool
	// MayPass says that Err is of a kind that may pass by itself, and did not within the retries.
	MayPass bool

	// stale says that the API server did not know what discovery told earlier.
	stale  bool
	awaits string
	// created is the identity of an object that was created, for Undo; empty where none was.
	created  reference
	resource schema.GroupVersionResource
}

type reference struct {
	name string
	uid  types.UID
}
