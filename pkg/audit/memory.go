package audit

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// maxRemembered bounds the entries of each memory, at 200 bytes at most, for two audits. What does not fit is read again by the next one.
const maxRemembered = 50_000

// memory has what an audit need not read again. Each audit of all namespaces keeps only what it used. It is not safe for concurrent
// use.
type memory struct {
	// equal are the versions of objects that others have written and that did not differ.
	equal generations[types.UID, equalObject]
	// traces are those of objects that did not differ.
	traces generations[trace, struct{}]
	// kept are the objects that restores and updates left alone.
	kept generations[types.UID, keptObjects]
	// protectedKinds are those of which objects were protected.
	protectedKinds sets.Set[schema.GroupVersionKind]
}

// equalObject is the version of an object that did not differ from a revision, by the rules of a Baseline's generation.
type equalObject struct {
	version, revision string
	generation        int64
}

// trace identifies an object of a revision, by the rules of a Baseline's generation, as it was found in a namespace: by the fields that
// Seedbed has in it or, of a Required baseline, by its content. Most namespaces have the same.
type trace [16]byte

// newFieldsTrace returns the trace of an object by the fields that Seedbed has in it.
func (h *holderState) newFieldsTrace(object *manifest.Object, fields apply.Fingerprint) trace {
	return h.newTrace(object, fields, nil)
}

// newContentTrace returns the trace of an object by its content. It holds for namespaces with the same values in it.
func (h *holderState) newContentTrace(object *manifest.Object, content apply.Fingerprint) trace {
	if h.values == nil || !h.plan.HasValues(object.Key) {
		return h.newTrace(object, content, nil)
	}
	own := sha256.New()
	object.Body.Hash(own)
	return h.newTrace(object, content, fmt.Appendf(own.Sum(nil), "%q", h.unknown[object.Key]))
}

func (h *holderState) newTrace(object *manifest.Object, hash apply.Fingerprint, own []byte) (t trace) {
	digest := sha256.Sum256(slices.Concat(h.prefix, strconv.AppendInt(nil, h.Baseline.Generation, 10), []byte("/"+object.Key+"/"), hash[:], own))
	copy(t[:], digest[:])
	return t
}

// keptObjects are the keys that a namespace need not have, by the version of its record.
type keptObjects struct {
	version string
	// kept were left alone or not written. unchanged were there before the restore: they are the tenant's.
	kept, unchanged sets.Set[string]
	// listed are all keys with a result, unless the record lists all objects: then it is nil.
	listed sets.Set[string]
}

// isExpected reports whether the namespace should have the object of a key with the label of the baseline.
func (k *keptObjects) isExpected(key string, isRequired bool) bool {
	return !k.kept.Has(key) && (isRequired || !k.unchanged.Has(key)) && (k.listed == nil || k.listed.Has(key))
}

// newEqualObject returns the entry of an object's version in a namespace.
func newEqualObject(holder *Holder, version string) equalObject {
	return equalObject{version: version, revision: holder.Record.HeldRevision().Hash, generation: holder.Baseline.Generation}
}

// generations are entries of two audits: an entry that is not used in one of them is forgotten after the next.
type generations[K comparable, V any] struct{ present, before map[K]V }

// find returns an entry, and keeps it for the next audit.
func (g *generations[K, V]) find(key K) (value V, found bool) {
	if value, found = g.present[key]; found {
		return value, true
	}
	if value, found = g.before[key]; found {
		g.add(key, value)
	}
	return value, found
}

func (g *generations[K, V]) add(key K, value V) {
	if g.present == nil {
		g.present = map[K]V{}
	}
	if len(g.present) < maxRemembered {
		g.present[key] = value
	}
}

// end ends an audit of all namespaces.
func (g *generations[K, V]) end() { g.present, g.before = nil, g.present }

// newKeptObjects returns those of a whole record.
func newKeptObjects(record *v1alpha1.BaselineRecord) keptObjects {
	k := keptObjects{version: record.ResourceVersion, kept: sets.New[string](), unchanged: sets.New[string]()}
	results := map[string]v1alpha1.Result{}
	isPartial := record.Result.OmittedObjects > 0
	for i := range record.Result.Objects {
		results[record.Result.Objects[i].Object] = record.Result.Objects[i].Result
	}
	if update := record.Update; update != nil {
		for i := range update.Objects { // kept ones are listed first
			results[update.Objects[i].Object] = update.Objects[i].Result
		}
		isPartial = isPartial || int(update.Counts.Kept) > len(update.Objects)
	}
	for key, result := range results {
		switch result {
		case v1alpha1.ResultCreated, v1alpha1.ResultUpdated:
		case v1alpha1.ResultSkipped: // if the plan has it, spec.include left it out at first
		case v1alpha1.ResultUnchanged:
			k.unchanged.Insert(key)
		default:
			k.kept.Insert(key)
		}
	}
	if isPartial {
		k.listed = sets.KeySet(results)
	}
	return k
}
