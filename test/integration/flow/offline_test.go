package flow

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/json"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/cluster"
)

// A cluster gives the namespaces of the example what the golden files of `seedbed test` have: the same objects, with each of their
// fields.
func TestClusterEqualsTestWithoutCluster(t *testing.T) {
	e := newInstallation(t)
	e.startController()
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, "examples/test")
	for backup, files := range map[string][]string{"guard-1": {"guard-1.yaml"}, "web-1": {"web-1/access.yaml", "web-1/config.yaml"}} {
		e.createExampleBackup(dir, backup, files...)
	}
	for _, object := range readObjects(t, filepath.Join(dir, "baselines.yaml")) {
		e.createObjects(object)
		baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: object.GetName()}}
		e.awaitPhase(baseline, &baseline.Status.Conditions, v1alpha1.ReasonBackupReady)
	}
	for _, name := range []string{"plain", "web-tenant"} {
		t.Run(name, func(t *testing.T) {
			namespace := readObjects(t, filepath.Join(dir, "cases", name, "namespace.yaml"))[0]
			e.createObjects(namespace)
			e.awaitReady(namespace.GetName(), corev1.ConditionTrue, "")
			e.requireExpected(t, namespace.GetName(), readObjects(t, filepath.Join(dir, "cases", name, "expected.yaml"))[1:])
		})
	}
}

// createExampleBackup creates the source namespace of a backup with the objects of files, and backs it up. The control plane creates
// Endpoints itself.
func (e *env) createExampleBackup(dir, name string, files ...string) {
	e.t.Helper()
	source := map[string]string{"guard-1": "guard-source", "web-1": "blueprint"}[name]
	var objects []*unstructured.Unstructured
	for _, file := range files {
		objects = append(objects, readObjects(e.t, filepath.Join(dir, "backups", file))...)
	}
	created := slices.IndexFunc(objects, func(object *unstructured.Unstructured) bool { return object.GetKind() == "Namespace" })
	if created < 0 {
		e.createObjects(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: source}})
	}
	for _, object := range objects {
		if object.GetKind() == "Endpoints" {
			continue
		}
		if object.GetKind() != "Namespace" {
			object.SetNamespace(source)
		}
		object.SetResourceVersion("")
		unstructured.RemoveNestedField(object.Object, "metadata", "uid")
		unstructured.RemoveNestedField(object.Object, "spec", "clusterIP")
		e.createObjects(object)
	}
	e.awaitSettled(source)
	backup := &v1alpha1.BaselineBackup{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{source}},
	}
	e.createObjects(backup)
	e.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseCompleted)
}

// requireExpected fails the test unless a namespace holds the expected objects and no other of a baseline.
func (e *env) requireExpected(t *testing.T, namespace string, expected []*unstructured.Unstructured) {
	t.Helper()
	names := map[schema.GroupVersionKind][]string{}
	for _, object := range expected {
		live := &unstructured.Unstructured{}
		live.SetGroupVersionKind(object.GroupVersionKind())
		if err := e.Client.Get(e.ctx(), client.ObjectKeyFromObject(object), live); err != nil {
			t.Fatal(err)
		}
		if path := missingField("", object.Object, live.Object); path != "" {
			t.Errorf("%s %s differs in %s:\n%s", object.GetKind(), object.GetName(), path, cmp.Diff(object.Object, live.Object))
		}
		if object.GetKind() != "Namespace" {
			names[object.GroupVersionKind()] = append(names[object.GroupVersionKind()], object.GetName())
		}
	}
	for kind, want := range names {
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(kind)
		if err := e.Client.List(e.ctx(), list, client.InNamespace(namespace), client.HasLabels{v1alpha1.LabelBaseline}); err != nil {
			t.Fatal(err)
		}
		var got []string
		for i := range list.Items {
			got = append(got, list.Items[i].GetName())
		}
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", kind.Kind, diff)
		}
	}
}

// missingField returns the path of a field that a live value lacks or has with another value; empty if there is none.
func missingField(path string, want, live any) string {
	switch want := want.(type) {
	case map[string]any:
		have, _ := live.(map[string]any)
		for key, value := range want {
			if missing := missingField(path+"/"+key, value, have[key]); missing != "" {
				return missing
			}
		}
		return ""
	case []any:
		have, _ := live.([]any)
		if len(have) != len(want) {
			return path
		}
		for i := range want {
			if missing := missingField(fmt.Sprintf("%s/%d", path, i), want[i], have[i]); missing != "" {
				return missing
			}
		}
		return ""
	default:
		if reflect.DeepEqual(want, live) {
			return ""
		}
		return path
	}
}

// readObjects returns the documents of a YAML file.
func readObjects(t *testing.T, file string) []*unstructured.Unstructured {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var objects []*unstructured.Unstructured
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
	for {
		text, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return objects
		}
		if err != nil {
			t.Fatal(err)
		}
		raw, err := yaml.YAMLToJSON(text)
		if err != nil {
			t.Fatal(err)
		}
		object := &unstructured.Unstructured{}
		if err := json.Unmarshal(raw, &object.Object); err != nil {
			t.Fatal(err)
		}
		objects = append(objects, object)
	}
}
