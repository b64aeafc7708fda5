package controller

import (
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
)

// assumedConditions remembers the conditions that this process has just written, until the cache shows them: the
// record's event is there before the namespace's, and without it the reconcile that follows would write the same
// condition once more. Conditions that the cache shows are removed, as is a namespace that goes, so it stays small.
type assumedConditions struct {
	mu         sync.Mutex
	namespaces map[string]assumedNamespace
}

type assumedNamespace struct {
	uid        types.UID
	version    string
	conditions []corev1.NamespaceCondition
}

func newAssumedConditions() *assumedConditions {
	return &assumedConditions{namespaces: map[string]assumedNamespace{}}
}

// add remembers a namespace as the API server gave it back after the write.
func (a *assumedConditions) add(written *corev1.Namespace) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.namespaces[written.Name] = assumedNamespace{written.UID, written.ResourceVersion, written.Status.Conditions}
}

// forget drops a namespace that is gone.
func (a *assumedConditions) forget(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.namespaces, name)
}

// newest returns a namespace's conditions: the cached ones, or those that were written since.
func (a *assumedConditions) newest(cached *corev1.Namespace) []corev1.NamespaceCondition {
	a.mu.Lock()
	defer a.mu.Unlock()
	known, ok := a.namespaces[cached.Name]
	if !ok {
		return cached.Status.Conditions
	}
	order, err := resourceversion.CompareResourceVersion(cached.ResourceVersion, known.version)
	if known.uid == cached.UID && err == nil && order < 0 {
		return known.conditions
	}
	delete(a.namespaces, cached.Name)
	return cached.Status.Conditions
}
