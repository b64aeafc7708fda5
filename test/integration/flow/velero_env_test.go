package flow

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/seedbed"
)

const veleroNamespace = "velero"

// veleroRestore returns a Restore of these namespaces of a backup.
func veleroRestore(name string, included ...string) *unstructured.Unstructured {
	restore := &unstructured.Unstructured{Object: map[string]any{}}
	restore.SetGroupVersionKind(schema.GroupVersionKind{Group: "velero.io", Version: "v1", Kind: "Restore"})
	restore.SetNamespace(veleroNamespace)
	restore.SetName(name)
	if err := unstructured.SetNestedStringSlice(restore.Object, included, "spec", "includedNamespaces"); err != nil {
		panic(err) // strings always fit
	}
	return restore
}

// setPhase sets the phase of a Restore, as Velero does: its CRD has no status subresource.
func (e *env) setPhase(restore *unstructured.Unstructured, phase string) {
	e.t.Helper()
	e.updateObject(restore, func() {
		if err := unstructured.SetNestedField(restore.Object, phase, "status", "phase"); err != nil {
			e.t.Fatal(err)
		}
	})
}

// createRunningRestore creates a running Restore of these namespaces.
func (e *env) createRunningRestore(included ...string) *unstructured.Unstructured {
	e.t.Helper()
	restore := veleroRestore(e.uniqueName("restore"), included...)
	e.createObjects(restore)
	e.setPhase(restore, "InProgress")
	return restore
}

// defineRestores installs the CRD of Velero's Restores, and Velero's namespace.
func (e *env) defineRestores() {
	e.t.Helper()
	definition := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": map[string]any{"name": "restores.velero.io"},
		"spec": map[string]any{
			"group": "velero.io", "scope": "Namespaced",
			"names": map[string]any{"kind": "Restore", "listKind": "RestoreList", "plural": "restores", "singular": "restore"},
			"versions": []any{map[string]any{
				"name": "v1", "served": true, "storage": true,
				"schema": map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
			}},
		},
	}}
	e.createObjects(definition, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: veleroNamespace}})
	restores := &unstructured.UnstructuredList{}
	restores.SetGroupVersionKind(schema.GroupVersionKind{Group: "velero.io", Version: "v1", Kind: "RestoreList"})
	e.eventually(func(ctx context.Context) error { return e.Client.List(ctx, restores) })
}

// newVeleroClient returns a client that writes under the name of Velero's field manager, as its server does.
func (e *env) newVeleroClient() client.Client {
	e.t.Helper()
	config := e.Cluster.Config()
	config.UserAgent = "velero-server/v1.18.3 (linux/amd64)"
	c, err := client.New(config, client.Options{Scheme: seedbed.Scheme()})
	if err != nil {
		e.t.Fatal(err)
	}
	return c
}

// restoredBy creates a namespace and its objects, as Velero does: one object after the other, with their labels.
func (e *env) restoredBy(velero client.Client, namespace *corev1.Namespace, objects ...client.Object) {
	e.t.Helper()
	if err := velero.Create(e.ctx(), namespace); err != nil {
		e.t.Fatal(err)
	}
	for _, object := range objects {
		object.SetNamespace(namespace.Name)
		if err := velero.Create(e.ctx(), object); err != nil {
			e.t.Fatal(err)
		}
	}
}

// awaitVeleroHold waits until a namespace waits for a Restore, and returns the condition's message.
func (e *env) awaitVeleroHold(name string, restore client.Object) string {
	e.t.Helper()
	message := e.awaitReady(name, corev1.ConditionFalse, v1alpha1.ReasonVeleroRestoring).Message
	e.requireContains(message, veleroNamespace+"/"+restore.GetName())
	return message
}

// awaitKey waits until the ConfigMap of a name has a value.
func (e *env) awaitKey(namespace, name, value string) {
	e.t.Helper()
	e.eventually(func(ctx context.Context) error {
		found := &corev1.ConfigMap{}
		if err := e.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, found); err != nil {
			return err
		}
		if found.Data["key"] != value {
			return fmt.Errorf("ConfigMap %s has %q, want %q", name, found.Data["key"], value)
		}
		return nil
	})
}

// forbidRestores removes the controller's permission to list Velero's Restores.
func (e *env) forbidRestores() {
	e.t.Helper()
	for _, name := range []string{"seedbed-controller", "seedbed-content"} {
		role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name}}
		e.updateObject(role, func() {
			for i := range role.Rules {
				if slices.Equal(role.Rules[i].APIGroups, []string{"*"}) {
					role.Rules[i].APIGroups = []string{""}
				}
			}
			role.Rules = slices.DeleteFunc(role.Rules, func(r rbacv1.PolicyRule) bool { return slices.Contains(r.APIGroups, "velero.io") })
		})
	}
	restores := &unstructured.UnstructuredList{}
	restores.SetGroupVersionKind(schema.GroupVersionKind{Group: "velero.io", Version: "v1", Kind: "RestoreList"})
	controller := e.asSeedbed()
	e.eventually(func(ctx context.Context) error {
		if err := controller.List(ctx, restores, client.InNamespace(veleroNamespace)); !apierrors.IsForbidden(err) {
			return fmt.Errorf("listing Restores: %w", err)
		}
		return nil
	})
}

// restoreLists returns how many lists of Velero's Restores the API server has answered.
func (e *env) restoreLists() float64 {
	e.t.Helper()
	return e.countRequests(func(labels map[string]string) bool {
		return labels["group"] == "velero.io" && labels["resource"] == "restores" && labels["verb"] == "LIST"
	})
}
