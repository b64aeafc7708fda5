package offline

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	utiljson "k8s.io/apimachinery/pkg/util/json"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// document is one object of a YAML or JSON file.
type document struct {
	// file is the path as the user reaches it, and number counts the documents of the file from 1.
	file   string
	number int
	// item counts the objects of a list from 1; 0 if the document is an object itself.
	item int
	raw  []byte
}

// errorf returns an error that names the file and the document.
func (d document) errorf(format string, args ...any) error {
	place := fmt.Sprintf("%s, document %d", d.file, d.number)
	if d.item > 0 {
		place += fmt.Sprintf(", item %d", d.item)
	}
	return fmt.Errorf("%s: %w", place, fmt.Errorf(format, args...))
}

// header has the fields that identify an object.
type header struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	} `json:"metadata"`
}

// readHeader returns the fields that identify the object. A document that has no kind is an error.
func (d document) readHeader() (header, error) {
	var h header
	if err := json.Unmarshal(d.raw, &h); err != nil {
		return h, d.errorf("it is no object of Kubernetes: %w", err)
	}
	if h.APIVersion == "" || h.Kind == "" {
		return h, d.errorf("it has no apiVersion or no kind")
	}
	return h, nil
}

// decodeStrict decodes the object. A field that its type does not have is an error that has the field's path.
func (d document) decodeStrict(into any) error {
	problems, err := kjson.UnmarshalStrict(d.raw, into)
	if err != nil {
		return d.errorf("%w", err)
	}
	if len(problems) > 0 {
		return d.errorf("%w", errors.Join(problems...))
	}
	return nil
}

// isManifest reports whether a file has YAML or JSON, by its name.
func isManifest(name string) bool {
	return slices.Contains(manifestSuffixes, filepath.Ext(name)) && !strings.HasPrefix(filepath.Base(name), ".")
}

// readDocuments returns the objects of a file. The items of a list count as objects, because kubectl prints several as one list.
func readDocuments(file string) ([]document, error) {
	content, err := os.ReadFile(file) //nolint:gosec // a file that the user names
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, unwrapPath(err))
	}
	var documents []document
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
	for number := 1; ; number++ {
		text, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		d := document{file: file, number: number}
		if err != nil {
			return nil, d.errorf("%w", err)
		}
		if d.raw, err = yaml.YAMLToJSONStrict(text); err != nil {
			return nil, d.errorf("it is no YAML: %w", err)
		}
		if string(d.raw) == "null" { // comments alone
			continue
		}
		items, err := d.listItems()
		if err != nil {
			return nil, err
		}
		documents = append(documents, items...)
	}
}

// listItems returns the items of a list, or the document itself.
func (d document) listItems() ([]document, error) {
	h, err := d.readHeader()
	if err != nil {
		return nil, err
	}
	if !strings.HasSuffix(h.Kind, "List") {
		return []document{d}, nil
	}
	var list struct {
		Items []any `json:"items"`
	}
	if err := utiljson.Unmarshal(d.raw, &list); err != nil {
		return nil, d.errorf("its items are no list: %w", err)
	}
	if list.Items == nil { // a kind of that name, such as APIResourceList
		return []document{d}, nil
	}
	var items []document
	for i, item := range list.Items {
		raw, err := json.Marshal(item)
		if err != nil {
			return nil, d.errorf("item %d: %w", i+1, err)
		}
		items = append(items, document{file: d.file, number: d.number, item: i + 1, raw: raw})
	}
	return items, nil
}

// readDirectory returns the objects of all YAML and JSON files below a directory, in the order of their paths.
func readDirectory(dir string) ([]document, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", dir, unwrapPath(err))
	}
	var documents []document
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		var found []document
		switch {
		case isDirectory(path) && !strings.HasPrefix(entry.Name(), "."):
			found, err = readDirectory(path)
		case isManifest(entry.Name()):
			found, err = readDocuments(path)
		}
		if err != nil {
			return nil, err
		}
		documents = append(documents, found...)
	}
	return documents, nil
}

// isDirectory reports whether a path is a directory, or a link to one.
func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// isFile reports whether a path exists and is no directory.
func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// unwrapPath returns the cause of an error of the file system, without the path, which messages have already.
func unwrapPath(err error) error {
	if at, isPath := errors.AsType[*os.PathError](err); isPath {
		return at.Err
	}
	return err
}
