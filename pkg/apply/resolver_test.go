package apply

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestAKnownKindDoesNotWaitForDiscovery(t *testing.T) {
	kind := schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}
	resolver := NewResolver(nil)
	resolver.known[kind] = &meta.RESTMapping{Scope: meta.RESTScopeNamespace}
	resolver.asking.Lock() // somebody reads discovery, and it hangs
	defer resolver.asking.Unlock()

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
		t.Error("it waits")
	}
}
