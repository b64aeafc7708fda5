package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path"
	"path/filepath"
)

// user is an unprivileged ID, as in the images that the Dockerfile builds.
const user = "65532:65532"

// manifest is an entry of the archive's manifest.json.
type manifest struct {
	Config   string   `json:"Config"`
	RepoTags []string `json:"RepoTags"`
	Layers   []string `json:"Layers"`
}

// imageConfig is the part of an image's configuration that a container runtime needs.
type imageConfig struct {
	Architecture string          `json:"architecture"`
	OS           string          `json:"os"`
	Config       containerConfig `json:"config"`
	RootFS       rootFS          `json:"rootfs"`
}

type containerConfig struct {
	User       string   `json:"User"`
	Entrypoint []string `json:"Entrypoint"`
	WorkingDir string   `json:"WorkingDir"`
}

type rootFS struct {
	Type    string   `json:"type"`
	DiffIDs []string `json:"diff_ids"`
}

// packImage writes an image of one layer.
func packImage(out io.Writer, image, arch string, binaries []string) error {
	layer, err := packLayer(binaries)
	if err != nil {
		return err
	}
	config, err := json.Marshal(imageConfig{
		Architecture: arch, OS: "linux",
		Config: containerConfig{User: user, Entrypoint: []string{"/" + filepath.Base(binaries[0])}, WorkingDir: "/"},
		RootFS: rootFS{Type: "layers", DiffIDs: []string{"sha256:" + digestOf(layer)}},
	})
	if err != nil {
		return err
	}
	configName, layerName := digestOf(config)+".json", path.Join(digestOf(layer), "layer.tar")
	list, err := json.Marshal([]manifest{{Config: configName, RepoTags: []string{image}, Layers: []string{layerName}}})
	if err != nil {
		return err
	}
	archive := tar.NewWriter(out)
	for _, entry := range []struct {
		name    string
		content []byte
	}{{configName, config}, {layerName, layer}, {"manifest.json", list}} {
		if err := addFile(archive, entry.name, 0o644, entry.content); err != nil {
			return err
		}
	}
	return archive.Close()
}

func packLayer(binaries []string) ([]byte, error) {
	var layer bytes.Buffer
	archive := tar.NewWriter(&layer)
	for _, binary := range binaries {
		content, err := os.ReadFile(binary)
		if err != nil {
			return nil, err
		}
		if err := addFile(archive, filepath.Base(binary), 0o755, content); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return layer.Bytes(), nil
}

// addFile omits times and owners: they would make every archive different.
func addFile(archive *tar.Writer, name string, mode int64, content []byte) error {
	header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: int64(len(content)), Format: tar.FormatUSTAR}
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	_, err := archive.Write(content)
	return err
}

func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
