package flow

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// bad is an object that must be refused: the name, "bad" by default, and the spec as a user writes it.
type bad struct {
	test, name, spec string
	says             []string
}

var longName = strings.Repeat("n", v1alpha1.MaxNameLength+1)

var badBackups = []bad{
	{"no namespaces at all", "", `{}`, []string{"spec.includedNamespaces", "Required"}},
	{"an empty list of namespaces", "", `{includedNamespaces: []}`, []string{"spec.includedNamespaces", "at least 1"}},
	{"a namespace's name that is none", "", `{includedNamespaces: [Foo_Bar]}`, []string{"spec.includedNamespaces[0]", "Foo_Bar"}},
	{"every namespace", "", `{includedNamespaces: ["*"]}`, []string{"spec.includedNamespaces[0]"}},
	{"a namespace twice", "", `{includedNamespaces: [foo, foo]}`, []string{"spec.includedNamespaces[1]", "Duplicate"}},
	{"a negative ttl", "", `{includedNamespaces: [foo], ttl: -1h}`, []string{"spec.ttl", "longer than zero"}},
	{"a ttl of nothing", "", `{includedNamespaces: [foo], ttl: 0s}`, []string{"spec.ttl", "longer than zero"}},
	{"a ttl that is no duration", "", `{includedNamespaces: [foo], ttl: tomorrow}`, []string{"spec.ttl"}},
	{"a name of 64 characters", longName, `{includedNamespaces: [foo]}`, []string{"at most 63 characters", "label value"}},
	{"the name none", v1alpha1.NoBaseline, `{includedNamespaces: [foo]}`, []string{"must not be 'none'", "opts a namespace out"}},
	{"a selector with an unknown operator", "", `{includedNamespaces: [foo], labelSelector: {matchExpressions: [{key: a, operator: Like, values: [b]}]}}`, []string{"spec.labelSelector", "Like"}},
	{"a selector whose value is no label's", "", `{includedNamespaces: [foo], labelSelector: {matchLabels: {a: "not a value"}}}`, []string{"spec.labelSelector", "not a value"}},
	{"a resource with a typo", "", `{includedNamespaces: [foo], includedResources: [servces]}`, []string{"spec.includedResources", "servces", "no namespaced resource of this cluster"}},
	{"a resource that is cluster-scoped", "", `{includedNamespaces: [foo], includedResources: [clusterroles]}`, []string{"spec.includedResources", "clusterroles", "no namespaced resource"}},
}

var badBaselines = []bad{
	{"no backup", "", `{}`, []string{"spec.backup", "Required"}},
	{"an empty backup", "", `{backup: ""}`, []string{"spec.backup", "at least 1"}},
	{"a backup's name of 64 characters", "", `{backup: ` + longName + `}`, []string{"spec.backup", "63"}},
	{"a name of 64 characters", longName, `{backup: $BACKUP}`, []string{"at most 63 characters", "label value"}},
	{"the name none", v1alpha1.NoBaseline, `{backup: $BACKUP}`, []string{"must not be 'none'", "opts a namespace out"}},
	{"an unknown enforcement", "", `{backup: $BACKUP, enforcement: Always}`, []string{"spec.enforcement", `"Optional", "Required"`}},
	{"an unknown policy for what is there", "", `{backup: $BACKUP, existingResources: Replace}`, []string{"spec.existingResources", `"Keep", "Update"`}},
	{"an unknown policy for older namespaces", "", `{backup: $BACKUP, existingNamespaces: All}`, []string{"spec.existingNamespaces", `"Ignore", "Populate"`}},
	{"an unknown mapping", "", `{backup: $BACKUP, mapping: Everything}`, []string{"spec.mapping", `"References", "ReferencesAndText"`}},
	{"a selector with an unknown operator", "", `{backup: $BACKUP, namespaceSelector: {matchExpressions: [{key: a, operator: Like}]}}`, []string{"spec.namespaceSelector", "Like"}},
	{"a selector whose value is no label's", "", `{backup: $BACKUP, allowedNamespaces: {matchLabels: {a: "not a value"}}}`, []string{"spec.allowedNamespaces", "not a value"}},
	{"a source namespace that the backup does not hold", "", `{backup: $BACKUP, sourceNamespace: elsewhere}`, []string{"spec.sourceNamespace", "elsewhere", "one of its spec.includedNamespaces"}},
	{"an empty pattern of labels", "", `{backup: $BACKUP, namespaceMetadata: {labels: [""]}}`, []string{"spec.namespaceMetadata.labels[0]"}},
}

