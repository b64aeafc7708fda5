package apply

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"seedbed.dev/seedbed/pkg/internal/manifest"
)

var update = flag.Bool("update", false, "rewrite want.yaml and result.txt of every golden case")

const (
	goldenTree = "../../test/testdata/update"
	ownerLabel = "seedbed.dev/baseline"
)

// goldenCase is a folder of the tree; its README describes the files.
type goldenCase struct {
	bases   []*unstructured.Unstructured // the held revision first; none if its content is gone
	desired *unstructured.Unstructured
	live    *unstructured.Unstructured // nil if the object is absent
	refusal *metav1.Status
	invalid *metav1.Status
}

// TestGoldenTree runs the cases that document how an object is updated.
func TestGoldenTree(t *testing.T) {
	cases, err := filepath.Glob(filepath.Join(goldenTree, "*", "new.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) < 40 {
		t.Errorf("found %d cases, want at least 40: are folders missing?", len(cases))
	}
	seen := map[Result]bool{}
	for _, path := range cases {
		dir := filepath.Dir(path)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			keep := runGolden(t, dir, false)
			required := runGolden(t, dir, true)
			seen[keep.change.Result], seen[required.change.Result] = true, true
			compareGolden(t, filepath.Join(dir, "want.yaml"), keep.object)
			if required.object == keep.object {
				required.object = ""
			}
			compareGolden(t, filepath.Join(dir, "want-update.yaml"), required.object)
			compareGolden(t, filepath.Join(dir, "result.txt"), "Keep: "+keep.text+"Update: "+required.text)
		})
	}
	for _, result := range []Result{Created, Updated, Kept, Failed, Unchanged} {
		if !seen[result] {
			t.Errorf("no case has the result %s", result)
		}
	}
}

// outcome is what an update left behind.
type outcome struct {
	change       Change
	object, text string
}

func runGolden(t *testing.T, dir string, required bool) outcome {
	t.Helper()
	c := readCase(t, dir)
	kind := c.desired.GroupVersionKind()
	object, earlier := newGoldenObject(t, c.desired), newEarlier(t, c)
	labels := manifest.NewLabels(map[string]string{ownerLabel: "web", "seedbed.dev/backup": "v2"}).WithOwner(ownerLabel)
	target := Target{Namespace: "bar", Labels: labels, OwnerLabel: ownerLabel, TrustOwner: !required, Update: required, Replace: required, Rules: goldenRules{}}
	preview := &objectServer{live: c.live, refusal: c.refusal, invalid: c.invalid}
	predicted := preview.newApplier(t, kind).PreviewUpdate(t.Context(), target, object, earlier)
	server := &objectServer{live: c.live, refusal: c.refusal, invalid: c.invalid}
	applier := server.newApplier(t, kind)
	change := applier.Update(t.Context(), target, object, earlier)
	calls := strings.Join(server.calls, ", ")
	out := outcome{change: change, object: marshalLive(t, server.live), text: describeChange(change) + "\n  calls: " + calls + "\n"}
	if predicted.Result != change.Result {
		t.Errorf("previewed %s (%s), and it was %s (%s)", predicted.Result, predicted.Reason, change.Result, change.Reason)
	}
	if predicted.Result == Updated && predicted.Reason != "" {
		out.text += "  preview: " + predicted.Reason + "\n"
	}
	if change.Result == Updated || change.Result == Created {
		again := applier.Update(t.Context(), target, object, earlier)
		if after := marshalLive(t, server.live); after != out.object || again.Result == Failed {
			t.Errorf("a second update (%s, %v) changes more: %s", again.Result, again.Err, cmp.Diff(out.object, after))
		}
	}
	if err := errors.Join(server.failed, preview.failed); err != nil {
		t.Error(err)
	}
	if strings.Contains(out.text, "hunter") || strings.Contains(out.text, "aHVudGVy") {
		t.Errorf("the result has a value: %s", out.text)
	}
	return out
}

func describeChange(change Change) string {
	text := string(change.Result)
	if change.Reason != "" {
		text += ": " + change.Reason
	}
	if change.Err != nil {
		text += ": " + change.Err.Error()
	}
	return text + strings.Join(append([]string{""}, change.Warnings...), "\n  warning: ")
}

