package flow

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Others may delete records, change their metadata and remove finalizers; only Seedbed may do more.
func TestRecordsAreProtected(t *testing.T) {
	e := newInstallation(t)
	e.awaitPolicies()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "bar"}}
	e.createObjects(namespace)
	bob := e.newUser("bob", newRule("*", v1alpha1.GroupName, "baselinerecords"))
	named := func(name string) *unstructured.Unstructured {
		record := &unstructured.Unstructured{Object: map[string]any{"seal": "s", "result": map[string]any{"phase": v1alpha1.PhaseCompleted}}}
		record.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("BaselineRecord"))
		record.SetNamespace("bar")
		record.SetName(name)
		record.SetFinalizers([]string{"example.org/a", "example.org/b"})
		record.SetOwnerReferences([]metav1.OwnerReference{{APIVersion: "v1", Kind: "Namespace", Name: "bar", UID: namespace.UID}})
		return record
	}
	e.requireRefused(bob.Create(e.ctx(), named("web")), "only Seedbed makes records")
	e.requireRefused(e.Client.Create(e.ctx(), named("web")), "only Seedbed makes records")
	seedbed := e.asSeedbed()
	if err := seedbed.Create(e.ctx(), named("web")); err != nil {
		t.Fatalf("Seedbed's own: %v", err)
	}
	for name, test := range map[string]struct {
		patch   string
		refused string // in the message of the refusal; empty if it is allowed
	}{
		"the result":        {`{"result":{"phase":"Failed"}}`, "only Seedbed changes records"},
		"the revision":      {`{"revision":{"hash":"0123456789abcdef"}}`, "only Seedbed changes records"},
		"an update":         {`{"update":{"phase":"Completed"}}`, "only Seedbed changes records"},
		"the seal":          {`{"seal":"forged"}`, "only Seedbed changes records"},
		"a finalizer more":  {`{"metadata":{"finalizers":["example.org/a","example.org/b","example.org/c"]}}`, "only Seedbed adds finalizers"},
		"another finalizer": {`{"metadata":{"finalizers":["example.org/c"]}}`, "only Seedbed adds finalizers"},
		"no owner":          {`{"metadata":{"ownerReferences":null}}`, "only Seedbed says who owns a record"},
		"another owner":     {`{"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"a","uid":"1"}]}}`, "only Seedbed says who owns a record"},
		"a label":           {`{"metadata":{"labels":{"any":"label"}}}`, ""},
		"an annotation":     {`{"metadata":{"annotations":{"any":"annotation"}}}`, ""},
		"a finalizer less":  {`{"metadata":{"finalizers":["example.org/b"]}}`, ""},
		"no finalizer":      {`{"metadata":{"finalizers":null}}`, ""},
		"nothing":           {`{}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t, e.Installation)
			err := bob.Patch(e.ctx(), named("web"), client.RawPatch(types.MergePatchType, []byte(test.patch)), client.DryRunAll)
			switch {
			case test.refused != "":
				e.requireRefused(err, test.refused)
			case err != nil:
				t.Error(err)
			}
			if err := seedbed.Patch(e.ctx(), named("web"), client.RawPatch(types.MergePatchType, []byte(test.patch)), client.DryRunAll); err != nil {
				t.Errorf("by Seedbed: %v", err)
			}
		})
	}
	if err := bob.Patch(e.ctx(), named("web"), client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`))); err != nil {
		t.Error(err)
	}
	if err := bob.Delete(e.ctx(), named("web")); err != nil {
		t.Errorf("its deletion asks for a restore: %v", err)
	}
}
