package archive

import (
	"archive/tar"
	"bytes"
	"strings"
	"testing"
)

// FuzzRead feeds Read arbitrary bytes, as the whole file or, since hardly any change survives gzip's checksum, as the
// tar inside it. Read must not panic and must keep its limits.
func FuzzRead(f *testing.F) {
	limits := Limits{Entries: 20, EntryBytes: 4096, TotalBytes: 1 << 16}
	f.Add(writeArchive(f, sampleItems()...), true)
	f.Add(gzipArchive(f, "1.0.0"), true)
	f.Add(tarOf(f, tarEntry{name: "./resources/services/namespaces/foo/web.json", content: serviceJSON("foo", "web")}), false)
	f.Add(tarOf(f, tarEntry{name: "resources/services/v1-preferredversion/namespaces/foo/web.json", content: serviceJSON("foo", "web")}), false)
	f.Add(tarOf(f, tarEntry{name: strings.Repeat("a", 300)}, tarEntry{name: "b", typeflag: tar.TypeSymlink, link: "a"}), false)
	f.Fuzz(func(t *testing.T, content []byte, whole bool) {
		if !whole {
			content = gzipBytes(t, content)
		}
		objects, total := 0, int64(0)
		seen := map[string]bool{}
		_, err := Read(bytes.NewReader(content), limits, func(item Item) error {
			objects++
			total += int64(len(item.Content))
			if size := int64(len(item.Content)); size > limits.EntryBytes {
				t.Errorf("an object of %d bytes", size)
			}
			key := item.Resource + "\n" + item.Namespace + "\n" + item.Name
			if seen[key] {
				t.Errorf("%q was visited twice", key)
			}
			seen[key] = true
			if item.Version == "" || item.Name == "" || strings.ContainsRune(item.Name+item.Namespace, '/') {
				t.Errorf("an object without a usable name: %+v", item)
			}
			return nil
		})
		if objects > limits.Entries || total > limits.TotalBytes {
			t.Errorf("%d objects of %d bytes (error %v)", objects, total, err)
		}
	})
}
