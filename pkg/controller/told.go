package controller

import (
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
)

// told remembers the conditions that this process has just written, until the cache shows them: the
// record's event is there before the namespace's, and without it the look that follows would write the same
// condition once more. What the cache shows is removed, as is a namespace that goes, so it stays small.
type told struct {
	mu         sync.Mutex
	namespaces map[string]toldNamespace
}

type toldNamespace struct {
	uid        types.UID
	version    string
	conditions []corev1.NamespaceCondition
}

func newTold() *told { return &told{namespaces: map[string]toldNamespace{}} }

// remember takes a namespace as the API server gave it back after the write.
func (t *told) remember(written *corev1.Namespace) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.namespaces[written.Name] = toldNamespace{written.UID, written.ResourceVersion, written.Status.Conditions}
}

// forget drops a namespace that is gone.
func (t *told) forget(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.namespaces, name)
}

// newest are a namespace's conditions: the cached ones, or those that were written since.
func (t *told) newest(cached *corev1.Namespace) []corev1.NamespaceCondition {
	t.mu.Lock()
	defer t.mu.Unlock()
	known, ok := t.namespaces[cached.Name]
	if !ok {
		return cached.Status.Conditions
	}
	order, err := resourceversion.CompareResourceVersion(cached.ResourceVersion, known.version)
	if known.uid == cached.UID && err == nil && order < 0 {
		return known.conditions
	}
	delete(t.namespaces, cached.Name)
	return cached.Status.Conditions
}
