package archive

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWriterPathsAndHeaders(t *testing.T) {
	want := []string{
		"metadata/version",
		"resources/configmaps/namespaces/foo/a-name-that-is-too-long-for-the-name-field-of-a-tar-header-and-goes-into-a-record-of-its-own-as-they-do.json",
		"resources/configmaps/v1-preferredversion/namespaces/foo/a-name-that-is-too-long-for-the-name-field-of-a-tar-header-and-goes-into-a-record-of-its-own-as-they-do.json",
		"resources/deployments.apps/namespaces/foo/web.json",
		"resources/deployments.apps/v1-preferredversion/namespaces/foo/web.json",
		"resources/namespaces/cluster/foo.json",
		"resources/namespaces/v1-preferredversion/cluster/foo.json",
		"resources/roles.rbac.authorization.k8s.io/namespaces/foo/system:réader.json",
		"resources/roles.rbac.authorization.k8s.io/v1-preferredversion/namespaces/foo/system:réader.json",
		"resources/services/namespaces/foo/extname-1.json",
		"resources/services/v1-preferredversion/namespaces/foo/extname-1.json",
		"resources/widgets.example.com/namespaces/foo/w.json",
		"resources/widgets.example.com/v1beta1-preferredversion/namespaces/foo/w.json",
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(writeArchive(t, sampleItems()...)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for entries := tar.NewReader(unzipped); ; {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, header.Name)
		if header.Mode != 0o755 || header.ModTime.Unix() != 0 || header.Typeflag != tar.TypeReg || header.Uid != 0 {
			t.Errorf("%s has mode %o, time %s, type %q, owner %d", header.Name, header.Mode, header.ModTime, header.Typeflag, header.Uid)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
}

func TestWriterIsDeterministic(t *testing.T) {
	if !bytes.Equal(writeArchive(t, sampleItems()...), writeArchive(t, sampleItems()...)) {
		t.Error("the same objects gave different archives")
	}
}

func TestWriterRejectsInvalidItems(t *testing.T) {
	web := Item{Resource: "services", Version: "v1", Namespace: "foo", Name: "web", Content: []byte(serviceJSON("foo", "web"))}
	change := func(do func(*Item)) Item {
		item := web
		do(&item)
		return item
	}
	tests := map[string]struct {
		item Item
		err  string
	}{
		"the same again":    {item: web, err: "twice"},
		"another name":      {item: change(func(i *Item) { i.Name = "api" }), err: "metadata.name"},
		"escaping name":     {item: change(func(i *Item) { i.Name = "../web" }), err: "no object name"},
		"bad resource":      {item: change(func(i *Item) { i.Resource = "pods/exec" }), err: "no resource name"},
		"another version":   {item: change(func(i *Item) { i.Version, i.Name = "v2", "api"; i.Content = []byte(serviceJSON("foo", "api")) }), err: "names the version"},
		"no JSON":           {item: change(func(i *Item) { i.Name, i.Content = "api", []byte("{") }), err: "not valid JSON"},
		"too large decoded": {item: change(func(i *Item) { i.Name, i.Content = "api", []byte(serviceOfSize("foo", "api", 300_000)) }), err: "of memory, at most 67108864 are possible"},
		"no namespace dir":  {item: change(func(i *Item) { i.Namespace = "" }), err: "metadata.namespace"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var buffer bytes.Buffer
			w, err := NewWriter(&buffer)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Add(web); err != nil {
				t.Fatal(err)
			}
			err = w.Add(test.item)
			if !errors.Is(err, ErrInvalidItem) || !strings.Contains(err.Error(), test.err) || !strings.Contains(err.Error(), test.item.Name) {
				t.Fatalf("got error %v, want ErrUnfit with %q that names the object", err, test.err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			items, _, err := readArchive(buffer.Bytes(), Limits{})
			if err != nil || len(items) != 1 {
				t.Errorf("the archive has %d objects (%v) after the refusal, want 1", len(items), err)
			}
		})
	}
}

func TestWriterEnforcesLimits(t *testing.T) {
	web := Item{Resource: "services", Namespace: "foo", Name: "web", Content: []byte(serviceJSON("foo", "web"))}
	tests := map[string]Limits{
		"entries":     {Entries: 2},
		"entry bytes": {EntryBytes: 20},
		"total bytes": {TotalBytes: 1000},
	}
	for name, limits := range tests {
		t.Run(name, func(t *testing.T) {
			w, err := NewWriter(io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			w.limits = limits.withDefaults()
			if err := w.Add(web); !errors.Is(err, ErrLimit) || errors.Is(err, ErrInvalidItem) {
				t.Errorf("got %v, want ErrLimit", err)
			}
		})
	}
}

// fullDisk fails after that many bytes.
type fullDisk struct{ room int }

var errFull = errors.New("no space left")

func (f *fullDisk) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWriterReturnsWriteErrors(t *testing.T) {
	w, err := NewWriter(&fullDisk{room: 20})
	if err == nil {
		err = w.Close()
	}
	if !errors.Is(err, errFull) {
		t.Errorf("got %v, want the writer's error", err)
	}
}
