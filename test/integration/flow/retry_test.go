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

// tamper deletes ConfigMap a of a namespace and changes ConfigMap b, as its tenant may.
func (w *world) tamper(namespace string) {
	w.t.Helper()
	a, b := configMap("a"), configMap("b")
	a.Namespace, b.Namespace = namespace, namespace
	w.remove(a)
	w.change(b, func() { b.Data["key"] = "the tenant's" })
}

// tampered fails the test unless what tamper did is still so.
func (w *world) tampered(namespace string) {
	w.t.Helper()
	b := &corev1.ConfigMap{}
	if w.there(&corev1.ConfigMap{}, namespace, "a") {
		w.t.Error("what the tenant deleted is back")
	}
	if !w.there(b, namespace, "b") || b.Data["key"] != "the tenant's" {
		w.t.Errorf("what the tenant changed is now %v", b.Data)
	}
}

// awaitAttempts waits until a restore was tried so often.
func (w *world) awaitAttempts(record *v1alpha1.BaselineRecord, attempts int32) {
	w.t.Helper()
	w.eventually(func(ctx context.Context) error {
		if err := w.Client.Get(ctx, client.ObjectKeyFromObject(record), record); err != nil {
			return err
		}
		if record.Result.Attempts < attempts {
			return fmt.Errorf("the restore was tried %d times, want %d", record.Result.Attempts, attempts)
		}
		return nil
	})
}

func TestARetryTouchesOnlyWhatFailed(t *testing.T) {
	w := shared(t)
	source := w.name("source")
	object := func(version, kind, name, rest string) string {
		return fmt.Sprintf(`{"apiVersion":%q,"kind":%q,"metadata":{"name":%q,"namespace":%q},%s}`, version, kind, name, source, rest)
	}
	// No API server ever takes port 70000, and nobody serves this kind.
	backup := w.adopt(source, w.archive(map[string]string{
		"configmaps/" + source + "/a":             object("v1", "ConfigMap", "a", `"data":{"key":"value of a"}`),
		"configmaps/" + source + "/b":             object("v1", "ConfigMap", "b", `"data":{"key":"value of b"}`),
		"services/" + source + "/never":           object("v1", "Service", "never", `"spec":{"ports":[{"port":70000}]}`),
		"seeds.nobody.example/" + source + "/one": object("nobody.example/v1", "Seed", "one", `"spec":{}`),
	}))
	baseline := w.baseline(backup.Name, nil)
	target := w.name("target")
	w.create(asking(target, baseline.Name))
	w.says(w.awaitReady(target, corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed).Message, baseline.Name, v1alpha1.PhasePartiallyFailed)
	w.tamper(target)

	record := w.record(target, baseline.Name)
	w.awaitAttempts(record, record.Result.Attempts+2)
	w.tampered(target)
	pending := []string{"seeds.nobody.example/one", "services/never"}
	if status := record.Result; !slices.Equal(status.Pending, pending) || len(status.Errors) != 2 || status.Counts.Created != 2 || status.Counts.Failed != 2 {
		t.Errorf("the record is %+v, want %v still to be done", status, pending)
	}
	w.says(fmt.Sprint(record.Result.Errors), "services/never", "70000", "seeds.nobody.example/one", "does not serve this kind")
}

func TestACustomResourceDefinitionThatArrivesLaterHealsTheRestore(t *testing.T) {
	w := own(t)
	w.start()
	w.define(widgets())
	widget := widget()
	baseline := w.baseline(w.backup(w.source(configMap("a"), configMap("b"), widget)).Name, nil)
	definition := widgets()
	w.remove(definition)
	w.awaitGone(definition)

	w.create(asking("target", baseline.Name))
	w.says(w.awaitReady("target", corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed).Message, "widgets.example.com/mine")
	w.tamper("target")

	w.define(widgets())
	w.awaitReady("target", corev1.ConditionTrue, v1alpha1.ReasonRestored)
	w.tampered("target")
	if record := w.record("target", baseline.Name); record.Result.Counts.Failed != 0 || len(record.Result.Pending)+len(record.Result.Errors) > 0 {
		t.Errorf("the record is %+v, want nothing left to be done", record.Result)
	}
	restored := widget.DeepCopy()
	if !w.there(restored, "target", "mine") || !cmp.Equal(widget.Object["spec"], restored.Object["spec"]) {
		t.Errorf("the custom resource is %v", restored.Object)
	}
}

// widget is an object of that kind.
func widget() *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "example.com/v1", "kind": "Widget", "metadata": map[string]any{"name": "mine"}, "spec": map[string]any{"size": "large"},
	}}
}

// widgets is the CRD of a namespaced kind, Widget, whose objects may hold anything.
func widgets() *unstructured.Unstructured {
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

// define installs a CRD and waits until Widgets are served.
func (w *world) define(definition client.Object) {
	w.t.Helper()
	w.create(definition)
	objects := &unstructured.UnstructuredList{Object: map[string]any{"apiVersion": "example.com/v1", "kind": "WidgetList"}}
	w.eventually(func(ctx context.Context) error { return w.Client.List(ctx, objects) })
}
