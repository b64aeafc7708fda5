package transform

import (
	"fmt"
	"testing"
)

// BenchmarkPlanConfigMaps measures the plan of 1,000 ConfigMaps, which no rule concerns.
func BenchmarkPlanConfigMaps(b *testing.B) {
	const count = 1000
	objects := make([]Object, 0, count)
	for i := range count {
		objects = append(objects, parseObject(b, fmt.Appendf(nil, `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings%d",
			"namespace":"foo","uid":"u-%d","labels":{"app":"web"},"annotations":{"example.com/owner":"shop"}},"data":{"a":"some text","b":"another text"}}`, i, i)))
	}
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		copies := copyObjects(objects)
		b.StartTimer()
		cleanAndMap(copies)
	}
}
