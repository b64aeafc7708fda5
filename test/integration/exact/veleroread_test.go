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

// archiveObjects are the objects of an archive's namespace by resource/name, as JSON with exact numbers.
type archiveObjects map[string]map[string]any

// readStored returns a backup's archive from the store, as bytes.
func (e *env) readStored(backup string) []byte {
	e.t.Helper()
	_, content, err := store.NewSecrets(e.core, seedbed.Namespace).Get(e.newContext(), backup)
	e.requireNoError(err)
	return content
}

// readArchive reads an archive by Velero's rules, without Seedbed's code: it unpacks the archive, creates directories with the
// mode of their files, and then walks the tree.
func (e *env) readArchive(content []byte, namespace string) archiveObjects {
	e.t.Helper()
	dir := e.t.TempDir()
	e.unpackArchive(dir, content)
	version, err := os.ReadFile(filepath.Join(dir, "metadata", "version"))
	if err != nil || strings.TrimSpace(string(version)) != "1.1.0" {
		e.t.Fatalf("metadata/version holds %q (%v), want 1.1.0", version, err)
	}
	plain, preferred := archiveObjects{}, archiveObjects{}
	for _, resource := range e.listNames(dir, "resources") {
		at := filepath.Join(dir, "resources", resource)
		e.addScopes(plain, namespace, resource, "", at)
		for _, name := range e.listNames(at) {
			if version, ok := strings.CutSuffix(name, "-preferredversion"); ok {
				e.addScopes(preferred, namespace, resource, version, filepath.Join(at, name))
			}
		}
	}
	if diff := cmp.Diff(plain, preferred); diff != "" {
		e.t.Errorf("Velero reads other objects from the preferred version's directories (-without +with):\n%s", diff)
	}
	return plain
}

// addScopes adds the objects that Velero finds in the directories of one resource, or of one version of it. Only the source
// namespace's own object may be cluster-scoped.
func (e *env) addScopes(into archiveObjects, namespace, resource, version, dir string) {
	e.t.Helper()
	for _, scope := range e.listNames(dir) {
		switch {
		case scope == "namespaces":
			if got := e.listNames(dir, scope); len(got) != 1 || got[0] != namespace {
				e.t.Errorf("%s holds %v, want %s alone", resource, got, namespace)
			}
			e.addFiles(into, resource, version, filepath.Join(dir, scope, namespace))
		case scope == "cluster" && resource == "namespaces":
			if got := e.listNames(dir, scope); len(got) != 1 || got[0] != namespace+".json" {
				e.t.Errorf("the cluster-scoped objects are %v, want the namespace alone", got)
			}
		case strings.HasSuffix(scope, "-preferredversion") && version == "":
		default:
			e.t.Errorf("%s holds %s, which Velero does not know", resource, scope)
		}
	}
}

func (e *env) addFiles(into archiveObjects, resource, version, dir string) {
	e.t.Helper()
	for _, file := range e.listNames(dir) {
		content, err := os.ReadFile(filepath.Join(dir, file))
		e.requireNoError(err)
		object := decodeJSON(e, content)
		name := strings.TrimSuffix(file, ".json")
		if got := stringAt(object, "metadata", "name"); got != name {
			e.t.Errorf("%s/%s holds an object named %q", resource, file, got)
		}
		if got := stringAt(object, "apiVersion"); version != "" && got != version && !strings.HasSuffix(got, "/"+version) {
			e.t.Errorf("%s/%s is in the directory of version %s and has the apiVersion %s", resource, file, version, got)
		}
		into[resource+"/"+name] = object
	}
}

func (e *env) listNames(path ...string) []string {
	e.t.Helper()
	entries, err := os.ReadDir(filepath.Join(path...))
	e.requireNoError(err)
	names := make([]string, 0, len(entries))
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func (e *env) unpackArchive(dir string, content []byte) {
	e.t.Helper()
	unzipped, err := gzip.NewReader(bytes.NewReader(content))
	e.requireNoError(err)
	for entries := tar.NewReader(unzipped); ; {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		e.requireNoError(err)
		if header.Typeflag != tar.TypeReg {
			e.t.Fatalf("%s is no plain file", header.Name)
		}
		target := filepath.Join(dir, header.Name)
		e.requireNoError(os.MkdirAll(filepath.Dir(target), header.FileInfo().Mode()))
		data, err := io.ReadAll(entries)
		e.requireNoError(err)
		e.requireNoError(os.WriteFile(target, data, 0o600))
	}
}

// decodeJSON decodes JSON without rounding its numbers.
func decodeJSON(e *env, content []byte) map[string]any {
	e.t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	var object map[string]any
	e.requireNoError(decoder.Decode(&object))
	return object
}

// stringAt returns the string at a path; empty if there is none.
func stringAt(object map[string]any, path ...string) string {
	for _, key := range path[:len(path)-1] {
		object, _ = object[key].(map[string]any)
	}
	value, _ := object[path[len(path)-1]].(string)
	return value
}
