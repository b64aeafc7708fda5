package transform_test

import (
	"fmt"
	"maps"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/transform"
)

func newObject(resource, apiVersion, kind, name string, fields map[string]any) transform.Object {
	root := map[string]any{
		"apiVersion": apiVersion, "kind": kind,
		"metadata": map[string]any{"name": name, "namespace": "foo", "uid": "uid-of-" + name},
	}
	maps.Copy(root, fields)
	return transform.Object{
		Resource: schema.ParseGroupResource(resource),
		Content:  &unstructured.Unstructured{Object: root},
	}
}

// An object is cleaned, then mapped. Here a Service is written into another namespace: its cluster IP is removed, and the DNS
// name of a Service that moves with it follows.
func Example() {
	objects := []transform.Object{
		newObject("services", "v1", "Service", "db", map[string]any{"spec": map[string]any{"clusterIP": "10.0.0.7"}}),
		newObject("services", "v1", "Service", "db-alias", map[string]any{
			"spec": map[string]any{"type": "ExternalName", "externalName": "db.foo.svc.cluster.local"},
		}),
		newObject("services", "v1", "Service", "cache-alias", map[string]any{
			"spec": map[string]any{"type": "ExternalName", "externalName": "cache.foo.svc.cluster.local"},
		}),
		newObject("events", "v1", "Event", "db.1", nil),
	}
	// The inventory needs the objects before Clean removes their UIDs.
	mapping := transform.Mapping{Source: "foo", Target: "bar", Inventory: transform.NewInventory("foo", objects)}
	for _, obj := range objects {
		verdict := transform.Clean(obj, mapping.Inventory)
		if verdict.Skip != "" {
			fmt.Printf("%s: skipped: %s\n", obj.Content.GetName(), verdict.Skip)
			continue
		}
		warnings := transform.Map(obj, mapping)
		fmt.Printf("%s: %v\n", obj.Content.GetName(), obj.Content.Object["spec"])
		for _, warning := range append(verdict.Warnings, warnings...) {
			fmt.Println(" ", warning)
		}
	}
	// Output:
	// db: map[]
	// db-alias: map[externalName:db.bar.svc.cluster.local type:ExternalName]
	// cache-alias: map[externalName:cache.foo.svc.cluster.local type:ExternalName]
	//   spec.externalName: names a Service of the source that is not in the backup: it stays the source's
	// db.1: skipped: events record what happened in the source
}

// A RoleBinding is written after its Role, and Pods are started last.
func ExampleStageOf() {
	for _, gk := range []schema.GroupKind{
		{Group: "apps", Kind: "Deployment"},
		{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"},
		{Group: "rbac.authorization.k8s.io", Kind: "Role"},
		{Group: "example.com", Kind: "Widget"},
	} {
		fmt.Println(transform.StageOf(gk), gk.Kind)
	}
	// Output:
	// 3 Deployment
	// 1 RoleBinding
	// 0 Role
	// 2 Widget
}

// A manager's mark is copied only for a pattern with its domain.
func ExampleSelectMetadata() {
	labels := map[string]string{
		"kubernetes.io/metadata.name": "foo",
		"team":                        "shop",
		"argocd.argoproj.io/instance": "foo",
	}
	fmt.Println(transform.SelectMetadata(labels, []string{"*"}))
	fmt.Println(transform.SelectMetadata(labels, []string{"argocd.argoproj.io/*"}))
	// Output:
	// map[team:shop]
	// map[argocd.argoproj.io/instance:foo]
}
