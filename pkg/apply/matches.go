package apply

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/json"

	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// Match is the result of Matches.
type Match int

const (
	// Differs is the result for an object that Inspect must compare.
	Differs Match = iota
	// Untouched is the result for an object that has other values, because a webhook gave them to it while Seedbed wrote it. It says
	// nothing about another object of that content.
	Untouched
	// Same is the result for an object with the values that the baseline wrote.
	Same
)

// Matches compares an object that a list has, in JSON, with the one that a baseline wrote. It asks the API server nothing but, once, for
// the resource of the kind.
func (a *Applier) Matches(ctx context.Context, target Target, object manifest.Object, content []byte, inspection Inspection) Match {
	defer a.comparison.acquireFor(ctx, len(content)+int(object.Body.Size()))()
	mapping, err := a.resolver.Resolve(object.Kind)
	if err != nil {
		return Differs
	}
	live := &unstructured.Unstructured{}
	if json.Unmarshal(content, &live.Object) != nil {
		return Differs
	}
	live.SetGroupVersionKind(mapping.GroupVersionKind)
	w := &writing{Applier: a, target: target, object: object, version: mapping.GroupVersionKind.GroupVersion()}
	without := inspection
	without.RestoredAt = time.Time{}
	switch {
	case isSame(w, live, without):
		return Same
	case isSame(w, live, inspection):
		return Untouched
	default:
		return Differs
	}
}

// isSame reports whether a live object does not differ.
func isSame(w *writing, live *unstructured.Unstructured, inspection Inspection) bool {
	i := &inspecting{updating: &updating{writing: w}, Inspection: inspection, drift: &Drift{}}
	_, err := i.compareLive(live)
	return err == nil && i.drift.State == NoDrift
}
