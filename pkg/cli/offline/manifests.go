package offline

import (
	"bytes"
	"cmp"
	stdjson "encoding/json"
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/json"

	"seedbed.dev/seedbed/pkg/archive"
)

// sourceObject is an object of a backup that is made of manifests.
type sourceObject struct {
	document
	header
	version  schema.GroupVersion
	resource resourceInfo
}

// archiveManifests returns the archive that a backup of the objects would be.
func archiveManifests(path string, documents []document, table resourceTable) ([]byte, error) {
	objects := make([]sourceObject, 0, len(documents))
	for _, d := range documents {
		read, err := readObject(d, table)
		if err != nil {
			return nil, err
		}
		objects = append(objects, read)
	}
	if len(objects) == 0 {
		return nil, fmt.Errorf("%s has no object", path)
	}
	if err := setNamespaces(objects); err != nil {
		return nil, err
	}
	slices.SortStableFunc(objects, func(a, b sourceObject) int {
		return cmp.Or(cmp.Compare(a.resource.String(), b.resource.String()), cmp.Compare(a.Metadata.Namespace, b.Metadata.Namespace), cmp.Compare(a.Metadata.Name, b.Metadata.Name))
	})
	return writeArchive(objects)
}

// readObject returns an object with its resource.
func readObject(d document, table resourceTable) (m sourceObject, err error) {
	m.document = d
	if m.header, err = d.readHeader(); err != nil {
		return m, err
	}
	if m.version, err = schema.ParseGroupVersion(m.APIVersion); err != nil {
		return m, d.errorf("%w", err)
	}
	if m.Metadata.Name == "" {
		return m, d.errorf("the %s has no metadata.name", m.Kind)
	}
	var found bool
	if m.resource, found = table[schema.GroupKind{Group: m.version.Group, Kind: m.Kind}]; !found {
		return m, d.errorf("the resource of kind %s of %s is not known: pass --resources FILE with the output of `kubectl api-resources -o yaml`, or with its CustomResourceDefinition", m.Kind, m.APIVersion)
	}
	if !m.resource.namespaced {
		m.Metadata.Namespace = ""
	}
	return m, nil
}

// setNamespaces sets the namespace of the objects that name none: that of the Namespace in the backup, or the one that all others name.
func setNamespaces(objects []sourceObject) error {
	sources, named := map[string]bool{}, map[string]bool{}
	for i := range objects {
		m := &objects[i]
		if m.isNamespace() {
			sources[m.Metadata.Name] = true
		}
		if m.Metadata.Namespace != "" {
			named[m.Metadata.Namespace] = true
		}
	}
	if len(sources) != 1 {
		sources = named
	}
	for i := range objects {
		m := &objects[i]
		if !m.resource.namespaced || m.Metadata.Namespace != "" {
			continue
		}
		if len(sources) != 1 {
			return m.errorf("%s %s is of no known namespace: set its metadata.namespace, or add the source Namespace to the backup", m.Kind, m.Metadata.Name)
		}
		m.Metadata.Namespace = slices.Collect(maps.Keys(sources))[0]
	}
	return nil
}

func (m *sourceObject) isNamespace() bool { return m.version.Group == "" && m.Kind == "Namespace" }

// writeArchive returns the archive of the objects.
func writeArchive(objects []sourceObject) ([]byte, error) {
	var out bytes.Buffer
	writer, err := archive.NewWriter(&out)
	if err != nil {
		return nil, err
	}
	first := map[string]document{}
	for i := range objects {
		m := &objects[i]
		key := m.resource.String() + "/" + m.Metadata.Namespace + "/" + m.Metadata.Name
		if other, found := first[key]; found {
			return nil, m.errorf("%s %s is there twice: the other one is in %s, document %d", m.Kind, m.Metadata.Name, other.file, other.number)
		}
		first[key] = m.document
		content, err := m.withNamespace()
		if err != nil {
			return nil, m.errorf("%w", err)
		}
		err = writer.Add(archive.Item{
			Resource: m.resource.String(), Version: m.version.Version, Namespace: m.Metadata.Namespace, Name: m.Metadata.Name, Content: content,
		})
		if err != nil {
			return nil, m.errorf("%w", err)
		}
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// withNamespace returns the object with its namespace, as a cluster has it.
func (m *sourceObject) withNamespace() ([]byte, error) {
	object := &unstructured.Unstructured{}
	if err := json.Unmarshal(m.raw, &object.Object); err != nil {
		return nil, err
	}
	object.SetNamespace(m.Metadata.Namespace)
	return stdjson.Marshal(object.Object)
}
