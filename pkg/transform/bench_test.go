package transform

import (
	"fmt"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// benchObjects returns n objects as namespaces hold them; every fourth names the source.
func benchObjects(b *testing.B, n int) []Object {
	b.Helper()
	objects := make([]Object, 0, n)
	for i := range n {
		var raw string
		switch i % 4 {
		case 0:
			raw = fmt.Sprintf(`{"apiVersion":"v1","kind":"Service","metadata":{"name":"db%d","namespace":"foo",
				"uid":"u-%d","resourceVersion":"7","labels":{"app":"db","team":"shop"}},
				"spec":{"clusterIP":"10.0.0.1","selector":{"app":"db"},"ports":[{"port":80,"nodePort":30080}]}}`, i, i)
		case 1:
			raw = fmt.Sprintf(`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web%d",
				"namespace":"foo","uid":"u-%d","managedFields":[{"manager":"kubectl"}],
				"annotations":{"deployment.kubernetes.io/revision":"1"}},"spec":{"replicas":2,"template":{"spec":
				{"containers":[{"name":"web","image":"web","env":[{"name":"DB","value":"db%d.foo.svc:5432"}]}]}}}}`, i, i, i-1)
		case 2:
			raw = fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings%d","namespace":"foo",
				"uid":"u-%d"},"data":{"a":"some text that is a little longer","b":"another text, no names in it"}}`, i, i)
		default:
			raw = fmt.Sprintf(`{"apiVersion":"v1","kind":"Secret","metadata":{"name":"password%d","namespace":"foo",
				"uid":"u-%d"},"type":"Opaque","data":{"password":"aHVudGVyMg=="}}`, i, i)
		}
		objects = append(objects, parseObject(b, []byte(raw)))
	}
	return objects
}

// BenchmarkPlan measures the cost of one plan: the inventory, and cleaning and mapping each object.
func BenchmarkPlan(b *testing.B) {
	for _, n := range []int{20, 200, 2000} {
		objects := benchObjects(b, n)
		b.Run(fmt.Sprintf("objects=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				copies := copyObjects(objects)
				b.StartTimer()
				cleanAndMap(copies)
			}
		})
	}
}

func cleanAndMap(objects []Object) {
	mapping := Mapping{Source: goldenSource, Target: goldenTarget, Inventory: NewInventory(goldenSource, objects)}
	for _, obj := range objects {
		if Clean(obj, mapping.Inventory).Skip == "" {
			Map(obj, mapping)
		}
	}
}

func copyObjects(objects []Object) []Object {
	copies := make([]Object, len(objects))
	for i, obj := range objects {
		copies[i] = Object{Resource: obj.Resource, Content: &unstructured.Unstructured{Object: obj.Content.DeepCopy().Object}}
	}
	return copies
}
