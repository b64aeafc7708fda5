package transform

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"
)

// seedObjects calls add with the first document of every golden case, as JSON.
func seedObjects(f *testing.F, add func(raw []byte)) {
	f.Helper()
	paths, err := filepath.Glob(filepath.Join(goldenTree, "*", "source.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		first, _, _ := strings.Cut(string(content), "\n---\n")
		raw, err := yaml.YAMLToJSON([]byte(first))
		if err != nil {
			f.Fatal(err)
		}
		add(raw)
	}
}

// fuzzObject parses the fuzzer's input; ok is false if it is no JSON object.
func fuzzObject(raw []byte) (obj Object, ok bool) {
	var root map[string]any
	if err := utiljson.Unmarshal(raw, &root); err != nil {
		return Object{}, false
	}
	return Object{
		Resource: schema.GroupResource{Resource: "things"},
		Content:  &unstructured.Unstructured{Object: root},
	}, true
}

// fuzzInventory returns an inventory of the Services that the golden cases refer to, and of obj.
func fuzzInventory(obj Object) *Inventory {
	objects := []Object{obj}
	for _, name := range []string{"db", "web", "auth"} {
		objects = append(objects, Object{Content: &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "v1", "kind": "Service", "metadata": map[string]any{"name": name, "uid": "u-1"},
		}}})
	}
	return NewInventory(goldenSource, objects)
}

// FuzzClean checks that cleaning never panics, leaves a skipped object unchanged, and is idempotent.
func FuzzClean(f *testing.F) {
	seedObjects(f, func(raw []byte) { f.Add(raw) })
	f.Fuzz(func(t *testing.T, raw []byte) {
		obj, ok := fuzzObject(raw)
		if !ok {
			t.Skip()
		}
		before := marshal(t, obj.root())
		inv := fuzzInventory(obj)
		verdict := Clean(obj, inv)
		once := marshal(t, obj.root())
		if verdict.Skip != "" {
			if before != once {
				t.Errorf("skipped (%s) but changed: %s became %s", verdict.Skip, before, once)
			}
			return
		}
		Clean(obj, inv)
		if twice := marshal(t, obj.root()); once != twice {
			t.Errorf("cleaned twice: %s became %s", once, twice)
		}
		for _, key := range identityFields {
			if _, found := objectAt(obj.root(), "metadata")[key]; found {
				t.Errorf("metadata.%s is left", key)
			}
		}
	})
}

// FuzzMap checks that mapping never panics, is a pure substitution (it writes the target and never reads it), and
// leaves an object that does not name the source unchanged.
func FuzzMap(f *testing.F) {
	seedObjects(f, func(raw []byte) {
		f.Add(raw, false)
		f.Add(raw, true)
	})
	f.Fuzz(func(t *testing.T, raw []byte, text bool) {
		first, ok := fuzzObject(raw)
		if !ok || strings.Contains(string(raw), goldenPlaceholder) {
			t.Skip()
		}
		before := marshal(t, first.root())
		second := Object{Resource: first.Resource, Content: first.Content.DeepCopy()}
		mapping := Mapping{Source: goldenSource, Target: goldenTarget, Text: text, Inventory: fuzzInventory(first)}
		warnings := Map(first, mapping)
		mapping.Target = goldenPlaceholder
		if diff := cmp.Diff(warnings, Map(second, mapping)); diff != "" {
			t.Errorf("warnings depend on the target: %s", diff)
		}
		mapped := marshal(t, first.root())
		if got := strings.ReplaceAll(marshal(t, second.root()), goldenPlaceholder, goldenTarget); got != mapped {
			t.Errorf("no pure substitution:\n%s\n%s", mapped, got)
		}
		secret := first.groupKind() == secretKind // values may name the source in base64
		if !secret && !strings.Contains(before, goldenSource) && before != mapped {
			t.Errorf("does not name the source but changed: %s became %s", before, mapped)
		}
	})
}

// FuzzDNS compares the matcher with an oracle that splits text instead of searching it.
func FuzzDNS(f *testing.F) {
	for _, seed := range []string{
		"db.foo.svc", "mydb.foo.svc", "db.foo.svcs", "db.foobar.svc", "db-0.db.foo.svc.cluster.local:5432",
		"db.foo.svc.example.com", "db.foo.svc.cluster.local.", "db.foo.svc..x", "foo.foo.svc.foo.svc", ".foo.svc",
		"http://u:p@db.foo:80/x,db.foo", "db.foo:1,web.foo:2", "--db=db.foo", "访问db.foo.svc即可", "db.foo.svc-x",
		"db.foo.svc.cluster.local-x", "db.foo.svc.cluster.localx", "DB.foo.svc", "a://://db.foo", "db.foo.", "*.db.foo",
	} {
		f.Add(seed)
	}
	inv := fuzzInventory(Object{})
	matcher := newHostMatcher(goldenSource, nil, inv)
	f.Fuzz(func(t *testing.T, s string) {
		var full hostMatches
		matcher.findFullNames(s, &full)
		if diff := cmp.Diff(oracleFull(s, inv), full.moved); diff != "" {
			t.Errorf("%q: full names (-oracle +matcher):\n%s", s, diff)
		}
		last := -1
		for _, at := range matcher.findNames(s).moved {
			if at <= last {
				t.Errorf("%q: places %d and %d are not ascending", s, last, at)
			}
			last = at
			checkBoundaries(t, s, at, inv)
		}
		mapped, _, _ := matcher.rewriteNames(s, goldenPlaceholder)
		if back := strings.ReplaceAll(mapped, goldenPlaceholder, goldenSource); back != s {
			t.Errorf("%q became %q: more than the source was replaced", s, mapped)
		}
	})
}

// oracleFull splits s into runs of labels and dots, and these into labels. It returns the indexes of the source in
// names that moved.
func oracleFull(s string, inv *Inventory) []int {
	var places []int
	start := 0
	for start < len(s) {
		if !isLabelByte(s[start]) && s[start] != '.' {
			start++
			continue
		}
		end := start
		for end < len(s) && (isLabelByte(s[end]) || s[end] == '.') {
			end++
		}
		at := start
		labels := strings.Split(s[start:end], ".")
		for i, label := range labels {
			if i > 0 && label == goldenSource && inv.HasService(labels[i-1]) && oracleEnds(labels[i+1:]) {
				places = append(places, at)
			}
			at += len(label) + 1
		}
		start = end
	}
	return places
}

func oracleEnds(rest []string) bool {
	if len(rest) == 0 || rest[0] != "svc" {
		return false
	}
	rest = rest[1:]
	if len(rest) >= 2 && rest[0] == "cluster" && rest[1] == "local" {
		rest = rest[2:]
	}
	return len(rest) == 0 || rest[0] == ""
}

// checkBoundaries checks that a replaced name is a whole label, after a whole label that names a Service.
func checkBoundaries(t *testing.T, s string, at int, inv *Inventory) {
	t.Helper()
	before, after := s[:at], s[at+len(goldenSource):]
	if s[at:len(s)-len(after)] != goldenSource || !strings.HasSuffix(before, ".") {
		t.Errorf("%q: no label of the source at %d", s, at)
	}
	if startsLabel(after) {
		t.Errorf("%q: the label at %d goes on", s, at)
	}
	labels := strings.FieldsFunc(strings.TrimSuffix(before, "."), func(r rune) bool {
		return r > 0x7f || !isLabelByte(byte(r))
	})
	if len(labels) == 0 || !inv.HasService(labels[len(labels)-1]) {
		t.Errorf("%q: no Service before %d", s, at)
	}
}
