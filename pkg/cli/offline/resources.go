package offline

import (
	_ "embed"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

// builtin lists the resources of Kubernetes itself, in the format of `kubectl api-resources -o yaml`.
//
//go:embed builtin.yaml
var builtin []byte

// resourceInfo is the part of discovery that an archive needs.
type resourceInfo struct {
	schema.GroupResource
	namespaced bool
}

// resourceTable has the resources of kinds. All versions of a kind share one.
type resourceTable map[schema.GroupKind]resourceInfo

// newResourceTable returns the resources of Kubernetes and those that files name.
func newResourceTable(files []string) (resourceTable, error) {
	table := resourceTable{}
	var known metav1.APIResourceList
	if err := yaml.Unmarshal(builtin, &known); err != nil {
		return nil, err
	}
	table.addList(&known)
	for _, file := range files {
		documents, err := readDocuments(file)
		if err != nil {
			return nil, err
		}
		for _, document := range documents {
			if err := table.addDocument(document); err != nil {
				return nil, err
			}
		}
	}
	return table, nil
}

// addDocument adds the resources of a list of resources or of a CustomResourceDefinition.
func (t resourceTable) addDocument(d document) error {
	h, err := d.readHeader()
	if err != nil {
		return err
	}
	switch h.Kind {
	case "APIResourceList":
		var list metav1.APIResourceList
		if err := yaml.Unmarshal(d.raw, &list); err != nil {
			return d.errorf("%w", err)
		}
		t.addList(&list)
		return nil
	case "CustomResourceDefinition":
		return t.addDefinition(d)
	default:
		return d.errorf("kind %s names no resources: --resources takes the output of `kubectl api-resources -o yaml`, and CustomResourceDefinitions", h.Kind)
	}
}

// addList adds a list as kubectl prints it, with the group in each resource, or as the API server has it, with one for all.
func (t resourceTable) addList(list *metav1.APIResourceList) {
	common, _ := schema.ParseGroupVersion(list.GroupVersion)
	for i := range list.APIResources {
		r := &list.APIResources[i]
		if strings.Contains(r.Name, "/") { // a subresource
			continue
		}
		group := r.Group
		if group == "" {
			group = common.Group
		}
		t[schema.GroupKind{Group: group, Kind: r.Kind}] = resourceInfo{schema.GroupResource{Group: group, Resource: r.Name}, r.Namespaced}
	}
}

// addDefinition adds the resource of a CustomResourceDefinition.
func (t resourceTable) addDefinition(d document) error {
	var definition struct {
		Spec struct {
			Group string `json:"group"`
			Scope string `json:"scope"`
			Names struct {
				Plural string `json:"plural"`
				Kind   string `json:"kind"`
			} `json:"names"`
		} `json:"spec"`
	}
	if err := yaml.Unmarshal(d.raw, &definition); err != nil {
		return d.errorf("%w", err)
	}
	spec := &definition.Spec
	if spec.Group == "" || spec.Names.Plural == "" || spec.Names.Kind == "" {
		return d.errorf("the CustomResourceDefinition has no spec.group, spec.names.plural or spec.names.kind")
	}
	t[schema.GroupKind{Group: spec.Group, Kind: spec.Names.Kind}] = resourceInfo{
		schema.GroupResource{Group: spec.Group, Resource: spec.Names.Plural}, spec.Scope == "Namespaced",
	}
	return nil
}
