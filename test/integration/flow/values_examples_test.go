package flow

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/cluster"
)

// valuesExample is a change of one namespace of an example.
type valuesExample struct {
	// namespace gets a label or an annotation, and then object has want in a field.
	namespace       string
	edit            func(namespace *corev1.Namespace)
	kind, object    string
	want            string
	field           []string
	waitsForItsOwn  string // a case that is not Ready before it gets its label
	completingLabel string
}

// The README's examples of values hold on a real API server: each namespace gets what `seedbed test` expects, and a changed label
// changes the objects of its namespace alone.
func TestExamplesOfValues(t *testing.T) {
	e := newInstallation(t)
	e.startController()
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	label := func(key, value string) func(*corev1.Namespace) {
		return func(n *corev1.Namespace) { metav1.SetMetaDataLabel(&n.ObjectMeta, key, value) }
	}
	examples := map[string]valuesExample{
		"ingress-host":       {namespace: "team-a", edit: label("x", "y"), kind: "networking.k8s.io/v1/Ingress", object: "web", field: []string{"spec", "rules", "0", "host"}, want: "team-a.apps.example.com"},
		"quota-by-tier":      {namespace: "team-gold", edit: label("tier", "silver"), kind: "v1/ResourceQuota", object: "compute", field: []string{"spec", "hard", "requests.cpu"}, want: "20"},
		"team-group":         {namespace: "payments-dev", edit: label("team", "billing"), kind: "rbac.authorization.k8s.io/v1/RoleBinding", object: "team", field: []string{"subjects", "0", "name"}, want: "oidc:billing", waitsForItsOwn: "sandbox", completingLabel: "team"},
		"cost-centre":        {namespace: "billing", edit: label("cost-centre", "cc-9"), kind: "apps/v1/Deployment", object: "app", field: []string{"spec", "template", "metadata", "labels", "cost-centre"}, want: "cc-9"},
		"registry-by-region": {namespace: "shop-dev", edit: label("region", "us"), kind: "apps/v1/Deployment", object: "app", field: []string{"spec", "template", "spec", "containers", "0", "image"}, want: "us.registry.example.com/app:1"},
		"network-peers": {namespace: "orders", edit: func(n *corev1.Namespace) {
			metav1.SetMetaDataAnnotation(&n.ObjectMeta, "example.com/peers", "search")
		}, kind: "networking.k8s.io/v1/NetworkPolicy", object: "peers", field: []string{"spec", "ingress", "0", "from", "0", "namespaceSelector", "matchLabels", "team"}, want: "search"},
	}
	dirs, err := os.ReadDir(filepath.Join(root, "examples/values"))
	if err != nil || len(dirs) != len(examples) {
		t.Fatal(len(dirs), "examples", err)
	}
	for _, dir := range dirs {
		e.applyExample(filepath.Join(root, "examples/values", dir.Name()))
	}
	for name, example := range examples {
		t.Run(name, func(t *testing.T) { e.requireExample(t, filepath.Join(root, "examples/values", name), example) })
	}
}

// applyExample creates the sources, backups and Baselines of an example.
func (e *env) applyExample(dir string) {
	e.t.Helper()
	files, err := os.ReadDir(filepath.Join(dir, "backups"))
	if err != nil {
		e.t.Fatal(err)
	}
	for _, file := range files {
		objects := readObjects(e.t, filepath.Join(dir, "backups", file.Name()))
		for _, object := range objects {
			e.createObjects(object)
		}
		e.awaitSettled(objects[0].GetName())
		backup := &v1alpha1.BaselineBackup{
			ObjectMeta: metav1.ObjectMeta{Name: strings.TrimSuffix(file.Name(), ".yaml")}, Spec: v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{objects[0].GetName()}},
		}
		e.createObjects(backup)
		e.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseCompleted)
	}
	for _, object := range readObjects(e.t, filepath.Join(dir, "baselines.yaml")) {
		e.createObjects(object)
		baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: object.GetName()}}
		e.awaitPhase(baseline, &baseline.Status.Conditions, v1alpha1.ReasonBackupReady)
	}
}

