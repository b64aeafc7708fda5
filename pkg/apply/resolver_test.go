package apply

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestCachedKindDoesNotWaitForDiscovery(t *testing.T) {
	kind := schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}
	resolver := NewResolver(nil)
	resolver.known[kind] = &meta.RESTMapping{Scope: meta.RESTScopeNamespace}
	resolver.reading.Lock() // reading discovery hangs
	defer resolver.reading.Unlock()

	resolved := make(chan error, 1)
	go func() {
		_, err := resolver.Resolve(kind)
		resolved <- err
	}()
	select {
	case err := <-resolved:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("Resolve waits for discovery")
	}
}