var badRestores = []bad{
	{"no backup", "", `{}`, []string{"spec.backup", "Required"}},
	{"an unknown policy for what is there", "", `{backup: $BACKUP, existingResources: Replace}`, []string{"spec.existingResources", `"Keep", "Update"`}},
	{"a backup that is not there", "", `{backup: no-such-backup}`, []string{"spec.backup", "no-such-backup", "does not exist"}},
	{"a backup's name of 64 characters", "", `{backup: ` + longName + `}`, []string{"spec.backup", "63"}},
	{"a source namespace that the backup does not hold", "", `{backup: $BACKUP, sourceNamespace: elsewhere}`, []string{"spec.sourceNamespace", "elsewhere", "one of its spec.includedNamespaces"}},
	{"a UID that is none", "", `{backup: $BACKUP, namespaceUID: ""}`, []string{"spec.namespaceUID"}},
}

func TestInvalidObjectsAreRefused(t *testing.T) {
	e := sharedInstallation(t)
	backup := e.createBackup(e.createSource(configMap("a")))
	target := e.createTenantNamespace()
	values := strings.NewReplacer("$BACKUP", backup.Name, "$SOURCE", backup.Spec.IncludedNamespaces[0], "$UID", string(target.UID))
	for kind, tests := range map[string][]bad{"BaselineBackup": badBackups, "Baseline": badBaselines, "BaselineRestore": badRestores} {
		for _, test := range tests {
			t.Run(kind+" with "+test.test, func(t *testing.T) {
				e := newEnv(t, e.Installation)
				object := &unstructured.Unstructured{Object: map[string]any{}}
				if err := yaml.Unmarshal([]byte("spec: "+values.Replace(test.spec)), &object.Object); err != nil {
					t.Fatal(err)
				}
				object.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind))
				if object.SetName(test.name); test.name == "" {
					object.SetName(e.uniqueName("bad"))
				}
				if kind == "BaselineRestore" {
					object.SetNamespace(target.Name)
				}
				err := e.Client.Create(e.ctx(), object.DeepCopy())
				var says []string
				for _, text := range test.says {
					says = append(says, values.Replace(text))
				}
				e.requireRefused(err, says...)
				if strings.Contains(err.Error(), "\n") {
					t.Errorf("more than one line: %v", err)
				}
				if e.objectExists(object, object.GetNamespace(), object.GetName()) {
					t.Error("it was created")
				}
			})
		}
	}
}

func TestImmutableFieldsAreKept(t *testing.T) {
	e := sharedInstallation(t)
	backup := e.createBackup(e.createSource(configMap("a")))
	record := &v1alpha1.BaselineRestore{
		ObjectMeta: metav1.ObjectMeta{Namespace: e.createTenantNamespace().Name, Name: "by-hand"}, Spec: v1alpha1.BaselineRestoreSpec{Backup: backup.Name},
	}
	e.createObjects(record)
	e.awaitPhase(record, &record.Status.Conditions, v1alpha1.PhaseCompleted)
	tests := []struct {
		name   string
		object client.Object
		patch  string
	}{
		{"another namespace", backup, `{"spec":{"includedNamespaces":["other"]}}`},
		{"another selection", backup, `{"spec":{"includedResources":["secrets"]}}`},
		{"a ttl", backup, `{"spec":{"ttl":"1h"}}`},
		{"another policy", record, `{"spec":{"existingResources":"Update"}}`},
		{"another backup", record, `{"spec":{"backup":"other"}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := newEnv(t, e.Installation)
			object := test.object.DeepCopyObject().(client.Object)
			err := e.Client.Patch(e.ctx(), object, client.RawPatch(types.MergePatchType, []byte(test.patch)))
			e.requireRefused(err, "spec is immutable", "create another")
		})
	}
}

func TestNamespaceAnnotationsAreBounded(t *testing.T) {
	e := sharedInstallation(t)
	var names []string
	for range v1alpha1.MaxBaselinesPerNamespace + 1 {
		names = append(names, e.withOwnNames().uniqueName("many"))
	}
	target := e.uniqueName("target")
	e.requireRefused(e.Client.Create(e.ctx(), annotatedNamespace(target, strings.Join(names, ","))), "16")
	if e.objectExists(&corev1.Namespace{}, "", target) {
		t.Error("it was created")
	}
}
