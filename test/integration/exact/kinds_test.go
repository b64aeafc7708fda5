package exact

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/cluster"
)

// crds is the file with the CRDs, which are no samples themselves.
const crds = "customresourcedefinitions.apiextensions.k8s.io"

// kind is a resource that the cluster serves.
type kind struct {
	schema.GroupVersionResource
	// name is like "services" or "deployments.apps".
	name string
}

// listKinds returns the namespaced resources that can be listed and created, in the cluster's preferred version.
// It leaves out Seedbed's own and those of versions_test.go.
func (e *env) listKinds() map[string]kind {
	e.t.Helper()
	lists, err := e.core.Discovery().ServerPreferredResources()
	e.requireNoError(err)
	found := map[string]kind{}
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		e.requireNoError(err)
		if version.Group == v1alpha1.GroupName || version.Group == seedsGroup {
			continue
		}
		for _, r := range list.APIResources {
			if r.Namespaced && slices.Contains(r.Verbs, "create") && slices.Contains(r.Verbs, "list") {
				resource := version.WithResource(r.Name)
				name := resource.GroupResource().String()
				found[name] = kind{resource, name}
			}
		}
	}
	return found
}

// readSamples returns the samples of one resource; none if it has no file.
func (e *env) readSamples(resource string) []*unstructured.Unstructured {
	e.t.Helper()
	content, err := os.ReadFile(filepath.Join(e.sampleDir(), resource+".yaml"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	e.requireNoError(err)
	var objects []*unstructured.Unstructured
	for decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096); ; {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(object)
		if errors.Is(err, io.EOF) {
			return objects
		}
		if err != nil {
			e.t.Fatalf("%s: %v", resource, err)
		}
		objects = append(objects, object)
	}
}

func (e *env) sampleDir() string {
	e.t.Helper()
	root, err := cluster.Root()
	e.requireNoError(err)
	return filepath.Join(root, "test", "testdata", "kinds")
}

// sampledResources returns the resources that have samples, in alphabetical order.
func (e *env) sampledResources() []string {
	e.t.Helper()
	files, err := filepath.Glob(filepath.Join(e.sampleDir(), "*.yaml"))
	e.requireNoError(err)
	var names []string
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".yaml"); name != crds {
			names = append(names, name)
		}
	}
	return names
}

// requireSamplesOfEveryKind fails the test for a kind that a new Kubernetes adds.
func (e *env) requireSamplesOfEveryKind() {
	e.t.Helper()
	kinds, sampled := e.listKinds(), e.sampledResources()
	for name := range kinds {
		if !slices.Contains(sampled, name) {
			e.t.Errorf("%s can be created and has no sample: add test/testdata/kinds/%s.yaml, and add the changes that a restore makes of it to allowed_test.go", name, name)
		}
	}
	for _, name := range sampled {
		if _, served := kinds[name]; !served {
			e.t.Errorf("test/testdata/kinds/%s.yaml is of no kind that the cluster serves", name)
		}
	}
}

// listAll returns every object of every kind in a namespace, by resource/name.
func (e *env) listAll(namespace string) map[string]*unstructured.Unstructured {
	e.t.Helper()
	found := map[string]*unstructured.Unstructured{}
	for name, kind := range e.listKinds() {
		list, err := e.dynamic.Resource(kind.GroupVersionResource).Namespace(namespace).List(e.newContext(), metav1.ListOptions{})
		if err != nil {
			e.t.Fatalf("listing %s: %v", name, err)
		}
		for i := range list.Items {
			found[name+"/"+list.Items[i].GetName()] = &list.Items[i]
		}
	}
	return found
}
