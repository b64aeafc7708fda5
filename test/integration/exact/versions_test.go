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

// seedCRD returns the CRD of the kind Seed with two versions, of which one is served; v1 has a default and, only with depth, the
// field depth.
func seedCRD(served string, depth bool) *unstructured.Unstructured {
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

func seedResource(version string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: seedsGroup, Version: version, Resource: "seeds"}
}

// defineSeeds creates or changes the CRD, and waits until the API server serves that version alone.
func (e *env) defineSeeds(served string, depth bool) {
	e.t.Helper()
	e.requireEventually(func(ctx context.Context) error {
		definition := seedCRD(served, depth)
		live, err := e.dynamic.Resource(crdResource).Get(ctx, definition.GetName(), metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			_, err = e.dynamic.Resource(crdResource).Create(ctx, definition, metav1.CreateOptions{})
			return err
		}
		if err != nil {
			return err
		}
		definition.SetResourceVersion(live.GetResourceVersion())
		_, err = e.dynamic.Resource(crdResource).Update(ctx, definition, metav1.UpdateOptions{})
		return err
	})
	e.requireEventually(func(ctx context.Context) error { return e.checkServedAlone(ctx, served, depth) })
}

// checkServedAlone also checks that the schema is the new one, by strict validation.
func (e *env) checkServedAlone(ctx context.Context, served string, depth bool) error {
	for _, version := range []string{"v1alpha1", "v1"} {
		_, err := e.dynamic.Resource(seedResource(version)).List(ctx, metav1.ListOptions{})
		if (err == nil) != (version == served) {
			return fmt.Errorf("asked for %s, where %s is to be served: %w", version, served, err)
		}
	}
	lists, err := e.core.Discovery().ServerPreferredResources()
	if err != nil {
		return err
	}
	for _, list := range lists {
		if strings.HasPrefix(list.GroupVersion, seedsGroup+"/") && list.GroupVersion != seedsGroup+"/"+served {
			return fmt.Errorf("discovery still lists %s", list.GroupVersion)
		}
	}
	_, err = e.dynamic.Resource(seedResource(served)).Namespace("default").Create(ctx, newSeed(served, "probe", map[string]any{"depth": int64(1)}),
		metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict})
	if known := err == nil; known != (depth || served == "v1alpha1") {
		return fmt.Errorf("the schema is another one: %w", err)
	}
	return nil
}

func newSeed(version, name string, spec map[string]any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": seedsGroup + "/" + version, "kind": "Seed", "metadata": map[string]any{"name": name}, "spec": spec,
	}}
}

func TestRestoreAcrossServedVersions(t *testing.T) {
	e := newEnv(t)
	e.createNamespace("nursery", "")
	e.defineSeeds("v1alpha1", false)
	for name, spec := range map[string]map[string]any{
		"plain": {"color": "red"},
		"deep":  {"color": "blue", "depth": int64(3)},
	} {
		_, err := e.dynamic.Resource(seedResource("v1alpha1")).Namespace("nursery").Create(e.newContext(), newSeed("v1alpha1", name, spec), metav1.CreateOptions{})
		e.requireNoError(err)
	}
	e.createBackup("seeds", "nursery", "seeds."+seedsGroup)
	steps := []struct {
		name string
		run  func(e *env)
	}{
		{"the version that was stored", (*env).storedVersion},
		{"a version that is not served any more", (*env).otherVersion},
		{"existing objects, in another version", (*env).otherVersionAgain},
		{"a kind that is not there yet", (*env).noVersion},
	}
	for _, step := range steps {
		if !t.Run(step.name, func(t *testing.T) { step.run(e.forSubtest(t)) }) {
			break // later steps would only fail for the same reason
		}
	}
}

func (e *env) storedVersion() {
	e.t.Helper()
	e.createNamespace("plot-1", "")
	e.createRestore("plot-1", "copy", "seeds", "")
	record := e.awaitRestore("plot-1", "copy", v1alpha1.PhaseCompleted)
	if record.Status.Counts.Created != 2 || len(record.Status.Warnings) > 0 {
		e.t.Errorf("got %+v and warnings %q", record.Status.Counts, record.Status.Warnings)
	}
}

