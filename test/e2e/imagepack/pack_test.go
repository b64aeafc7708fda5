package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPack(t *testing.T) {
	dir := t.TempDir()
	binaries := []string{filepath.Join(dir, "controller"), filepath.Join(dir, "cli")}
	for _, binary := range binaries {
		if err := os.WriteFile(binary, []byte("the content of "+filepath.Base(binary)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	first := mustPack(t, binaries)
	if err := os.Chtimes(binaries[0], time.Unix(1, 0), time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, mustPack(t, binaries)) {
		t.Error("the same files give another archive")
	}

	files := unpackTar(t, first)
	var list []manifest
	decodeJSON(t, files["manifest.json"], &list)
	if len(list) != 1 || len(list[0].Layers) != 1 || !cmp.Equal(list[0].RepoTags, []string{"example.test/image:tag"}) {
		t.Fatalf("the manifest is %+v", list)
	}
	config, layer := files[list[0].Config], files[list[0].Layers[0]]
	if list[0].Config != digestOf(config)+".json" {
		t.Error("the configuration is not named by its digest")
	}
	var got imageConfig
	decodeJSON(t, config, &got)
	want := imageConfig{
		Architecture: "amd64", OS: "linux",
		Config: containerConfig{User: "65532:65532", Entrypoint: []string{"/controller"}, WorkingDir: "/"},
		RootFS: rootFS{Type: "layers", DiffIDs: []string{"sha256:" + digestOf(layer)}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	wantFiles := map[string][]byte{"controller": []byte("the content of controller"), "cli": []byte("the content of cli")}
	if diff := cmp.Diff(wantFiles, unpackTar(t, layer)); diff != "" {
		t.Error(diff)
	}
}

func TestPackMissingBinary(t *testing.T) {
	err := packImage(io.Discard, "example.test/image:tag", "amd64", []string{filepath.Join(t.TempDir(), "none")})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func mustPack(t *testing.T, binaries []string) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := packImage(&out, "example.test/image:tag", "amd64", binaries); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func unpackTar(t *testing.T, content []byte) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	archive := tar.NewReader(bytes.NewReader(content))
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[header.Name], err = io.ReadAll(archive); err != nil {
			t.Fatal(err)
		}
	}
}

func decodeJSON(t *testing.T, content []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(content, into); err != nil {
		t.Fatal(err)
	}
}
