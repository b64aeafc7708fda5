package cached

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"
)

func TestListedObjectsAreShared(t *testing.T) {
	cached := toolscache.NewStore(toolscache.MetaNamespaceKeyFunc)
	store := &Store[*corev1.Namespace]{cached}
	if got := store.List(); len(got) != 0 {
		t.Errorf("an empty store lists %v", got)
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "team"}}
	if err := cached.Add(namespace); err != nil {
		t.Fatal(err)
	}
	if got := store.List(); len(got) != 1 || got[0] != namespace {
		t.Errorf("it lists %v, want the object itself", got)
	}
}
