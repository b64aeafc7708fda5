package archive

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func TestRoundTrip(t *testing.T) {
	items, version, err := readArchive(writeArchive(t, sampleItems()...), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if version != FormatVersion {
		t.Errorf("version is %q, want %q", version, FormatVersion)
	}
	if diff := cmp.Diff(sampleItems(), items); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
}

func TestReadAcceptsValidArchives(t *testing.T) {
	web := serviceJSON("foo", "web")
	const plain, preferred = "resources/services/namespaces/foo/web.json", "resources/services/v1-preferredversion/namespaces/foo/web.json"
	tests := map[string]struct {
		version string
		files   []tarEntry
		items   int
	}{
		"1.0.0 without versioned directories": {version: "1.0.0", files: []tarEntry{{name: plain, content: web}}, items: 1},
		"the version of the first archives":   {version: "1", files: []tarEntry{{name: plain, content: web}}, items: 1},
		"a later 1.x":                         {version: "1.2.0", files: []tarEntry{{name: plain, content: web}}, items: 1},
		"no version":                          {files: []tarEntry{{name: plain, content: web}}, items: 1},
		"nothing but a version":               {version: "1.1.0"},
		"preferred copy alone":                {version: "1.1.0", files: []tarEntry{{name: preferred, content: web}}, items: 1},
		"preferred copy first":                {version: "1.1.0", files: []tarEntry{{name: preferred, content: web}, {name: plain, content: web}}, items: 1},
		"a copy in another version":           {version: "1.1.0", files: []tarEntry{{name: plain, content: web}, {name: "resources/services/v2/namespaces/foo/web.json", content: "whatever"}}, items: 1},
		"directories and names with a dot":    {version: "1.1.0", files: []tarEntry{{name: "./", typeflag: tar.TypeDir}, {name: "./resources/", typeflag: tar.TypeDir}, {name: "./" + plain, content: web}}, items: 1},
		"an empty resources directory":        {files: []tarEntry{{name: "resources/", typeflag: tar.TypeDir}}},
		"unknown files":                       {version: "1.1.0", files: []tarEntry{{name: "README", content: "hi"}, {name: "metadata/more.json", content: "{"}, {name: "resources/services/notes", content: "hi"}, {name: plain, content: web}}, items: 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			items, version, err := readArchive(gzipArchive(t, test.version, test.files...), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if version != test.version {
				t.Errorf("version is %q, want %q", version, test.version)
			}
			if len(items) != test.items {
				t.Fatalf("visited %d objects, want %d", len(items), test.items)
			}
			for _, item := range items {
				want := Item{Resource: "services", Version: "v1", Namespace: "foo", Name: "web", Content: []byte(web)}
				if diff := cmp.Diff(want, item); diff != "" {
					t.Errorf("item (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestReadAcceptsTarPadding(t *testing.T) {
	content := tarOf(t, tarEntry{name: "resources/services/namespaces/foo/web.json", content: serviceJSON("foo", "web")})
	items, _, err := readArchive(gzipBytes(t, append(content, make([]byte, 10_240)...)), Limits{})
	if err != nil || len(items) != 1 {
		t.Errorf("got %d objects and %v, want 1", len(items), err)
	}
}

func TestReadRejectsInvalidEntries(t *testing.T) {
	web := serviceJSON("foo", "web")
	const plain, preferred = "resources/services/namespaces/foo/web.json", "resources/services/v1-preferredversion/namespaces/foo/web.json"
	tests := map[string]struct {
		files []tarEntry
		err   string
	}{
		"absolute path":                {files: []tarEntry{{name: "/" + plain, content: web}}, err: "absolute"},
		"escaping path":                {files: []tarEntry{{name: "resources/../../etc/passwd", content: web}}, err: "no plain relative path"},
		"escaping directory":           {files: []tarEntry{{name: "../resources/", typeflag: tar.TypeDir}}, err: "no plain relative path"},
		"symbolic link":                {files: []tarEntry{{name: plain, typeflag: tar.TypeSymlink, link: "/etc/passwd"}}, err: "neither a file nor a directory"},
		"hard link":                    {files: []tarEntry{{name: plain, typeflag: tar.TypeLink, link: "metadata/version"}}, err: "neither a file nor a directory"},
		"device":                       {files: []tarEntry{{name: "resources/dev", typeflag: tar.TypeChar}}, err: "neither a file nor a directory"},
		"named pipe":                   {files: []tarEntry{{name: "resources/pipe", typeflag: tar.TypeFifo}}, err: "neither a file nor a directory"},
		"the same path twice":          {files: []tarEntry{{name: plain, content: web}, {name: plain, content: web}}, err: "twice"},
		"the same path with a dot":     {files: []tarEntry{{name: plain, content: web}, {name: "./" + plain, content: web}}, err: "twice"},
		"the version twice":            {files: []tarEntry{{name: versionPath, content: "1.1.0"}, {name: versionPath, content: "1.1.0"}}, err: "twice"},
		"copies that differ":           {files: []tarEntry{{name: plain, content: web}, {name: preferred, content: web + " "}}, err: "differs from the other copy"},
		"bad JSON":                     {files: []tarEntry{{name: plain, content: "{"}}, err: "not valid JSON"},
		"another object than the path": {files: []tarEntry{{name: plain, content: serviceJSON("kube-system", "web")}}, err: "metadata.namespace"},
		"namespaced object as cluster": {files: []tarEntry{{name: "resources/services/cluster/web.json", content: web}}, err: "metadata.namespace"},
		"an object nowhere":            {files: []tarEntry{{name: "resources/services/web.json", content: web}}, err: "no object can be at this path"},
		"a format of the future":       {files: []tarEntry{{name: versionPath, content: "2.0.0"}}, err: "only 1.x can be read"},
		"a version that is none":       {files: []tarEntry{{name: versionPath, content: strings.Repeat("1", 100_000)}}, err: "only 1.x can be read"},
		"a name that is in a record":   {files: []tarEntry{{name: "../" + strings.Repeat("a", 150), content: web}}, err: "no plain relative path"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := readArchive(gzipArchive(t, "", test.files...), Limits{})
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Fatalf("got error %v, want one with %q", err, test.err)
			}
			if errors.Is(err, ErrLimit) {
				t.Errorf("%v is no matter of limits", err)
			}
			last := test.files[len(test.files)-1]
			if !strings.Contains(err.Error(), last.name) {
				t.Errorf("%v does not name the entry", err)
			}
		})
	}
}

// TestReadRejectsDamagedArchives damages the bytes of a valid archive.
func TestReadRejectsDamagedArchives(t *testing.T) {
	right := writeArchive(t, sampleItems()...)
	raw := tarOf(t, tarEntry{name: "resources/services/namespaces/foo/web.json", content: serviceJSON("foo", "web")})
	flipped := bytes.Clone(right)
	flipped[len(flipped)-6] ^= 1
	tests := map[string]struct {
		content []byte
		err     string
	}{
		"empty":                         {content: nil, err: "not a gzip file"},
		"no gzip":                       {content: raw, err: "not a gzip file"},
		"no tar":                        {content: gzipBytes(t, []byte(strings.Repeat("x", 2000))), err: "entry 1"},
		"gzip of nothing":               {content: gzipBytes(t, nil), err: "neither metadata/version nor resources"},
		"some other tar":                {content: gzipBytes(t, tarOf(t, tarEntry{name: "README", content: "hi"})), err: "neither metadata/version nor resources"},
		"gzip cut in the middle":        {content: right[:len(right)/2], err: "is truncated"},
		"gzip cut at the end":           {content: right[:len(right)-1], err: "is truncated"},
		"checksum flipped":              {content: flipped, err: "invalid checksum"},
		"tar cut in a file":             {content: gzipBytes(t, raw[:520]), err: "unexpected EOF"},
		"tar cut between files":         {content: gzipBytes(t, raw[:len(raw)-1024]), err: "end marker is missing"},
		"tar cut in its end":            {content: gzipBytes(t, raw[:len(raw)-512]), err: "end marker is missing"},
		"garbage behind the tar":        {content: gzipBytes(t, append(bytes.Clone(raw), "x"...)), err: "end marker"},
		"garbage behind the gzip":       {content: append(bytes.Clone(right), 'x'), err: "goes on behind"},
		"a second gzip behind":          {content: append(bytes.Clone(right), right...), err: "goes on behind"},
		"a second archive in the tar":   {content: gzipBytes(t, append(bytes.Clone(raw), raw...)), err: "goes on behind its end marker"},
		"a sparse file of many zeros":   {content: gzipBytes(t, sparseTar(t)), err: "sparse"},
		"a header that is not readable": {content: gzipBytes(t, append(bytes.Repeat([]byte{0xff}, 512), raw...)), err: "entry 1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := readArchive(test.content, Limits{})
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Fatalf("got error %v, want one with %q", err, test.err)
			}
		})
	}
}

// sparseTar returns a tar whose one file claims a gigabyte and contains none of it. The standard library does not
// write such files, so the keys are written under names of the same length and replaced in the bytes.
func sparseTar(t *testing.T) []byte {
	t.Helper()
	content := tarOf(t, tarEntry{name: "resources/services/namespaces/foo/web.json", records: map[string]string{
		"GNU_sparse.major": "0", "GNU_sparse.minor": "1", "GNU_sparse.size": "1073741824", "GNU_sparse.numblocks": "0", "GNU_sparse.map": "",
	}})
	return bytes.ReplaceAll(content, []byte("GNU_sparse"), []byte("GNU.sparse"))
}

func TestReadEnforcesLimits(t *testing.T) {
	many := make([]tarEntry, 0, 40)
	for _, letter := range "abcdefghijklmnopqrst" {
		many = append(many, tarEntry{name: "d" + string(letter) + "/", typeflag: tar.TypeDir}, tarEntry{name: "extra-" + string(letter)})
	}
	records := make([]tarEntry, 0, 20)
	for _, letter := range "abcdefghijklmnopqrst" {
		records = append(records, tarEntry{name: string(letter), records: map[string]string{"SEEDBED.x": strings.Repeat("x", 100_000)}})
	}
	zeros := string(make([]byte, 1<<20))
	tests := map[string]struct {
		files  []tarEntry
		limits Limits
		err    string
	}{
		"too many entries, none an object":   {files: many, limits: Limits{Entries: 30}, err: "more than 30 entries"},
		"a large object":                     {files: []tarEntry{{name: "resources/services/namespaces/foo/web.json", content: zeros}}, limits: Limits{EntryBytes: 1 << 19}, err: "resources/services/namespaces/foo/web.json"},
		"a large file that is no object":     {files: []tarEntry{{name: "README", content: zeros}}, limits: Limits{EntryBytes: 1 << 19}, err: "README"},
		"large files together":               {files: []tarEntry{{name: "a", content: zeros}, {name: "b", content: zeros}}, limits: Limits{TotalBytes: 3 << 19}, err: "decompresses to more than"},
		"headers that weigh more than files": {files: records, limits: Limits{TotalBytes: 1 << 20}, err: "decompresses to more than"},
		"an object that decodes to much":     {files: []tarEntry{{name: "resources/services/namespaces/foo/web.json", content: serviceOfSize("foo", "web", 1000)}}, limits: Limits{DecodedBytes: 300_000}, err: "this object would take about"},
		"tiny headers":                       {files: many, limits: Limits{TotalBytes: 10_000}, err: "decompresses to more than"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := readArchive(gzipArchive(t, "1.1.0", test.files...), test.limits)
			if !errors.Is(err, ErrLimit) || !strings.Contains(err.Error(), test.err) {
				t.Fatalf("got error %v, want ErrLimit with %q", err, test.err)
			}
		})
	}
}

func TestReadAcceptsArchiveAtItsLimits(t *testing.T) {
	raw := tarOf(t, tarEntry{name: "resources/services/namespaces/foo/web.json", content: serviceJSON("foo", "web")})
	content, size := gzipBytes(t, raw), int64(len(raw))
	if _, _, err := readArchive(content, Limits{Entries: 1, EntryBytes: int64(len(serviceJSON("foo", "web"))), TotalBytes: size}); err != nil {
		t.Errorf("an archive of %d bytes does not fit into as many: %v", size, err)
	}
	if _, _, err := readArchive(content, Limits{TotalBytes: size - 1}); !errors.Is(err, ErrLimit) {
		t.Errorf("an archive of %d bytes and a limit of one less: %v, want ErrLimit", size, err)
	}
}

// TestReadStopsAtLimitOfEndlessArchive reads zeros without end: Read must stop by itself.
func TestReadStopsAtLimitOfEndlessArchive(t *testing.T) {
	padding := tarOf(t, tarEntry{name: "resources/", typeflag: tar.TypeDir})
	bomb := io.MultiReader(bytes.NewReader(padding), zeroReader{})
	reader, writer := io.Pipe()
	go func() { writer.CloseWithError(gzipTo(writer, bomb)) }()
	_, err := Read(reader, Limits{TotalBytes: 8 << 20}, func(Item) error { return nil })
	if closing := reader.Close(); closing != nil {
		t.Error(closing)
	}
	if !errors.Is(err, ErrLimit) {
		t.Errorf("got %v, want ErrLimit", err)
	}
}

func TestReadWrapsErrorsOfVisitAndSource(t *testing.T) {
	stop := errors.New("stop")
	_, err := Read(bytes.NewReader(writeArchive(t, sampleItems()...)), Limits{}, func(Item) error { return stop })
	if !errors.Is(err, stop) || !strings.Contains(err.Error(), "resources/configmaps") {
		t.Errorf("got %v, want visit's error and the entry", err)
	}
	right := writeArchive(t, sampleItems()...)
	_, err = Read(io.MultiReader(bytes.NewReader(right[:100]), iotest.ErrReader(errFull)), Limits{}, func(Item) error { return nil })
	if !errors.Is(err, errFull) {
		t.Errorf("got %v, want the source's error", err)
	}
	_, err = Read(io.MultiReader(bytes.NewReader(right), iotest.ErrReader(errFull)), Limits{}, func(Item) error { return nil })
	if !errors.Is(err, errFull) {
		t.Errorf("got %v, want the source's error behind the end", err)
	}
}
