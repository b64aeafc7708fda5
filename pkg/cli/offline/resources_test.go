package offline

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"

	"seedbed.dev/seedbed/test/check"
)

// The clients of client-go list the resources of Kubernetes: the client of a namespaced one is made for a namespace.
func TestBuiltinResourcesAreThoseOfClientGo(t *testing.T) {
	lines := map[string]string{}
	clients := reflect.TypeFor[kubernetes.Interface]()
	for version := range clients.Methods() {
		group := version.Type
		if group.NumIn() > 0 || group.Out(0).Kind() != reflect.Interface {
			continue
		}
		for method := range group.Out(0).Methods() {
			addBuiltin(t, lines, method)
		}
	}
	text := "# The resources of Kubernetes, as `kubectl api-resources -o yaml` names them. Written by `go test ./pkg/cli/offline -update`.\n" +
		"apiVersion: v1\nkind: APIResourceList\nresources:\n"
	for _, key := range slices.Sorted(maps.Keys(lines)) {
		text += lines[key]
	}
	check.Golden(t, text, "..", "builtin.yaml")
}

// addBuiltin adds the line of a resource, if objects of it can be created and listed.
func addBuiltin(t *testing.T, lines map[string]string, method reflect.Method) {
	t.Helper()
	if method.Type.NumOut() != 1 || method.Type.Out(0).Kind() != reflect.Interface {
		return
	}
	client := method.Type.Out(0)
	create, found := client.MethodByName("Create")
	if _, lists := client.MethodByName("List"); !found || !lists {
		return
	}
	object, isObject := reflect.TypeAssert[runtime.Object](reflect.New(create.Type.In(1).Elem()))
	if !isObject {
		t.Fatalf("%s creates no object", method.Name)
	}
	kinds, _, err := scheme.Scheme.ObjectKinds(object)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.ToLower(method.Name)
	line := fmt.Sprintf("- {name: %s, kind: %s, namespaced: %t}\n", name, kinds[0].Kind, method.Type.NumIn() == 1)
	if kinds[0].Group != "" {
		line = fmt.Sprintf("- {group: %s, %s", kinds[0].Group, strings.TrimPrefix(line, "- {"))
	}
	lines[kinds[0].Group+"/"+name] = line
}

func TestResourcesAreThoseOfKubectlAndDefinitions(t *testing.T) {
	table, err := newResourceTable([]string{"testdata/resources/kubectl.yaml", "testdata/resources/crd.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[string]string{
		"Deployment.apps":    "deployments.apps true",
		"Ingress.extensions": "ingresses.extensions true",
		"Namespace":          "namespaces false",
		"Gadget.example.com": "gadgets.example.com true",
		"Tenant.example.com": "tenants.example.com false",
		"Widget.example.org": "widgets.example.org true",
	} {
		name, group, _ := strings.Cut(kind, ".")
		found := table[schema.GroupKind{Group: group, Kind: name}]
		if got := fmt.Sprintf("%s %t", found.GroupResource, found.namespaced); got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
	}
	_, err = newResourceTable([]string{"testdata/resources/other.yaml"})
	check.Error(t, err, "testdata/resources/other.yaml, document 1: kind ConfigMap names no resources: --resources takes")
	_, err = newResourceTable([]string{"testdata/resources/none.yaml"})
	check.Error(t, err, "reading testdata/resources/none.yaml: no such file")
}
