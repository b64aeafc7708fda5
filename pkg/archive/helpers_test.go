package archive

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"testing"
)

// file is one tar entry of a test's archive; the zero typeflag is a plain file.
type file struct {
	name     string
	content  string
	typeflag byte
	link     string
	records  map[string]string
}

// object is the JSON of a minimal object.
func object(apiVersion, kind, namespace, name string) string {
	if namespace == "" {
		return fmt.Sprintf(`{"apiVersion":%q,"kind":%q,"metadata":{"name":%q}}`, apiVersion, kind, name)
	}
	return fmt.Sprintf(`{"apiVersion":%q,"kind":%q,"metadata":{"name":%q,"namespace":%q}}`, apiVersion, kind, name, namespace)
}

func service(namespace, name string) string { return object("v1", "Service", namespace, name) }

// tarOf writes the files as they are given, right or wrong.
func tarOf(t testing.TB, files ...file) []byte {
	t.Helper()
	var buffer bytes.Buffer
	w := tar.NewWriter(&buffer)
	for _, f := range files {
		if f.typeflag == 0 {
			f.typeflag = tar.TypeReg
		}
		header := &tar.Header{
			Typeflag: f.typeflag, Name: f.name, Linkname: f.link, Mode: 0o644, Size: int64(len(f.content)), PAXRecords: f.records,
		}
		if err := w.WriteHeader(header); err != nil {
			t.Fatalf("write the header of %.40q: %v", f.name, err)
		}
		if _, err := w.Write([]byte(f.content)); err != nil {
			t.Fatalf("write %.40q: %v", f.name, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func zip(t testing.TB, content []byte) []byte {
	t.Helper()
	var buffer bytes.Buffer
	w := gzip.NewWriter(&buffer)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

// zipped is an archive of metadata/version, when version is not empty, and the files.
func zipped(t testing.TB, version string, files ...file) []byte {
	t.Helper()
	if version != "" {
		files = append([]file{{name: versionPath, content: version + "\n"}}, files...)
	}
	return zip(t, tarOf(t, files...))
}

// write makes an archive with the Writer.
func write(t testing.TB, items ...Item) []byte {
	t.Helper()
	var buffer bytes.Buffer
	w, err := NewWriter(&buffer)
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range items {
		if err := w.Add(item); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

// read gives all items of an archive.
func read(content []byte, limits Limits) (items []Item, version string, err error) {
	version, err = Read(bytes.NewReader(content), limits, func(item Item) error {
		items = append(items, item)
		return nil
	})
	return items, version, err
}

// sample is an archive's worth of objects: core and grouped, custom, cluster-scoped, with the names that RBAC allows.
func sample() []Item {
	long := "a-name-that-is-too-long-for-the-name-field-of-a-tar-header-and-goes-into-a-record-of-its-own-as-they-do"
	return []Item{
		{Resource: "configmaps", Version: "v1", Namespace: "foo", Name: long, Content: []byte(object("v1", "ConfigMap", "foo", long))},
		{Resource: "deployments.apps", Version: "v1", Namespace: "foo", Name: "web", Content: []byte(object("apps/v1", "Deployment", "foo", "web"))},
		{Resource: "namespaces", Version: "v1", Name: "foo", Content: []byte(object("v1", "Namespace", "", "foo"))},
		{Resource: "roles.rbac.authorization.k8s.io", Version: "v1", Namespace: "foo", Name: "system:réader", Content: []byte(object("rbac.authorization.k8s.io/v1", "Role", "foo", "system:réader"))},
		{Resource: "services", Version: "v1", Namespace: "foo", Name: "extname-1", Content: []byte(service("foo", "extname-1"))},
		{Resource: "widgets.example.com", Version: "v1beta1", Namespace: "foo", Name: "w", Content: []byte(object("example.com/v1beta1", "Widget", "foo", "w"))},
	}
}

// zeros is a source of zero bytes that never ends.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func zipTo(w io.Writer, source io.Reader) error {
	zipping := gzip.NewWriter(w)
	if _, err := io.Copy(zipping, source); err != nil {
		return err
	}
	return zipping.Close()
}

// swollen is a Service with so many small values, which take far more memory than their text.
func swollen(namespace, name string, values int) string {
	return strings.TrimSuffix(service(namespace, name), "}") + `,"spec":{"ports":[` + strings.Repeat(`{"a":1},`, values) + `{}]}}`
}
