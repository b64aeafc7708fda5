package audit

import (
	"iter"
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
}

func newExpectation(compiled *plan.Plan) *expectation {
	e := &expectation{plan: compiled, numbers: map[schema.GroupVersionKind]map[string]int{}, keys: map[string]int{}}
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

// kinds are the kinds to list, each with whether its content is listed.
type kinds map[schema.GroupVersionKind]bool

// kindsOf returns the kinds of the objects of expectations, each with whether it is of an exact one.
func kindsOf(exact map[*expectation]bool) kinds {
	all := kinds{}
	for e, isExact := range exact {
		for kind := range e.numbers {
			all[kind] = all[kind] || isExact
		}
	}
	return all
}

// sorted returns the kinds in the order of their names.
func (k kinds) sorted() iter.Seq2[schema.GroupVersionKind, bool] {
	names := slices.SortedFunc(maps.Keys(k), func(a, b schema.GroupVersionKind) int { return strings.Compare(a.String(), b.String()) })
	return func(yield func(schema.GroupVersionKind, bool) bool) {
		for _, name := range names {
			if !yield(name, k[name]) {
				return
			}
		}
	}
}
