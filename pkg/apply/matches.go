package apply

import (
	"context"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/json"

	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// Matches reports whether an object that a list has, in JSON, has the values that a baseline wrote. It calls no API server: one that
// does not match may still not differ, which Inspect finds out.
func (a *Applier) Matches(ctx context.Context, target Target, object manifest.Object, content []byte, inspection Inspection) bool {
	defer a.comparison.acquireFor(ctx, len(content)+int(object.Body.Size()))()
	mapping, err := a.resolver.Resolve(object.Kind)
	if err != nil {
		return false
	}
	live := &unstructured.Unstructured{}
	if json.Unmarshal(content, &live.Object) != nil {
		return false
	}
	live.SetGroupVersionKind(mapping.GroupVersionKind)
	w := &writing{Applier: a, target: target, object: object, version: mapping.GroupVersionKind.GroupVersion()}
	i := &inspecting{updating: &updating{writing: w}, Inspection: inspection, drift: &Drift{}}
	_, err = i.compareLive(live)
	return err == nil && i.drift.State == NoDrift
}
