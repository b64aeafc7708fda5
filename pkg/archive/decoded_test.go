package archive

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

func TestDecodedBytesApproximatesHeap(t *testing.T) {
	keys := make([]string, 80_000)
	for i := range keys {
		keys[i] = fmt.Sprintf(`"k%05d":"v"`, i)
	}
	tests := map[string]string{
		"a ConfigMap of 80,000 keys": `{"data":{` + strings.Join(keys, ",") + `}}`,
		"small objects":              `[` + strings.Repeat(`{"a":1},`, 100_000) + `{}]`,
		"nested objects":             strings.Repeat(`{"a":`, 5000) + `1` + strings.Repeat(`}`, 5000),
		"numbers":                    `[` + strings.Repeat(`1,`, 500_000) + `1]`,
		"empty lists":                `[` + strings.Repeat(`[],`, 300_000) + `[]]`,
		"one string":                 `{"a":"` + strings.Repeat(`{[,\"`, 100_000) + `"}`,
	}
	for name, content := range tests {
		t.Run(name, func(t *testing.T) {
			estimated, took := DecodedBytes([]byte(content)), decodedHeap(t, content)
			t.Logf("%d bytes: estimated %d, took %d", len(content), estimated, took)
			if took > 2*estimated || estimated > 4*took+int64(4*len(content)) {
				t.Errorf("estimated %d, and it took %d", estimated, took)
			}
		})
	}
}

// decodedHeap returns the memory that a decoded value takes.
func decodedHeap(t *testing.T, content string) int64 {
	t.Helper()
	var before, after runtime.MemStats
	raw := []byte(content)
	runtime.GC()
	runtime.ReadMemStats(&before)
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(value)
	runtime.KeepAlive(raw)
	return int64(after.HeapAlloc) - int64(before.HeapAlloc)
}
