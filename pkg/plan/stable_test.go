package plan

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/test/sample"
)

// Compiling chooses a placeholder at random, and maps have no order. Other processes must compute the same digest nevertheless, or
// each restart of the controller would outdate every holder.
func TestCompilingIsStable(t *testing.T) {
	const compilations = 4
	cases, err := filepath.Glob("../../test/testdata/transform/*/source.yaml")
	if err != nil || len(cases) == 0 {
		t.Fatal("found no cases", err)
	}
	for _, path := range cases {
		content := archiveCase(t, path)
		for _, text := range []bool{false, true} {
			first := compiledContent(t, content, text)
			for range compilations - 1 {
				if diff := cmp.Diff(first, compiledContent(t, content, text)); diff != "" {
					t.Errorf("%s, with text %t: compilations differ: %s", filepath.Base(filepath.Dir(path)), text, diff)
				}
			}
		}
	}
}

func TestCompilingIsStableWithLabelsLikeThePlaceholder(t *testing.T) {
	objects := map[string]string{
		"namespaces//foo": sample.Objects["namespaces//foo"],
		"configmaps/foo/a": `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"foo",
			"labels":{"seedbed-6":"x","seedbed-b":"x","seedbed-h":"x","seedbed-m":"foo","seedbed-t":"x"}},"data":{"foo":"foo","seedbed-m":"x"}}`,
	}
	content := sample.Archive(t, objects)
	first := compiledContent(t, content, false)
	for range 16 {
		if diff := cmp.Diff(first, compiledContent(t, content, false)); diff != "" {
			t.Fatal(diff)
		}
	}
}

// compiledPlan is what two compilations of a backup have in common.
type compiledPlan struct {
	Digest   string
	Bodies   map[string]string
	Skipped  []string
	Warnings []string
}

func compiledContent(t *testing.T, content []byte, text bool) compiledPlan {
	t.Helper()
	plan, err := Compiler{}.Compile(content, Spec{Backup: "b", Source: "foo", Text: text})
	if err != nil {
		t.Fatal(err)
	}
	warnings, _ := plan.Warnings()
	compiled := compiledPlan{Digest: plan.Revision(nil).ContentDigest, Bodies: map[string]string{}, Skipped: plan.Skipped(), Warnings: slices.Clone(warnings)}
	for _, stage := range plan.Stages() {
		for _, object := range stage {
			compiled.Bodies[object.Key] = string(object.Body.Encode(schema.GroupVersion{Version: "v1"}, "bar", manifest.NewLabels(map[string]string{"a": "b"})))
		}
	}
	return compiled
}

// archiveCase returns an archive of the objects of a golden case of the rules.
func archiveCase(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	objects := maps.Clone(sample.Objects)
	for documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content))); ; {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return sample.Archive(t, objects)
		}
		if err != nil {
			t.Fatal(err)
		}
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal(document, &object.Object); err != nil {
			t.Fatal(err)
		}
		if object.GetName() == "" || object.GetKind() == "" { // no archive has it
			continue
		}
		if object.GetNamespace() == "" && object.GetKind() != "Namespace" {
			object.SetNamespace("foo")
		}
		encoded, err := object.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		resource, _ := meta.UnsafeGuessKindToResource(object.GroupVersionKind())
		objects[resource.GroupResource().String()+"/"+object.GetNamespace()+"/"+object.GetName()] = string(encoded)
	}
}
