package plan

import (
	"cmp"
	"slices"

	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/transform"
)

// Delta is the difference of two plans: the objects to write into a namespace that holds the old one. It is immutable, and all
// namespaces and Baselines share it.
type Delta struct {
	changes            [][]ObjectChange
	removed            []Removal
	changesPodDefaults bool
	size               int64
}

// ObjectChange is an object whose content the new plan changes or adds.
type ObjectChange struct {
	// Object is the new one.
	Object manifest.Object
	// Added reports whether the old plan does not write the object.
	Added bool
	// Patch turns the old plan's object into the new one; nil if it was added or cannot be patched.
	Patch *manifest.Patch
}

// Removal is an object of the old plan that the new one does not write.
type Removal struct {
	Key string
	// LeftOut is a clause with the reason why the namespace does not get an object of the backup any more; empty if the new backup lacks
	// it.
	LeftOut string
	// Keep is a clause with the reason why the object is never pruned; empty if it may be.
	Keep string
}

// newDelta returns the difference of two plans. Its patches take at most patchBytes: further objects have none, which costs a
// namespace a read of each and changes no result.
func newDelta(from, to *Plan, patchBytes int64) *Delta {
	delta := &Delta{}
	for _, stage := range to.stages {
		var changes []ObjectChange
		for _, object := range stage {
			change, changed := changeOf(from, object)
			if !changed {
				continue
			}
			if change.Patch != nil {
				if patchBytes -= change.Patch.Size(); patchBytes < 0 {
					change.Patch = nil
				}
			}
			changes = append(changes, change)
			delta.addKey(object.Key, from, to)
			delta.size += change.size()
		}
		if len(changes) > 0 {
			delta.changes = append(delta.changes, changes)
		}
	}
	for _, stage := range slices.Backward(from.stages) {
		for _, object := range slices.Backward(stage) {
			if !to.isInBackup(object.Key) {
				delta.removed = append(delta.removed, Removal{Key: object.Key, Keep: transform.WhyNeverPruned(object.Kind.GroupKind(), object.Name)})
				delta.addKey(object.Key, from, to)
			}
		}
	}
	return delta
}

// changeOf returns the change of an object of the new plan, and whether there is one.
func changeOf(from *Plan, object manifest.Object) (change ObjectChange, changed bool) {
	old, found := from.Find(object.Key)
	switch {
	case !found:
		return ObjectChange{Object: object, Added: true}, true
	case old.Kind == object.Kind && old.Body.Equal(object.Body):
		return ObjectChange{}, false
	default:
		return ObjectChange{Object: object, Patch: manifest.NewPatch(old, object)}, true
	}
}

// addKey counts the key of an object that differs.
func (d *Delta) addKey(key string, from, to *Plan) {
	_, before := from.podDefaults[key]
	_, after := to.podDefaults[key]
	d.changesPodDefaults = d.changesPodDefaults || before || after
	d.size += int64(len(key)) + bytesPerChange
}

// bytesPerChange is about the memory that a delta takes for an object beside its body and its patch.
const bytesPerChange = 256

// size returns the bytes of a change, with the new body: the delta keeps it when the cache drops the new plan.
func (c *ObjectChange) size() int64 {
	size := c.Object.Body.Size()
	if c.Patch != nil {
		size += c.Patch.Size()
	}
	return size
}

// Changes returns the objects that are changed or added, by stage in the order in which they are written. Callers must not change
// them.
func (d *Delta) Changes() [][]ObjectChange { return d.changes }

// Removed returns the old plan's objects that the new backup does not have, in reverse order of writing, and of bound plans those that
// spec.include leaves out now. Objects that the backup has and the mapping rules leave out are not among them.
func (d *Delta) Removed() []Removal { return d.removed }

// Find returns the change of the object of that key.
func (d *Delta) Find(key string) (ObjectChange, bool) {
	return findSorted(d.changes, key, func(change ObjectChange) string { return change.Object.Key })
}

// Len returns the number of objects that are changed or added.
func (d *Delta) Len() int {
	count := 0
	for _, changes := range d.changes {
		count += len(changes)
	}
	return count
}

// ChangesPodDefaults reports whether an object is changed, added or removed that makes admission change Pods.
func (d *Delta) ChangesPodDefaults() bool { return d.changesPodDefaults }

// Size returns about how many bytes the delta takes in memory.
func (d *Delta) Size() int64 { return d.size }

// findSorted returns the item of that key in stages that are sorted by key.
func findSorted[T any](stages [][]T, key string, keyOf func(T) string) (item T, found bool) {
	for _, stage := range stages {
		if i, found := slices.BinarySearchFunc(stage, key, func(item T, key string) int { return cmp.Compare(keyOf(item), key) }); found {
			return stage[i], true
		}
	}
	return item, false
}
