package exact

import (
	"context"
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

const seedsGroup = "versions.example.com"

var crdResource = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}

// seeds defines the kind Seed. Of its two versions one is served; v1 has a default and, only when it is grown up, the
// field depth.
func seeds(served string, depth bool) *unstructured.Unstructured {
	text, number := map[string]any{"type": "string"}, map[string]any{"type": "integer"}
	old := map[string]any{"color": text, "depth": number}
	next := map[string]any{"color": text, "light": map[string]any{"type": "string", "default": "full"}}
	if depth {
		next["depth"] = number
	}
	version := func(name string, fields map[string]any) map[string]any {
		return map[string]any{
			"name": name, "served": name == served, "storage": name == served,
			"schema": map[string]any{"openAPIV3Schema": map[string]any{
				"type": "object", "properties": map[string]any{"spec": map[string]any{"type": "object", "properties": fields}},
			}},
		}
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": map[string]any{"name": "seeds." + seedsGroup},
		"spec": map[string]any{
			"group": seedsGroup, "scope": "Namespaced",
			"names":    map[string]any{"kind": "Seed", "plural": "seeds", "singular": "seed", "listKind": "SeedList"},
			"versions": []any{version("v1alpha1", old), version("v1", next)},
		},
	}}
}

func seedsAt(version string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: seedsGroup, Version: version, Resource: "seeds"}
}

// define makes or changes the definition, and waits until the API server serves that version alone.
func (w *world) define(served string, depth bool) {
	w.t.Helper()
	w.eventually(func(ctx context.Context) error {
		definition := seeds(served, depth)
		live, err := w.dynamic.Resource(crdResource).Get(ctx, definition.GetName(), metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			_, err = w.dynamic.Resource(crdResource).Create(ctx, definition, metav1.CreateOptions{})
			return err
		}
		if err != nil {
			return err
		}
		definition.SetResourceVersion(live.GetResourceVersion())
		_, err = w.dynamic.Resource(crdResource).Update(ctx, definition, metav1.UpdateOptions{})
		return err
	})
	w.eventually(func(ctx context.Context) error { return w.servedAlone(ctx, served, depth) })
}

// servedAlone also asks whether the schema is the new one: strict validation tells.
func (w *world) servedAlone(ctx context.Context, served string, depth bool) error {
	for _, version := range []string{"v1alpha1", "v1"} {
		_, err := w.dynamic.Resource(seedsAt(version)).List(ctx, metav1.ListOptions{})
		if (err == nil) != (version == served) {
			return fmt.Errorf("asked for %s, where %s is to be served: %w", version, served, err)
		}
	}
	lists, err := w.core.Discovery().ServerPreferredResources()
	if err != nil {
		return err
	}
	for _, list := range lists {
		if strings.HasPrefix(list.GroupVersion, seedsGroup+"/") && list.GroupVersion != seedsGroup+"/"+served {
			return fmt.Errorf("discovery still tells of %s", list.GroupVersion)
		}
	}
	_, err = w.dynamic.Resource(seedsAt(served)).Namespace("default").Create(ctx, seed(served, "probe", map[string]any{"depth": int64(1)}),
		metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict})
	if known := err == nil; known != (depth || served == "v1alpha1") {
		return fmt.Errorf("the schema is another one: %w", err)
	}
	return nil
}

func seed(version, name string, spec map[string]any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": seedsGroup + "/" + version, "kind": "Seed", "metadata": map[string]any{"name": name}, "spec": spec,
	}}
}

func TestVersionsThatComeAndGo(t *testing.T) {
	w := newWorld(t)
	w.namespace("nursery", "")
	w.define("v1alpha1", false)
	for name, spec := range map[string]map[string]any{
		"plain": {"color": "red"},
		"deep":  {"color": "blue", "depth": int64(3)},
	} {
		_, err := w.dynamic.Resource(seedsAt("v1alpha1")).Namespace("nursery").Create(w.ctx(), seed("v1alpha1", name, spec), metav1.CreateOptions{})
		w.must(err)
	}
	w.backup("seeds", "nursery", "seeds."+seedsGroup)
	steps := []struct {
		name string
		run  func(w *world)
	}{
		{"the version that was stored", (*world).storedVersion},
		{"a version that is not served any more", (*world).otherVersion},
		{"what is there already, in another version", (*world).otherVersionAgain},
		{"a kind that is not there yet", (*world).noVersion},
	}
	for _, step := range steps {
		if !t.Run(step.name, func(t *testing.T) { step.run(w.in(t)) }) {
			break // what follows would only say the same again
		}
	}
}

func (w *world) storedVersion() {
	w.t.Helper()
	w.namespace("plot-1", "")
	w.restore("plot-1", "copy", "seeds", "")
	record := w.awaitRestore("plot-1", "copy", v1alpha1.PhaseCompleted)
	if record.Status.Counts.Created != 2 || len(record.Status.Warnings) > 0 {
		w.t.Errorf("got %+v and warnings %q", record.Status.Counts, record.Status.Warnings)
	}
}

