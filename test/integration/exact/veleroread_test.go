package exact

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-cmp/cmp"

	"seedbed.dev/seedbed/pkg/store"
	"seedbed.dev/seedbed/test/seedbed"
)

// held are the objects of an archive's namespace by resource/name, as JSON with exact numbers.
type held map[string]map[string]any

// stored reads a backup's archive out of the store, as bytes.
func (w *world) stored(backup string) []byte {
	w.t.Helper()
	_, content, err := store.NewSecrets(w.core, seedbed.Namespace).Get(w.ctx(), backup)
	w.must(err)
	return content
}

// read reads an archive by Velero's rules and with none of Seedbed's code: unpack it, making directories with the mode
// of the file they are for, then walk the tree that is there.
func (w *world) read(content []byte, namespace string) held {
	w.t.Helper()
	dir := w.t.TempDir()
	w.unpack(dir, content)
	version, err := os.ReadFile(filepath.Join(dir, "metadata", "version"))
	if err != nil || strings.TrimSpace(string(version)) != "1.1.0" {
		w.t.Fatalf("metadata/version holds %q (%v), want 1.1.0", version, err)
	}
	plain, preferred := held{}, held{}
	for _, resource := range w.names(dir, "resources") {
		at := filepath.Join(dir, "resources", resource)
		w.scopes(plain, namespace, resource, "", at)
		for _, name := range w.names(at) {
			if version, ok := strings.CutSuffix(name, "-preferredversion"); ok {
				w.scopes(preferred, namespace, resource, version, filepath.Join(at, name))
			}
		}
	}
	if diff := cmp.Diff(plain, preferred); diff != "" {
		w.t.Errorf("Velero reads other objects from the preferred version's directories (-without +with):\n%s", diff)
	}
	return plain
}

// scopes adds what Velero finds in the directories of one resource, or of one version of it. The source namespace's own
// object is all that may be cluster-scoped.
func (w *world) scopes(into held, namespace, resource, version, dir string) {
	w.t.Helper()
	for _, scope := range w.names(dir) {
		switch {
		case scope == "namespaces":
			if got := w.names(dir, scope); len(got) != 1 || got[0] != namespace {
				w.t.Errorf("%s holds %v, want %s alone", resource, got, namespace)
			}
			w.files(into, resource, version, filepath.Join(dir, scope, namespace))
		case scope == "cluster" && resource == "namespaces":
			if got := w.names(dir, scope); len(got) != 1 || got[0] != namespace+".json" {
				w.t.Errorf("the cluster-scoped objects are %v, want the namespace alone", got)
			}
		case strings.HasSuffix(scope, "-preferredversion") && version == "":
		default:
			w.t.Errorf("%s holds %s, which Velero does not know", resource, scope)
		}
	}
}

func (w *world) files(into held, resource, version, dir string) {
	w.t.Helper()
	for _, file := range w.names(dir) {
		content, err := os.ReadFile(filepath.Join(dir, file))
		w.must(err)
		object := decode(w, content)
		name := strings.TrimSuffix(file, ".json")
		if got := text(object, "metadata", "name"); got != name {
			w.t.Errorf("%s/%s holds an object named %q", resource, file, got)
		}
		if got := text(object, "apiVersion"); version != "" && got != version && !strings.HasSuffix(got, "/"+version) {
			w.t.Errorf("%s/%s is in the directory of version %s and has the apiVersion %s", resource, file, version, got)
		}
		into[resource+"/"+name] = object
	}
}

func (w *world) names(path ...string) []string {
	w.t.Helper()
	entries, err := os.ReadDir(filepath.Join(path...))
	w.must(err)
	names := make([]string, 0, len(entries))
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func (w *world) unpack(dir string, content []byte) {
	w.t.Helper()
	unzipped, err := gzip.NewReader(bytes.NewReader(content))
	w.must(err)
	for entries := tar.NewReader(unzipped); ; {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		w.must(err)
		if header.Typeflag != tar.TypeReg {
			w.t.Fatalf("%s is no plain file", header.Name)
		}
		target := filepath.Join(dir, header.Name)
		w.must(os.MkdirAll(filepath.Dir(target), header.FileInfo().Mode()))
		data, err := io.ReadAll(entries)
		w.must(err)
		w.must(os.WriteFile(target, data, 0o600))
	}
}

// decode reads JSON without rounding its numbers.
func decode(w *world, content []byte) map[string]any {
	w.t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	var object map[string]any
	w.must(decoder.Decode(&object))
	return object
}

// text is the string at a path; empty where there is none.
func text(object map[string]any, path ...string) string {
	for _, key := range path[:len(path)-1] {
		object, _ = object[key].(map[string]any)
	}
	value, _ := object[path[len(path)-1]].(string)
	return value
}
