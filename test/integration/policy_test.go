package integration

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/rand"
	corev1apply "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/kubernetes"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/test/cluster"
)

// annotatedNamespace is a namespace that the manager "before" created with the annotation.
type annotatedNamespace struct {
	client    kubernetes.Interface
	namespace *corev1.Namespace
}

func newAnnotatedNamespace(t *testing.T) *annotatedNamespace {
	t.Helper()
	a := &annotatedNamespace{client: clientFor(t, testCluster.Config())}
	a.namespace = &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "annotated-" + rand.String(8)}}
	a.applyAs(t, "before", "web", nil)
	t.Cleanup(func() {
		ctx := cleanupContext(t)
		if err := a.client.CoreV1().Namespaces().Delete(ctx, a.namespace.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	return a
}

// applyAs applies the annotation and the labels as a manager.
func (a *annotatedNamespace) applyAs(t *testing.T, manager, value string, labels map[string]string) {
	t.Helper()
	wanted := corev1apply.Namespace(a.namespace.Name).WithLabels(labels)
	if value != "" {
		wanted = wanted.WithAnnotations(map[string]string{v1alpha1.AnnotationBaseline: value})
	}
	applied, err := a.client.CoreV1().Namespaces().Apply(testContext(t), wanted, metav1.ApplyOptions{FieldManager: manager, Force: true})
	if err != nil {
		t.Fatal(err)
	}
	a.namespace = applied
}

// updateAs writes the annotation's value as the named manager, with or without the status subresource.
func (a *annotatedNamespace) updateAs(t *testing.T, manager, value string, status bool) {
	t.Helper()
	changed := a.namespace.DeepCopy()
	changed.Annotations[v1alpha1.AnnotationBaseline] = value
	write := a.client.CoreV1().Namespaces().Update
	if status {
		write = a.client.CoreV1().Namespaces().UpdateStatus
	}
	updated, err := write(testContext(t), changed, metav1.UpdateOptions{FieldManager: manager})
	if err != nil {
		t.Fatal(err)
	}
	a.namespace = updated
}

// awaitNextSecond returns in a later second than the namespace's creation.
func (a *annotatedNamespace) awaitNextSecond(t *testing.T) {
	t.Helper()
	if err := cluster.AwaitLaterSecond(testContext(t), a.namespace.CreationTimestamp); err != nil {
		t.Fatal(err)
	}
}

// The API server decides which manager owns the annotation, and since when: these are its rules.
func TestChosenLaterFollowsManagedFields(t *testing.T) {
	for name, test := range map[string]struct {
		write func(*testing.T, *annotatedNamespace)
		want  bool
	}{
		"nothing happened":            {func(t *testing.T, a *annotatedNamespace) {}, false},
		"another manager set a label": {func(t *testing.T, a *annotatedNamespace) { a.applyAs(t, "after", "", map[string]string{"team": "a"}) }, false},
		"another manager agreed": {func(t *testing.T, a *annotatedNamespace) {
			a.applyAs(t, "after", "web", map[string]string{"team": "a"})
		}, false},
		"another manager applied a change": {func(t *testing.T, a *annotatedNamespace) { a.applyAs(t, "after", "api", nil) }, true},
		"another manager updated it":       {func(t *testing.T, a *annotatedNamespace) { a.updateAs(t, "after", "api", false) }, true},
		"it was updated through status":    {func(t *testing.T, a *annotatedNamespace) { a.updateAs(t, "after", "api", true) }, true},
		"the same manager changed it":      {func(t *testing.T, a *annotatedNamespace) { a.applyAs(t, "before", "api", nil) }, true},
		"taken away and set again": {func(t *testing.T, a *annotatedNamespace) {
			a.applyAs(t, "before", "", nil)
			a.applyAs(t, "before", "web", nil)
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // each waits for a second to pass
			a := newAnnotatedNamespace(t)
			a.awaitNextSecond(t)
			test.write(t, a)
			if got := policy.ChosenLater(a.namespace, policy.Choice{Asked: true}, nil); got != test.want {
				t.Errorf("ChosenLater = %v, want %v; managed by %+v", got, test.want, a.namespace.ManagedFields)
			}
		})
	}
}