// requireExample creates the namespaces of an example's cases, compares them with the golden files, and changes one of them.
func (e *env) requireExample(t *testing.T, dir string, example valuesExample) {
	t.Helper()
	cases, err := os.ReadDir(filepath.Join(dir, "cases"))
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, each := range cases {
		namespace := readObjects(t, filepath.Join(dir, "cases", each.Name(), "namespace.yaml"))[0]
		e.createObjects(namespace)
		if namespace.GetName() == example.waitsForItsOwn {
			e.awaitReady(namespace.GetName(), corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed)
			continue
		}
		e.awaitReady(namespace.GetName(), corev1.ConditionTrue, v1alpha1.ReasonRestored)
		e.requireExpected(t, namespace.GetName(), readObjects(t, filepath.Join(dir, "cases", each.Name(), "expected.yaml"))[1:])
	}
	others := e.versionsOutside(example.namespace)
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: example.namespace}}
	e.updateObject(namespace, func() { example.edit(namespace) })
	e.eventually(func(ctx context.Context) error {
		live := &unstructured.Unstructured{}
		version, kind, _ := cutLast(example.kind)
		live.SetAPIVersion(version)
		live.SetKind(kind)
		if err := e.Client.Get(ctx, client.ObjectKey{Namespace: example.namespace, Name: example.object}, live); err != nil {
			return err
		}
		if got := valueIn(live.Object, example.field); got != example.want {
			return fmt.Errorf("%s has %q in %v, want %q", example.object, got, example.field, example.want)
		}
		return nil
	})
	for object, version := range e.versionsOutside(example.namespace) {
		if others[object] != version {
			t.Errorf("%s was written, although another namespace was changed", object)
		}
	}
	if example.waitsForItsOwn != "" {
		waiting := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: example.waitsForItsOwn}}
		e.updateObject(waiting, func() { metav1.SetMetaDataLabel(&waiting.ObjectMeta, example.completingLabel, "x") })
		e.awaitReady(waiting.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	}
}

// cutLast cuts "apps/v1/Deployment" into the version and the kind.
func cutLast(text string) (before, after string, found bool) {
	i := strings.LastIndex(text, "/")
	return text[:i], text[i+1:], i >= 0
}

// valueIn returns the text at a path, whose numbers are items of lists.
func valueIn(value any, path []string) string {
	for _, step := range path {
		switch container := value.(type) {
		case map[string]any:
			value = container[step]
		case []any:
			if len(container) == 0 {
				return ""
			}
			value = container[0]
		}
	}
	return fmt.Sprint(value)
}

// versionsOutside returns the versions of all restored objects outside a namespace.
func (e *env) versionsOutside(namespace string) map[string]string {
	e.t.Helper()
	versions := map[string]string{}
	for kind, resource := range map[string]string{"ConfigMap": "v1", "ResourceQuota": "v1", "Deployment": "apps/v1", "Ingress": "networking.k8s.io/v1", "NetworkPolicy": "networking.k8s.io/v1", "RoleBinding": "rbac.authorization.k8s.io/v1"} {
		list := &metav1.PartialObjectMetadataList{}
		list.APIVersion, list.Kind = resource, kind+"List"
		if err := e.Client.List(e.ctx(), list, client.HasLabels{v1alpha1.LabelBaseline}); err != nil {
			e.t.Fatal(err)
		}
		for i := range list.Items {
			object := &list.Items[i]
			// The quota controller writes into each ResourceQuota, and the controller of Deployments into each of those.
			if object.Namespace != namespace {
				versions[kind+" "+object.Namespace+"/"+object.Name] = fmt.Sprint(object.Generation)
				if kind != "ResourceQuota" && kind != "Deployment" {
					versions[kind+" "+object.Namespace+"/"+object.Name] = object.ResourceVersion
				}
			}
		}
	}
	return versions
}
