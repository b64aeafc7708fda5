package transform

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "rewrite want.yaml and warnings.txt of every golden case")

const (
	goldenTree = "../../test/testdata/transform"
	// Every case maps foo to bar.
	goldenSource, goldenTarget = "foo", "bar"
	// The placeholder is longer than any namespace and looks like one.
	goldenPlaceholder = "seedbed-placeholder-3f1b0c9a7e5d42f68a1c0b9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e9f"
)

// goldenOptions is a case's optional mapping.yaml.
type goldenOptions struct {
	Text           bool     `json:"text"`
	ClusterDomains []string `json:"clusterDomains"`
	// Labels and Annotations are patterns of spec.namespaceMetadata, for a case about the Namespace itself.
	Labels      []string `json:"labels"`
	Annotations []string `json:"annotations"`
}

// TestGoldenTree runs the cases that document the rules. Their README describes the files of a case.
func TestGoldenTree(t *testing.T) {
	cases, err := filepath.Glob(filepath.Join(goldenTree, "*", "source.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) < 80 {
		t.Errorf("found %d cases, want at least 80: are folders missing?", len(cases))
	}
	for _, path := range cases {
		dir := filepath.Dir(path)
		t.Run(filepath.Base(dir), func(t *testing.T) { runGolden(t, dir) })
	}
}

func runGolden(t *testing.T, dir string) {
	objects := readObjects(t, filepath.Join(dir, "source.yaml"))
	mapping := Mapping{Source: goldenSource, Target: goldenTarget, Inventory: NewInventory(goldenSource, objects)}
	options := readOptions(t, dir)
	mapping.Text, mapping.ClusterDomains = options.Text, options.ClusterDomains
	obj := objects[0]
	if obj.groupKind().Kind == "Namespace" {
		compareGolden(t, dir, selectedMetadata(obj, options), nil)
		return
	}
	verdict := Clean(obj, mapping.Inventory)
	if verdict.Skip != "" {
		compareGolden(t, dir, map[string]any{"skip": verdict.Skip, "quiet": verdict.Quiet}, verdict.Warnings)
		return
	}
	checkCleanAgain(t, obj, mapping.Inventory)
	copied := Object{Resource: obj.Resource, Content: obj.Content.DeepCopy()}
	itself := Object{Resource: obj.Resource, Content: obj.Content.DeepCopy()}
	warnings := Map(obj, mapping)
	compareGolden(t, dir, obj.Content.Object, append(verdict.Warnings, warnings...))
	checkPlaceholder(t, obj, copied, mapping, warnings)
	checkOwnName(t, itself, mapping, warnings)
}

// selectedMetadata returns the labels and annotations that a target namespace copies.
func selectedMetadata(obj Object, options goldenOptions) map[string]any {
	return map[string]any{
		"labels":      SelectMetadata(obj.Content.GetLabels(), options.Labels),
		"annotations": SelectMetadata(obj.Content.GetAnnotations(), options.Annotations),
	}
}

// checkCleanAgain checks that cleaning a clean object changes nothing.
func checkCleanAgain(t *testing.T, obj Object, inv *Inventory) {
	t.Helper()
	before := marshal(t, obj.Content.Object)
	Clean(obj, inv)
	if diff := cmp.Diff(before, marshal(t, obj.Content.Object)); diff != "" {
		t.Errorf("cleaning twice differs from cleaning once (-once +twice):\n%s", diff)
	}
}

// checkPlaceholder checks that mapping to a placeholder and replacing it afterwards equals mapping to the target.
func checkPlaceholder(t *testing.T, mapped, again Object, mapping Mapping, want []Warning) {
	t.Helper()
	mapping.Target = goldenPlaceholder
	got := Map(again, mapping)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("warnings depend on the target (-target +placeholder):\n%s", diff)
	}
	replaced := strings.ReplaceAll(marshal(t, again.Content.Object), goldenPlaceholder, goldenTarget)
	if diff := cmp.Diff(marshal(t, mapped.Content.Object), replaced); diff != "" {
		t.Errorf("mapping is no pure substitution (-target +placeholder):\n%s", diff)
	}
}

// checkOwnName checks that mapping to a target with the source's name gives the same warnings.
func checkOwnName(t *testing.T, obj Object, mapping Mapping, want []Warning) {
	t.Helper()
	mapping.Target = goldenSource
	if diff := cmp.Diff(want, Map(obj, mapping)); diff != "" {
		t.Errorf("warnings depend on the target (-target +source):\n%s", diff)
	}
}

func compareGolden(t *testing.T, dir string, result map[string]any, warnings []Warning) {
	t.Helper()
	got, err := yaml.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	r := report{warnings: warnings}
	var lines strings.Builder
	for _, warning := range r.sortedWarnings() {
		lines.WriteString(warning.String() + "\n")
	}
	compareFile(t, filepath.Join(dir, "want.yaml"), string(got))
	compareFile(t, filepath.Join(dir, "warnings.txt"), lines.String())
}

func compareFile(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("reading the golden file (go test ./pkg/transform -update writes it): %v", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", filepath.Base(path), diff)
	}
}

func readOptions(t *testing.T, dir string) goldenOptions {
	t.Helper()
	var options goldenOptions
	content, err := os.ReadFile(filepath.Join(dir, "mapping.yaml"))
	if os.IsNotExist(err) {
		return options
	}
	if err == nil {
		err = yaml.UnmarshalStrict(content, &options)
	}
	if err != nil {
		t.Fatal(err)
	}
	return options
}

// readObjects returns the documents of a file. The first is the object under test.
func readObjects(t *testing.T, path string) []Object {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var objects []Object
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		raw, err := yaml.YAMLToJSON(document)
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, parseObject(t, raw))
	}
	if len(objects) == 0 {
		t.Fatalf("%s holds no document", path)
	}
	return objects
}

// parseObject parses JSON like the archive reader: any shape, whole numbers as int64.
func parseObject(tb testing.TB, raw []byte) Object {
	tb.Helper()
	var root map[string]any
	if err := utiljson.Unmarshal(raw, &root); err != nil {
		tb.Fatal(err)
	}
	obj := Object{Content: &unstructured.Unstructured{Object: root}}
	gk := obj.groupKind()
	plural, _ := meta.UnsafeGuessKindToResource(gk.WithVersion("v1"))
	obj.Resource = plural.GroupResource()
	if gk.Kind == "Gateway" {
		obj.Resource = schema.GroupResource{Group: gk.Group, Resource: "gateways"}
	}
	return obj
}

func marshal(tb testing.TB, value any) string {
	tb.Helper()
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}
