package restore

import (
	"bytes"
	stdjson "encoding/json"
	"fmt"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/json"

	"seedbed.dev/seedbed/pkg/archive"
	"seedbed.dev/seedbed/pkg/transform"
)

// survey is what has to be known of a whole archive before its first object is compiled.
type survey struct {
	// source is the namespace to restore: the named one, or the only one.
	source    string
	inventory *transform.Inventory
	// labels and annotations are those of the source namespace.
	labels, annotations map[string]string
	clusterScoped       []string
	// selects reports whether an object is one to restore.
	selects func(transform.Object) bool
	// idle are the names of resources in the selection that none of the backup's has.
	idle []string
}

// surveyArchive reads of each object what the survey needs. What is not selected is as if the backup did not hold it.
func surveyArchive(content []byte, source string, selection Selection) (*survey, error) {
	selected, err := selection.compile()
	if err != nil {
		return nil, err
	}
	s := &surveyor{source: source, selected: selected, held: map[string]bool{}, sources: map[string]*unstructured.Unstructured{}}
	if err := readArchive(content, s.visit); err != nil {
		return nil, err
	}
	if err := s.choose(source); err != nil {
		return nil, err
	}
	idle, err := selected.idle()
	if err != nil {
		return nil, err
	}
	if s.builder.NeedsHosts() {
		addHosts := func(object transform.Object) error { s.builder.AddHosts(object); return nil }
		if err := eachObject(content, s.source, selected.takes, addHosts); err != nil {
			return nil, err
		}
	}
	found := &survey{source: s.source, inventory: s.builder.Inventory(), clusterScoped: s.clusterScoped, selects: selected.takes, idle: idle}
	if namespace := s.sources[s.source]; namespace != nil {
		found.labels, found.annotations = namespace.GetLabels(), namespace.GetAnnotations()
	}
	return found, nil
}

type surveyor struct {
	// source is the first namespace where none is named: it is the only one then, or none can be chosen.
	source        string
	selected      *selector
	builder       *transform.InventoryBuilder
	held          map[string]bool
	sources       map[string]*unstructured.Unstructured
	clusterScoped []string
}

func (s *surveyor) visit(item archive.Item) error {
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
		if s.selected.takes(object) {
			s.builder.Add(object)
		}
	case item.Resource == "namespaces":
		object, err := decode(item)
		if err != nil {
			return err
		}
		s.sources[item.Name] = object.Content
	default:
		s.clusterScoped = append(s.clusterScoped, item.Resource+"/"+item.Name)
	}
	return nil
}

// choose returns an error unless the namespace to restore is known.
func (s *surveyor) choose(name string) error {
	var held []string
	for namespace := range s.held {
		held = append(held, namespace)
	}
	sort.Strings(held)
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

// eachObject passes each selected object of a namespace, decoded, to visit.
func eachObject(content []byte, namespace string, selects func(transform.Object) bool, visit func(transform.Object) error) error {
	return readArchive(content, func(item archive.Item) error {
		if item.Namespace != namespace {
			return nil
		}
		object, err := decode(item)
		if err != nil {
			return err
		}
		if !selects(object) {
			return nil
		}
		return visit(object)
	})
}

func decode(item archive.Item) (transform.Object, error) {
	object := &unstructured.Unstructured{}
	// As the API server reads it: whole numbers stay whole, which encoding/json would round beyond 2^53.
	if err := json.Unmarshal(item.Content, &object.Object); err != nil {
		return transform.Object{}, fmt.Errorf("%s/%s: %w", item.Resource, item.Name, err)
	}
	return transform.Object{Resource: schema.ParseGroupResource(item.Resource), Content: object}, nil
}

// decodeOutline decodes of an object what an inventory reads.
func decodeOutline(item archive.Item) (transform.Object, error) {
	var fields map[string]stdjson.RawMessage
	if err := stdjson.Unmarshal(item.Content, &fields); err != nil {
		return transform.Object{}, fmt.Errorf("%s/%s: %w", item.Resource, item.Name, err)
	}
	object := &unstructured.Unstructured{Object: map[string]any{}}
	keep := func(names ...string) error {
		for _, name := range names {
			raw, found := fields[name]
			if !found {
				continue
			}
			var value any
			if err := json.Unmarshal(raw, &value); err != nil {
				return fmt.Errorf("%s/%s: %w", item.Resource, item.Name, err)
			}
			object.Object[name] = value
		}
		return nil
	}
	if err := keep("apiVersion", "kind", "metadata", "type"); err != nil {
		return transform.Object{}, err
	}
	if transform.ReadsSpec(object.GroupVersionKind().GroupKind()) {
		if err := keep("spec"); err != nil {
			return transform.Object{}, err
		}
	}
	return transform.Object{Resource: schema.ParseGroupResource(item.Resource), Content: object}, nil
}
