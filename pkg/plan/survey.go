package plan

import (
	"bytes"
	stdjson "encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/json"

	"seedbed.dev/seedbed/pkg/archive"
	"seedbed.dev/seedbed/pkg/transform"
)

// survey has the facts about a whole archive that compiling its first object needs.
type survey struct {
	// source is the namespace to restore: the named one, or the only one.
	source    string
	inventory *transform.Inventory
	// labels and annotations are those of the source namespace.
	labels, annotations map[string]string
	clusterScoped       []string
	// selects reports whether an object is to be restored.
	selects func(transform.Object) bool
	// unmatched are the names in the selection that match no resource of the backup.
	unmatched []string
}

// surveyArchive reads the outline of each object. Objects that are not selected count as absent from the backup.
func surveyArchive(content []byte, source string, selection Selection) (*survey, error) {
	selected, err := selection.newSelector()
	if err != nil {
		return nil, err
	}
	s := &surveyor{source: source, selected: selected, held: map[string]bool{}, sources: map[string]*unstructured.Unstructured{}}
	if err := readArchive(content, s.addItem); err != nil {
		return nil, err
	}
	if err := s.checkSource(source); err != nil {
		return nil, err
	}
	unmatched, err := selected.unmatchedNames()
	if err != nil {
		return nil, err
	}
	if s.builder.NeedsHosts() {
		addHosts := func(object transform.Object) error { s.builder.AddHosts(object); return nil }
		if err := visitObjects(content, s.source, selected.selects, addHosts); err != nil {
			return nil, err
		}
	}
	found := &survey{source: s.source, inventory: s.builder.Inventory(), clusterScoped: s.clusterScoped, selects: selected.selects, unmatched: unmatched}
	if namespace := s.sources[s.source]; namespace != nil {
		found.labels, found.annotations = namespace.GetLabels(), namespace.GetAnnotations()
	}
	return found, nil
}

type surveyor struct {
	// source is the named namespace, or else the first one. The archive is refused if none is named and it has several.
	source        string
	selected      *selector
	builder       *transform.InventoryBuilder
	held          map[string]bool
	sources       map[string]*unstructured.Unstructured
	clusterScoped []string
}

func (s *surveyor) addItem(item archive.Item) error {
	switch {
	case item.Namespace != "":
		s.held[item.Namespace] = true
		if s.source == "" {
			s.source = item.Namespace
		}
		if s.builder == nil {
			s.builder = transform.NewInventoryBuilder(s.source)
		}
		if item.Namespace != s.source {
			return nil
		}
		object, err := decodeOutline(item)
		if err != nil {
			return err
		}
		if s.selected.selects(object) {
			s.builder.Add(object)
		}
	case item.Resource == "namespaces":
		object, err := decodeItem(item)
		if err != nil {
			return err
		}
		s.sources[item.Name] = object.Content
	default:
		s.clusterScoped = append(s.clusterScoped, item.Resource+"/"+item.Name)
	}
	return nil
}

// checkSource returns an error unless the namespace to restore is known.
func (s *surveyor) checkSource(name string) error {
	held := slices.Sorted(maps.Keys(s.held))
	switch {
	case name != "" && !s.held[name]:
		return fmt.Errorf("%w: the backup holds nothing of %q: it holds %s", ErrSourceNamespace, name, strings.Join(held, ", "))
	case name == "" && len(held) != 1:
		return fmt.Errorf("%w: the backup holds %d namespaces (%s): say which one to restore", ErrSourceNamespace, len(held), strings.Join(held, ", "))
	}
	return nil
}

// readArchive passes each object of an archive to visit.
func readArchive(content []byte, visit func(archive.Item) error) error {
	if _, err := archive.Read(bytes.NewReader(content), archive.DefaultLimits, visit); err != nil {
		return fmt.Errorf("%w: %w", ErrContent, err)
	}
	return nil
}

// visitObjects passes each selected object of a namespace, decoded, to visit.
func visitObjects(content []byte, namespace string, selects func(transform.Object) bool, visit func(transform.Object) error) error {
	return readArchive(content, func(item archive.Item) error {
		if item.Namespace != namespace {
			return nil
		}
		object, err := decodeItem(item)
		if err != nil {
			return err
		}
		if !selects(object) {
			return nil
		}
		return visit(object)
	})
}

func decodeItem(item archive.Item) (transform.Object, error) {
	object := &unstructured.Unstructured{}
	// This decodes numbers as the API server does. encoding/json would round integers beyond 2^53.
	if err := json.Unmarshal(item.Content, &object.Object); err != nil {
		return transform.Object{}, fmt.Errorf("%s/%s: %w", item.Resource, item.Name, err)
	}
	return transform.Object{Resource: schema.ParseGroupResource(item.Resource), Content: object}, nil
}

// decodeOutline decodes the fields of an object that an inventory reads.
func decodeOutline(item archive.Item) (transform.Object, error) {
	var fields map[string]stdjson.RawMessage
	if err := stdjson.Unmarshal(item.Content, &fields); err != nil {
		return transform.Object{}, fmt.Errorf("%s/%s: %w", item.Resource, item.Name, err)
	}
	object := &unstructured.Unstructured{Object: map[string]any{}}
	for _, name := range slices.Concat([]string{"apiVersion", "kind"}, slices.Sorted(maps.Keys(fields))) {
		raw, found := fields[name]
		if !found || !transform.ReadsField(object.GroupVersionKind().GroupKind(), name) {
			continue
		}
		var value any
		if err := json.Unmarshal(raw, &value); err != nil {
			return transform.Object{}, fmt.Errorf("%s/%s: %w", item.Resource, item.Name, err)
		}
		object.Object[name] = value
	}
	return transform.Object{Resource: schema.ParseGroupResource(item.Resource), Content: object}, nil
}