// goldenRules remove the fields of the golden cases that no restore writes.
type goldenRules struct{}

func (goldenRules) Normalize(live *unstructured.Unstructured) {
	for _, field := range []string{"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "finalizers", "ownerReferences", "namespace"} {
		unstructured.RemoveNestedField(live.Object, "metadata", field)
	}
	for _, field := range []string{"clusterIP", "clusterIPs", "volumeName"} {
		unstructured.RemoveNestedField(live.Object, "spec", field)
	}
	delete(live.Object, "status")
	ports, _, _ := unstructured.NestedSlice(live.Object, "spec", "ports")
	for _, port := range ports {
		delete(port.(map[string]any), "nodePort")
	}
	if len(ports) > 0 {
		_ = unstructured.SetNestedSlice(live.Object, ports, "spec", "ports")
	}
}

func newGoldenObject(t *testing.T, content *unstructured.Unstructured) manifest.Object {
	t.Helper()
	body, err := manifest.NewBody(content.DeepCopy().Object, "placeholder-of-the-test")
	if err != nil {
		t.Fatal(err)
	}
	return manifest.Object{Kind: content.GroupVersionKind(), Key: "things/web", Name: "web", Body: body}
}

func newEarlier(t *testing.T, c goldenCase) Earlier {
	t.Helper()
	bases := make([]manifest.Object, 0, len(c.bases))
	for _, base := range c.bases {
		bases = append(bases, newGoldenObject(t, base))
	}
	earlier := Earlier{Objects: func(context.Context) []manifest.Object { return bases }}
	if len(bases) == 1 {
		earlier.Patch = manifest.NewPatch(bases[0], newGoldenObject(t, c.desired))
	}
	return earlier
}

func readCase(t *testing.T, dir string) goldenCase {
	t.Helper()
	c := goldenCase{bases: readObjects(t, filepath.Join(dir, "old.yaml")), desired: readObjects(t, filepath.Join(dir, "new.yaml"))[0]}
	if live := readObjects(t, filepath.Join(dir, "live.yaml")); len(live) > 0 {
		c.live = live[0]
	}
	c.refusal, c.invalid = readStatus(t, filepath.Join(dir, "refusal.yaml")), readStatus(t, filepath.Join(dir, "invalid.yaml"))
	return c
}

// readObjects returns the documents of a file; none if it does not exist.
func readObjects(t *testing.T, path string) []*unstructured.Unstructured {
	t.Helper()
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	var objects []*unstructured.Unstructured
	for documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content))); ; {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return objects
		}
		if err != nil {
			t.Fatal(err)
		}
		raw, err := yaml.YAMLToJSON(document)
		if err != nil {
			t.Fatal(err)
		}
		object := &unstructured.Unstructured{}
		if err := utiljson.Unmarshal(raw, &object.Object); err != nil {
			t.Fatal(err)
		}
		objects = append(objects, object)
	}
}

func readStatus(t *testing.T, path string) *metav1.Status {
	t.Helper()
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	status := &metav1.Status{}
	if err == nil {
		err = yaml.UnmarshalStrict(content, status)
	}
	if err != nil {
		t.Fatal(err)
	}
	return status
}

// marshalLive returns an object without the fields that only the server and its managers set.
func marshalLive(t *testing.T, live *unstructured.Unstructured) string {
	t.Helper()
	if live == nil {
		return "# absent\n"
	}
	live = live.DeepCopy()
	live.SetManagedFields(nil)
	live.SetResourceVersion("")
	out, err := yaml.Marshal(live.Object)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// compareGolden compares a file with a text; an empty text is no file.
func compareGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		err := os.Remove(path)
		if got != "" {
			err = os.WriteFile(path, []byte(got), 0o644)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil && (!errors.Is(err, fs.ErrNotExist) || got != "") {
		t.Fatal(fmt.Errorf("reading the golden file (go test ./pkg/apply -run TestGoldenTree -update writes it): %w", err))
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", filepath.Base(path), diff)
	}
}