// otherVersion: fields that fit the new version are written with a warning, the others are errors, which heal.
func (e *env) otherVersion() {
	e.t.Helper()
	e.defineSeeds("v1", false)
	e.createNamespace("plot-2", "")
	e.createRestore("plot-2", "copy", "seeds", "")
	record := e.awaitRestore("plot-2", "copy", v1alpha1.PhasePartiallyFailed)
	counts, errs := record.Status.Counts, strings.Join(record.Status.Errors, "\n")
	if counts.Created != 1 || counts.Failed != 1 || record.Status.Attempts != 1 {
		e.t.Errorf("got %+v after %d attempts and errors %q", counts, record.Status.Attempts, errs)
	}
	if !strings.Contains(errs, "seeds."+seedsGroup+"/deep: ") || !strings.Contains(errs, `unknown field "spec.depth"`) {
		e.t.Errorf("the errors do not name the field that v1 does not have: %q", errs)
	}
	warning := "seeds." + seedsGroup + "/plain: was stored as " + seedsGroup + "/v1alpha1, which the cluster no longer serves; written as " + seedsGroup + "/v1 "
	if warnings := strings.Join(record.Status.Warnings, "\n"); !strings.HasPrefix(warnings, warning) || len(record.Status.Warnings) != 1 {
		e.t.Errorf("got the warnings %q, want one that contains %q", warnings, warning)
	}
	plain, err := e.dynamic.Resource(seedResource("v1")).Namespace("plot-2").Get(e.newContext(), "plain", metav1.GetOptions{})
	e.requireNoError(err)
	if spec := fmt.Sprint(plain.Object["spec"]); spec != "map[color:red light:full]" {
		e.t.Errorf("plain is %s", spec)
	}
	e.defineSeeds("v1", true)
	e.awaitRestore("plot-2", "copy", v1alpha1.PhaseCompleted)
	deep, err := e.dynamic.Resource(seedResource("v1")).Namespace("plot-2").Get(e.newContext(), "deep", metav1.GetOptions{})
	e.requireNoError(err)
	if spec := fmt.Sprint(deep.Object["spec"]); spec != "map[color:blue depth:3 light:full]" {
		e.t.Errorf("deep is %s", spec)
	}
}

// otherVersionAgain: a default of the new version is no difference, and no warning comes without a write.
func (e *env) otherVersionAgain() {
	e.t.Helper()
	e.awaitNextSecond() // an object as old as the record counts as created by it
	for _, existing := range []v1alpha1.ExistingResources{v1alpha1.ExistingResourcesKeep, v1alpha1.ExistingResourcesUpdate} {
		name := "again-" + strings.ToLower(string(existing))
		e.createRestore("plot-2", name, "seeds", existing)
		record := e.awaitRestore("plot-2", name, v1alpha1.PhaseCompleted)
		e.requireUnchanged(record.Namespace, &record.Status.RestoreResult)
		if len(record.Status.Warnings) > 0 {
			e.t.Errorf("%s warns of %q", existing, record.Status.Warnings)
		}
	}
	e.strictUpdate()
}

// strictUpdate: an update in another version is as strict as a create.
func (e *env) strictUpdate() {
	e.t.Helper()
	e.defineSeeds("v1", false)
	deep, err := e.dynamic.Resource(seedResource("v1")).Namespace("plot-2").Get(e.newContext(), "deep", metav1.GetOptions{})
	e.requireNoError(err)
	e.requireNoError(unstructured.SetNestedField(deep.Object, "green", "spec", "color"))
	_, err = e.dynamic.Resource(seedResource("v1")).Namespace("plot-2").Update(e.newContext(), deep, metav1.UpdateOptions{})
	e.requireNoError(err)
	e.createRestore("plot-2", "strict", "seeds", v1alpha1.ExistingResourcesUpdate)
	record := e.awaitRestore("plot-2", "strict", v1alpha1.PhasePartiallyFailed)
	if errs := strings.Join(record.Status.Errors, "\n"); !strings.Contains(errs, `unknown field "spec.depth"`) {
		e.t.Errorf("the errors do not name the field that v1 does not have: %q", errs)
	}
}

// noVersion: several namespaces wait for a kind, and get it once it is served.
func (e *env) noVersion() {
	e.t.Helper()
	name := "seeds." + seedsGroup
	e.requireNoError(e.dynamic.Resource(crdResource).Delete(e.newContext(), name, metav1.DeleteOptions{}))
	e.requireEventually(func(ctx context.Context) error {
		if _, err := e.dynamic.Resource(seedResource("v1")).List(ctx, metav1.ListOptions{}); !apierrors.IsNotFound(err) {
			return fmt.Errorf("seeds are still served: %w", err)
		}
		return nil
	})
	plots := []string{"plot-3", "plot-4", "plot-5"}
	for _, plot := range plots {
		e.createNamespace(plot, "")
		e.createRestore(plot, "copy", "seeds", "")
	}
	for _, plot := range plots {
		record := e.awaitRestore(plot, "copy", v1alpha1.PhasePartiallyFailed)
		if errs := strings.Join(record.Status.Errors, "\n"); !strings.Contains(errs, name+"/plain: the cluster does not serve this kind") {
			e.t.Errorf("%s: the errors do not say that the kind is not there: %q", plot, errs)
		}
	}
	e.defineSeeds("v1", true)
	for _, plot := range plots {
		e.awaitRestore(plot, "copy", v1alpha1.PhaseCompleted)
	}
}
