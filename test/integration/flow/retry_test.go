package flow

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// tamperNamespace deletes ConfigMap a of a namespace and changes ConfigMap b, as its tenant may.
func (e *env) tamperNamespace(namespace string) {
	e.t.Helper()
	a, b := configMap("a"), configMap("b")
	a.Namespace, b.Namespace = namespace, namespace
	e.deleteObjects(a)
	e.updateObject(b, func() { b.Data["key"] = "the tenant's" })
}

// requireTampered fails the test if the changes of tamperNamespace were undone.
func (e *env) requireTampered(namespace string) {
	e.t.Helper()
	b := &corev1.ConfigMap{}
	if e.objectExists(&corev1.ConfigMap{}, namespace, "a") {
		e.t.Error("what the tenant deleted is back")
	}
	if !e.objectExists(b, namespace, "b") || b.Data["key"] != "the tenant's" {
		e.t.Errorf("what the tenant changed is now %v", b.Data)
	}
}

// awaitAttempts waits until a restore has had that many attempts.
func (e *env) awaitAttempts(record *v1alpha1.BaselineRecord, attempts int32) {
	e.t.Helper()
	e.eventually(func(ctx context.Context) error {
		if err := e.Client.Get(ctx, client.ObjectKeyFromObject(record), record); err != nil {
			return err
		}
		if record.Result.Attempts < attempts {
			return fmt.Errorf("the restore was tried %d times, want %d", record.Result.Attempts, attempts)
		}
		return nil
	})
}

func TestRetryTouchesOnlyFailedObjects(t *testing.T) {
	e := sharedInstallation(t)
	source := e.uniqueName("source")
	object := func(version, kind, name, rest string) string {
		return fmt.Sprintf(`{"apiVersion":%q,"kind":%q,"metadata":{"name":%q,"namespace":%q},%s}`, version, kind, name, source, rest)
	}
	// No API server accepts port 70000, and this kind is not served.
	backup := e.adoptContent(source, e.newArchive(map[string]string{
		"configmaps/" + source + "/a":             object("v1", "ConfigMap", "a", `"data":{"key":"value of a"}`),
		"configmaps/" + source + "/b":             object("v1", "ConfigMap", "b", `"data":{"key":"value of b"}`),
		"services/" + source + "/never":           object("v1", "Service", "never", `"spec":{"ports":[{"port":70000}]}`),
		"seeds.nobody.example/" + source + "/one": object("nobody.example/v1", "Seed", "one", `"spec":{}`),
	}))
	baseline := e.createBaseline(backup.Name, nil)
	target := e.uniqueName("target")
	e.createObjects(annotatedNamespace(target, baseline.Name))
	e.requireContains(e.awaitReady(target, corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed).Message, baseline.Name, v1alpha1.PhasePartiallyFailed)
	e.tamperNamespace(target)

	record := e.getRecord(target, baseline.Name)
	e.awaitAttempts(record, record.Result.Attempts+2)
	e.requireTampered(target)
	pending := []string{"seeds.nobody.example/one", "services/never"}
	if status := record.Result; !slices.Equal(status.Pending, pending) || len(status.Errors) != 2 || status.Counts.Created != 2 || status.Counts.Failed != 2 {
		t.Errorf("the record is %+v, want %v still to be done", status, pending)
	}
	e.requireContains(fmt.Sprint(record.Result.Errors), "services/never", "70000", "seeds.nobody.example/one", "does not serve this kind")
}

func TestLaterDefinitionHealsRestore(t *testing.T) {
	e := newInstallation(t)
	e.startController()
	e.installDefinition(newWidgetDefinition())
	widget := newWidget()
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a"), configMap("b"), widget)).Name, nil)
	definition := newWidgetDefinition()
	e.deleteObjects(definition)
	e.awaitGone(definition)

	e.createObjects(annotatedNamespace("target", baseline.Name))
	e.requireContains(e.awaitReady("target", corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed).Message, "widgets.example.com/mine")
	e.tamperNamespace("target")

	e.installDefinition(newWidgetDefinition())
	e.awaitReady("target", corev1.ConditionTrue, v1alpha1.ReasonRestored)
	e.requireTampered("target")
	if record := e.getRecord("target", baseline.Name); record.Result.Counts.Failed != 0 || len(record.Result.Pending)+len(record.Result.Errors) > 0 {
		t.Errorf("the record is %+v, want nothing left to be done", record.Result)
	}
	restored := widget.DeepCopy()
	if !e.objectExists(restored, "target", "mine") || !cmp.Equal(widget.Object["spec"], restored.Object["spec"]) {
		t.Errorf("the custom resource is %v", restored.Object)
	}
}

// newWidget returns an object of that kind.
func newWidget() *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "example.com/v1", "kind": "Widget", "metadata": map[string]any{"name": "mine"}, "spec": map[string]any{"size": "large"},
	}}
}

// newWidgetDefinition returns the CRD of a namespaced kind, Widget, whose objects may have any fields.
func newWidgetDefinition() *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": map[string]any{"name": "widgets.example.com"},
		"spec": map[string]any{
			"group": "example.com", "scope": "Namespaced",
			"names": map[string]any{"kind": "Widget", "listKind": "WidgetList", "plural": "widgets", "singular": "widget"},
			"versions": []any{map[string]any{
				"name": "v1", "served": true, "storage": true,
				"schema": map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
			}},
		},
	}}
}

// installDefinition creates a CRD and waits until Widgets are served.
func (e *env) installDefinition(definition client.Object) {
	e.t.Helper()
	e.createObjects(definition)
	objects := &unstructured.UnstructuredList{Object: map[string]any{"apiVersion": "example.com/v1", "kind": "WidgetList"}}
	e.eventually(func(ctx context.Context) error { return e.Client.List(ctx, objects) })
}
