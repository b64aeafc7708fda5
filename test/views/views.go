// Package views tests how the command-line tool shows a kind, with the objects under testdata/describe: a folder for each,
// called after its kind.
package views

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/cli/resource"
	"seedbed.dev/seedbed/test/check"
)

// printed is the time at which the tables are printed.
var printed = time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC)

// Objects returns the objects of a kind by their folder's name.
func Objects(t *testing.T, kind *resource.Descriptor) map[string]client.Object {
	t.Helper()
	objects := map[string]client.Object{}
	for _, name := range folders(t, kind) {
		objects[name] = readObject(t, kind, name)
	}
	return objects
}

// CheckTables compares the tables of all objects of kinds with testdata/table.
func CheckTables(t *testing.T, view *resource.View, kinds ...*resource.Descriptor) {
	t.Helper()
	var objects []client.Object
	for _, kind := range kinds {
		for _, name := range folders(t, kind) {
			objects = append(objects, readObject(t, kind, name))
		}
	}
	for file, options := range map[string]resource.TableOptions{
		view.Noun + ".txt":            {},
		view.Noun + "-wide.txt":       {Wide: true},
		view.Noun + "-labels.txt":     {Labels: true},
		view.Noun + "-namespaces.txt": {Namespaces: true},
	} {
		if options.Namespaces && !view.Namespaced {
			continue
		}
		t.Run(file, func(t *testing.T) {
			var out bytes.Buffer
			if err := resource.WriteTable(&out, view, objects, printed, options); err != nil {
				t.Fatal(err)
			}
			check.Golden(t, out.String(), "table", file)
		})
	}
}

// folders returns the folders of a kind in order.
func folders(t *testing.T, kind *resource.Descriptor) []string {
	t.Helper()
	entries, err := os.ReadDir("testdata/describe")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), kind.Noun+"-") {
			names = append(names, entry.Name())
		}
	}
	if len(names) == 0 {
		t.Fatalf("no folder describes a %s", kind.Noun)
	}
	return names
}

func readObject(t *testing.T, kind *resource.Descriptor, name string) client.Object {
	t.Helper()
	obj := kind.NewObject()
	if !check.ReadYAML(t, obj, "describe", name, "object.yaml") {
		t.Fatalf("%s has no object.yaml", name)
	}
	return obj
}
