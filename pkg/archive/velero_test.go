package archive

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestArchiveHasVeleroLayout reads an archive by Velero's rules and without this package's code: it unpacks the
// archive, creates directories with the mode of the file inside, and walks the tree.
func TestArchiveHasVeleroLayout(t *testing.T) {
	dir := t.TempDir()
	unpackArchive(t, dir, writeArchive(t, sampleItems()...))
	version, err := os.ReadFile(filepath.Join(dir, "metadata", "version"))
	if err != nil || string(version) != "1.1.0\n" {
		t.Errorf("metadata/version holds %q (%v), want 1.1.0 and a newline", version, err)
	}
	want := map[string]string{}
	for _, item := range sampleItems() {
		want[item.Resource+" "+item.Namespace+" "+item.Name] = string(item.Content)
	}
	plain, preferred := map[string]string{}, map[string]string{}
	for _, resource := range listDir(t, dir, "resources") {
		addScopes(t, plain, resource, filepath.Join(dir, "resources", resource))
		for _, version := range listDir(t, dir, "resources", resource) {
			if strings.HasSuffix(version, "-preferredversion") {
				addScopes(t, preferred, resource, filepath.Join(dir, "resources", resource, version))
			}
		}
	}
	if diff := cmp.Diff(want, plain); diff != "" {
		t.Errorf("objects without a version (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, preferred); diff != "" {
		t.Errorf("objects of the preferred version (-want +got):\n%s", diff)
	}
}

// addScopes adds the objects in the cluster and namespaces directories below dir.
func addScopes(t *testing.T, objects map[string]string, resource, dir string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, "cluster")); err == nil {
		addFiles(t, objects, resource, "", filepath.Join(dir, "cluster"))
	}
	if _, err := os.Stat(filepath.Join(dir, "namespaces")); err == nil {
		for _, namespace := range listDir(t, dir, "namespaces") {
			addFiles(t, objects, resource, namespace, filepath.Join(dir, "namespaces", namespace))
		}
	}
}

func addFiles(t *testing.T, objects map[string]string, resource, namespace, dir string) {
	t.Helper()
	for _, name := range listDir(t, dir) {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		objects[resource+" "+namespace+" "+strings.TrimSuffix(name, ".json")] = string(content)
	}
}

func listDir(t *testing.T, path ...string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(entries))
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func unpackArchive(t *testing.T, dir string, content []byte) {
	t.Helper()
	unzipped, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	for entries := tar.NewReader(unzipped); ; {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		target := filepath.Join(dir, header.Name)
		mode := header.FileInfo().Mode()
		if mode.Perm()&0o700 != 0o700 {
			t.Fatalf("%s has mode %s: a directory made with it cannot be entered", header.Name, mode)
		}
		if err := os.MkdirAll(filepath.Dir(target), mode); err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(entries)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(target, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
