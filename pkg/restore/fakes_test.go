package restore

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/plan"
)

// fakePlans returns one plan for every spec.
type fakePlans struct{ plan *plan.Plan }

func (f fakePlans) Get(context.Context, plan.Spec) (*plan.Plan, error) { return f.plan, nil }

func (f fakePlans) Delta(context.Context, plan.Spec, plan.Spec) (*plan.Delta, error) {
	return &plan.Delta{}, nil
}

// fakeNamespaces has every namespace, alive and with a UID made of its name.
type fakeNamespaces struct{ client.Client }

func (fakeNamespaces) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	into.SetName(key.Name)
	into.SetUID(uidOf(key.Name))
	return nil
}

func uidOf(name string) types.UID { return types.UID("uid-of-" + name) }

// taskFor returns a task for an existing namespace.
func taskFor(namespace string) Task {
	return Task{Namespace: &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace, UID: uidOf(namespace)}}, Spec: plan.Spec{Backup: "b", Digest: "d"}}
}
