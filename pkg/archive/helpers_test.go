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

// tarEntry is one entry of a test's archive. The zero typeflag is a plain file.
type tarEntry struct {
	name     string
	content  string
	typeflag byte
	link     string
	records  map[string]string
}

// objectJSON returns the JSON of a minimal object.
func objectJSON(apiVersion, kind, namespace, name string) string {
	if namespace == "" {
		return fmt.Sprintf(`{"apiVersion":%q,"kind":%q,"metadata":{"name":%q}}`, apiVersion, kind, name)
	}
	return fmt.Sprintf(`{"apiVersion":%q,"kind":%q,"metadata":{"name":%q,"namespace":%q}}`, apiVersion, kind, name, namespace)
}

func serviceJSON(namespace, name string) string { return objectJSON("v1", "Service", namespace, name) }

// tarOf returns a tar of the files exactly as given, valid or not.
func tarOf(tb testing.TB, files ...tarEntry) []byte {
	tb.Helper()
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
			tb.Fatalf("write the header of %.40q: %v", f.name, err)
		}
		if _, err := w.Write([]byte(f.content)); err != nil {
			tb.Fatalf("write %.40q: %v", f.name, err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return buffer.Bytes()
}

func gzipBytes(tb testing.TB, content []byte) []byte {
	tb.Helper()
	var buffer bytes.Buffer
	w := gzip.NewWriter(&buffer)
	if _, err := w.Write(content); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return buffer.Bytes()
}

// gzipArchive returns an archive of the files, with metadata/version unless version is empty.
func gzipArchive(tb testing.TB, version string, files ...tarEntry) []byte {
	tb.Helper()
	if version != "" {
		files = append([]tarEntry{{name: versionPath, content: version + "\n"}}, files...)
	}
	return gzipBytes(tb, tarOf(tb, files...))
}

// writeArchive returns an archive that the Writer wrote.
func writeArchive(tb testing.TB, items ...Item) []byte {
	tb.Helper()
	var buffer bytes.Buffer
	w, err := NewWriter(&buffer)
	if err != nil {
		tb.Fatal(err)
	}
	for _, item := range items {
		if err := w.Add(item); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return buffer.Bytes()
}

// readArchive returns all items of an archive.
func readArchive(content []byte, limits Limits) (items []Item, version string, err error) {
	version, err = Read(bytes.NewReader(content), limits, func(item Item) error {
		items = append(items, item)
		return nil
	})
	return items, version, err
}

// sampleItems returns objects of the core and other groups, custom and cluster-scoped ones, with names that RBAC
// allows.
func sampleItems() []Item {
	long := "a-name-that-is-too-long-for-the-name-field-of-a-tar-header-and-goes-into-a-record-of-its-own-as-they-do"
	return []Item{
		{Resource: "configmaps", Version: "v1", Namespace: "foo", Name: long, Content: []byte(objectJSON("v1", "ConfigMap", "foo", long))},
		{Resource: "deployments.apps", Version: "v1", Namespace: "foo", Name: "web", Content: []byte(objectJSON("apps/v1", "Deployment", "foo", "web"))},
		{Resource: "namespaces", Version: "v1", Name: "foo", Content: []byte(objectJSON("v1", "Namespace", "", "foo"))},
		{Resource: "roles.rbac.authorization.k8s.io", Version: "v1", Namespace: "foo", Name: "system:réader", Content: []byte(objectJSON("rbac.authorization.k8s.io/v1", "Role", "foo", "system:réader"))},
		{Resource: "services", Version: "v1", Namespace: "foo", Name: "extname-1", Content: []byte(serviceJSON("foo", "extname-1"))},
		{Resource: "widgets.example.com", Version: "v1beta1", Namespace: "foo", Name: "w", Content: []byte(objectJSON("example.com/v1beta1", "Widget", "foo", "w"))},
	}
}

// zeroReader reads zero bytes without end.
type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func gzipTo(w io.Writer, source io.Reader) error {
	zipping := gzip.NewWriter(w)
	if _, err := io.Copy(zipping, source); err != nil {
		return err
	}
	return zipping.Close()
}

// serviceOfSize returns a Service with that many small values, which take far more memory than their text.
func serviceOfSize(namespace, name string, values int) string {
	return strings.TrimSuffix(serviceJSON(namespace, name), "}") + `,"spec":{"ports":[` + strings.Repeat(`{"a":1},`, values) + `{}]}}`
}