// otherVersion: what fits the new version is written with a warning, what does not is an error, which heals.
func (w *world) otherVersion() {
	w.t.Helper()
	w.define("v1", false)
	w.namespace("plot-2", "")
	w.restore("plot-2", "copy", "seeds", "")
	record := w.awaitRestore("plot-2", "copy", v1alpha1.PhasePartiallyFailed)
	counts, errs := record.Status.Counts, strings.Join(record.Status.Errors, "\n")
	if counts.Created != 1 || counts.Failed != 1 || record.Status.Attempts != 1 {
		w.t.Errorf("got %+v after %d attempts and errors %q", counts, record.Status.Attempts, errs)
	}
	if !strings.Contains(errs, "seeds."+seedsGroup+"/deep: ") || !strings.Contains(errs, `unknown field "spec.depth"`) {
		w.t.Errorf("the errors do not name the field that v1 does not have: %q", errs)
	}
	warning := "seeds." + seedsGroup + "/plain: was stored as " + seedsGroup + "/v1alpha1, which the cluster no longer serves; written as " + seedsGroup + "/v1 "
	if warnings := strings.Join(record.Status.Warnings, "\n"); !strings.HasPrefix(warnings, warning) || len(record.Status.Warnings) != 1 {
		w.t.Errorf("got the warnings %q, want one that says %q", warnings, warning)
	}
	plain, err := w.dynamic.Resource(seedsAt("v1")).Namespace("plot-2").Get(w.ctx(), "plain", metav1.GetOptions{})
	w.must(err)
	if spec := fmt.Sprint(plain.Object["spec"]); spec != "map[color:red light:full]" {
		w.t.Errorf("plain is %s", spec)
	}
	w.define("v1", true)
	w.awaitRestore("plot-2", "copy", v1alpha1.PhaseCompleted)
	deep, err := w.dynamic.Resource(seedsAt("v1")).Namespace("plot-2").Get(w.ctx(), "deep", metav1.GetOptions{})
	w.must(err)
	if spec := fmt.Sprint(deep.Object["spec"]); spec != "map[color:blue depth:3 light:full]" {
		w.t.Errorf("deep is %s", spec)
	}
}

// otherVersionAgain: a default of the new version is no difference, and nothing is said of a write that there is not.
func (w *world) otherVersionAgain() {
	w.t.Helper()
	nextSecond() // what is as old as the record counts as made by it
	for _, existing := range []v1alpha1.ExistingResources{v1alpha1.ExistingResourcesKeep, v1alpha1.ExistingResourcesUpdate} {
		name := "again-" + strings.ToLower(string(existing))
		w.restore("plot-2", name, "seeds", existing)
		record := w.awaitRestore("plot-2", name, v1alpha1.PhaseCompleted)
		w.unchanged(record.Namespace, &record.Status.RestoreResult)
		if len(record.Status.Warnings) > 0 {
			w.t.Errorf("%s warns of %q", existing, record.Status.Warnings)
		}
	}
	w.strictUpdate()
}

// strictUpdate: an update in another version is as strict as a create.
func (w *world) strictUpdate() {
	w.t.Helper()
	w.define("v1", false)
	deep, err := w.dynamic.Resource(seedsAt("v1")).Namespace("plot-2").Get(w.ctx(), "deep", metav1.GetOptions{})
	w.must(err)
	w.must(unstructured.SetNestedField(deep.Object, "green", "spec", "color"))
	_, err = w.dynamic.Resource(seedsAt("v1")).Namespace("plot-2").Update(w.ctx(), deep, metav1.UpdateOptions{})
	w.must(err)
	w.restore("plot-2", "strict", "seeds", v1alpha1.ExistingResourcesUpdate)
	record := w.awaitRestore("plot-2", "strict", v1alpha1.PhasePartiallyFailed)
	if errs := strings.Join(record.Status.Errors, "\n"); !strings.Contains(errs, `unknown field "spec.depth"`) {
		w.t.Errorf("the errors do not name the field that v1 does not have: %q", errs)
	}
}

// noVersion: several namespaces wait for a kind, and get it when it comes.
func (w *world) noVersion() {
	w.t.Helper()
	name := "seeds." + seedsGroup
	w.must(w.dynamic.Resource(crdResource).Delete(w.ctx(), name, metav1.DeleteOptions{}))
	w.eventually(func(ctx context.Context) error {
		if _, err := w.dynamic.Resource(seedsAt("v1")).List(ctx, metav1.ListOptions{}); !apierrors.IsNotFound(err) {
			return fmt.Errorf("seeds are still served: %w", err)
		}
		return nil
	})
	plots := []string{"plot-3", "plot-4", "plot-5"}
	for _, plot := range plots {
		w.namespace(plot, "")
		w.restore(plot, "copy", "seeds", "")
	}
	for _, plot := range plots {
		record := w.awaitRestore(plot, "copy", v1alpha1.PhasePartiallyFailed)
		if errs := strings.Join(record.Status.Errors, "\n"); !strings.Contains(errs, name+"/plain: the cluster does not serve this kind") {
			w.t.Errorf("%s: the errors do not say that the kind is not there: %q", plot, errs)
		}
	}
	w.define("v1", true)
	for _, plot := range plots {
		w.awaitRestore(plot, "copy", v1alpha1.PhaseCompleted)
	}
}
