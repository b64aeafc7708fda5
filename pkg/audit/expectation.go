package audit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/plan"
)

// expectation has the objects that a namespace should have, each with a number. All namespaces of a revision share it.
type expectation struct {
	plan    *plan.Plan
	objects []manifest.Object
	// numbers are those of the objects by name, for each kind.
	numbers map[schema.GroupVersionKind]map[string]int
	// keys are the numbers by key.
	keys map[string]int
	// prefix identifies the plan in traces.
	prefix []byte
	// withRules reports whether namespaces have values of their own, or some of the objects only.
	withRules bool
}

func newExpectation(compiled *plan.Plan) *expectation {
	spec := compiled.Spec
	e := &expectation{plan: compiled, withRules: compiled.HasRules(), prefix: fmt.Appendf(nil, "%q %q %q %q %t %q ", spec.Baseline, spec.Backup, spec.Digest, spec.Source, spec.Text, spec.Values), numbers: map[schema.GroupVersionKind]map[string]int{}, keys: map[string]int{}}
	for _, stage := range compiled.Stages() {
		for _, object := range stage {
			if isTransient(&object) {
				continue
			}
			if e.numbers[object.Kind] == nil {
				e.numbers[object.Kind] = map[string]int{}
			}
			e.numbers[object.Kind][object.Name], e.keys[object.Key] = len(e.objects), len(e.objects)
			e.objects = append(e.objects, object)
		}
	}
	return e
}

// isTransient reports whether an object may go away or change by itself: it runs once, or the controller manager makes it in each
// namespace and a restore adds to it.
func isTransient(object *manifest.Object) bool {
	switch object.Kind.GroupKind() {
	case schema.GroupKind{Kind: "Pod"}, schema.GroupKind{Group: batchv1.GroupName, Kind: "Job"}:
		return true
	case schema.GroupKind{Kind: "ServiceAccount"}:
		return object.Name == "default"
	default:
		return false
	}
}

// bits is a set of numbers.
type bits []uint64

// newBits returns a set with room for the numbers below count.
func newBits(count int) bits { return make(bits, (count+63)/64) }

func (b bits) insert(number int) { b[number/64] |= 1 << (number % 64) }

func (b bits) has(number int) bool { return b[number/64]&(1<<(number%64)) != 0 }

// kinds are the kinds to list.
type kinds map[schema.GroupVersionKind]kindContent

// kindContent reports whether the content of a kind is listed, and the size in bytes of its objects: on average in the plan where they
// are largest, because a list has the objects of a namespace one after the other.
type kindContent struct {
	isListed bool
	size     int
}

// kindsOf returns the kinds of the objects of expectations. The content is listed of those of exact ones.
func kindsOf(exact map[*expectation]bool) kinds {
	all := kinds{}
	for e, isExact := range exact {
		sizes := map[schema.GroupVersionKind]int64{}
		for i := range e.objects {
			sizes[e.objects[i].Kind] += e.objects[i].Body.Size()
		}
		for kind, size := range sizes {
			content := all[kind]
			content.isListed, content.size = content.isListed || isExact, max(content.size, int(size)/len(e.numbers[kind]))
			all[kind] = content
		}
	}
	return all
}

// sorted returns the kinds in the order of their names.
func (k kinds) sorted() []schema.GroupVersionKind {
	return slices.SortedFunc(maps.Keys(k), func(a, b schema.GroupVersionKind) int { return strings.Compare(a.String(), b.String()) })
}
