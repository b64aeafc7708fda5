package transform

import "k8s.io/apimachinery/pkg/runtime/schema"

// Verdict is the result of Clean for one object.
type Verdict struct {
	// Skip is the reason for not restoring the object, as one clause. It is empty if the object is restored.
	Skip string
	// Quiet is true if a skip needs no warning because the object is never missed (an Event, a Pod that its
	// Deployment creates).
	Quiet bool
	// Warnings describe an object that is restored.
	Warnings []Warning
}

// cleanRules remove fields that must not be copied. Their order does not matter, except that cleanMetadata is last:
// it removes fields that the others read.
var cleanRules = []func(c *cleaner){
	cleanService,
	cleanPersistentVolumeClaim,
	cleanPod,
	cleanDeployment,
	cleanJob,
	cleanServiceAccount,
	cleanManagerMarks,
	cleanOwnMarks,
	cleanMetadata,
}

// cleaner holds the state of Clean for one object.
type cleaner struct {
	report
	gk   schema.GroupKind
	root map[string]any
	meta map[string]any
	inv  *Inventory
}

// Clean removes from obj, in place, the fields that must not be copied into another namespace. If the object is not
// restored at all, it returns the reason and leaves the object unchanged. Cleaning twice changes nothing more.
func Clean(obj Object, inv *Inventory) Verdict {
	c := newCleaner(obj, inv)
	for _, rules := range [][]skipRule{leaveRules, remakeRules} {
		if reason, quiet := c.firstSkip(rules); reason != "" {
			return Verdict{Skip: reason, Quiet: quiet}
		}
	}
	c.clean()
	return Verdict{Warnings: c.sortedWarnings()}
}

// Normalize removes from obj, in place, the fields that Clean removes, even if Clean would skip the object. It
// prepares an existing object for the comparison with the one to write: a Job that has run since is still the same
// Job.
func Normalize(obj Object, inv *Inventory) {
	c := newCleaner(obj, inv)
	if c.meta != nil {
		c.clean()
	}
}

func (c *cleaner) clean() {
	for _, rule := range cleanRules {
		rule(c)
	}
}

func newCleaner(obj Object, inv *Inventory) *cleaner {
	return &cleaner{gk: obj.groupKind(), root: obj.root(), meta: objectAt(obj.root(), "metadata"), inv: inv}
}
