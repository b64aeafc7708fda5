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

// crds is the file of the custom resources' definitions, which are no samples themselves.
const crds = "customresourcedefinitions.apiextensions.k8s.io"

// kind is a resource that the cluster serves.
type kind struct {
	schema.GroupVersionResource
	// name is as in "services" and "deployments.apps".
	name string
}

// kinds are the namespaced resources that can be listed and created, in the version that the cluster prefers.
// Seedbed's own are left out, and those of versions_test.go.
func (w *world) kinds() map[string]kind {
	w.t.Helper()
	lists, err := w.core.Discovery().ServerPreferredResources()
	w.must(err)
	found := map[string]kind{}
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		w.must(err)
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

// samples reads the samples of one resource; none when there is no file of it.
func (w *world) samples(resource string) []*unstructured.Unstructured {
	w.t.Helper()
	content, err := os.ReadFile(filepath.Join(w.sampleDir(), resource+".yaml"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	w.must(err)
	var objects []*unstructured.Unstructured
	for decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096); ; {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(object)
		if errors.Is(err, io.EOF) {
			return objects
		}
		if err != nil {
			w.t.Fatalf("%s: %v", resource, err)
		}
		objects = append(objects, object)
	}
}

func (w *world) sampleDir() string {
	w.t.Helper()
	root, err := cluster.Root()
	w.must(err)
	return filepath.Join(root, "test", "testdata", "kinds")
}

// sampled are the resources that there are samples of, in alphabetical order.
func (w *world) sampled() []string {
	w.t.Helper()
	files, err := filepath.Glob(filepath.Join(w.sampleDir(), "*.yaml"))
	w.must(err)
	var names []string
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".yaml"); name != crds {
			names = append(names, name)
		}
	}
	return names
}

// everyKindHasSamples is how a kind that a new Kubernetes adds is noticed.
func (w *world) everyKindHasSamples() {
	w.t.Helper()
	kinds, sampled := w.kinds(), w.sampled()
	for name := range kinds {
		if !slices.Contains(sampled, name) {
			w.t.Errorf("%s can be created and has no sample: add test/testdata/kinds/%s.yaml, and say in allowed_test.go what a restore changes of it", name, name)
		}
	}
	for _, name := range sampled {
		if _, served := kinds[name]; !served {
			w.t.Errorf("test/testdata/kinds/%s.yaml is of no kind that the cluster serves", name)
		}
	}
}

// listAll lists every object of every kind in a namespace, by resource/name.
func (w *world) listAll(namespace string) map[string]*unstructured.Unstructured {
	w.t.Helper()
	found := map[string]*unstructured.Unstructured{}
	for name, kind := range w.kinds() {
		list, err := w.dynamic.Resource(kind.GroupVersionResource).Namespace(namespace).List(w.ctx(), metav1.ListOptions{})
		if err != nil {
			w.t.Fatalf("list %s: %v", name, err)
		}
		for i := range list.Items {
			found[name+"/"+list.Items[i].GetName()] = &list.Items[i]
		}
	}
	return found
}
