package flow

import (
	"context"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/cluster"
)

// newGatedInstallation returns an installation with the gate's policies in force.
func newGatedInstallation(t *testing.T) *env {
	t.Helper()
	e := newInstallation(t)
	if err := e.Apply(e.ctx(), "config/gate/*.yaml"); err != nil {
		t.Fatal(err)
	}
	return e
}

// newPod returns a Pod such as a user would create.
func newPod(namespace, name string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "example.com/main"}}},
	}
}

// guardObjects returns the objects that stamp a Pod: a pull secret by its ServiceAccount, and limits.
func guardObjects() []client.Object {
	return []client.Object{
		&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "registry"}, Data: map[string][]byte{"token": []byte("x")}},
		&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "app"}, ImagePullSecrets: []corev1.LocalObjectReference{{Name: "registry"}}},
		&corev1.LimitRange{ObjectMeta: metav1.ObjectMeta{Name: "defaults"}, Spec: corev1.LimitRangeSpec{Limits: []corev1.LimitRangeItem{{
			Type: corev1.LimitTypeContainer, Default: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("64Mi")},
		}}}},
	}
}

// awaitPod waits until the API server holds a namespace's pods, or admits them: it receives policies and Baselines by
// watches.
func (e *env) awaitPod(namespace string, held bool) error {
	e.t.Helper()
	var last error
	e.eventually(func(ctx context.Context) error {
		last = e.Client.Create(ctx, newPod(namespace, "probe"), client.DryRunAll)
		if (last != nil) != held {
			return fmt.Errorf("a pod in %s was %s; held should be %v", namespace, classifyResult(last), held)
		}
		return nil
	})
	return last
}

func gatePods(s *v1alpha1.BaselineSpec) { s.Gate = v1alpha1.GatePods }

// selectByLabel returns an edit of a Baseline's spec: gated, for namespaces with the label.
func selectByLabel(key string) func(*v1alpha1.BaselineSpec) {
	return func(s *v1alpha1.BaselineSpec) {
		s.Gate, s.NamespaceSelector = v1alpha1.GatePods, &metav1.LabelSelector{MatchLabels: map[string]string{key: "x"}}
	}
}

// awaitGate returns when the API server enforces the gate: it receives policies, and the kind of their parameters, by
// watches, and admits every pod until then.
func (e *env) awaitGate() {
	e.t.Helper()
	name := e.uniqueName("probe")
	e.createObjects(&v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.BaselineSpec{
		Backup: "no-such", Gate: v1alpha1.GatePods, NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"gate": "probe"}},
	}}, labelledNamespace(name, "gate", "probe"))
	_ = e.awaitPod(name, true)
}

// classifyResult returns the result of a create in a word.
func classifyResult(err error) string {
	if err == nil {
		return "let in"
	}
	return "refused: " + err.Error()
}

// createPod creates a pod in a namespace as a controller does: it retries until the pod is admitted. It returns the number
// of tries.
func (e *env) createPod(t *testing.T, namespace string) (made *corev1.Pod, tries int) {
	err := cluster.Eventually(e.ctx(), func(ctx context.Context) error {
		tries++
		made = newPod(namespace, "main")
		made.Spec.ServiceAccountName = "app"
		return e.Client.Create(ctx, made)
	})
	if err != nil {
		t.Error(err)
		return nil, tries
	}
	return made, tries
}

func isStamped(pod *corev1.Pod) bool {
	_, limited := pod.Spec.Containers[0].Resources.Limits[corev1.ResourceMemory]
	return len(pod.Spec.ImagePullSecrets) > 0 && limited
}

// awaitAge waits until a namespace's creation is in another second than now: times are whole seconds.
func (e *env) awaitAge(namespace *corev1.Namespace) {
	e.t.Helper()
	e.eventually(func(ctx context.Context) error {
		probe := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: "probe-", Namespace: namespace.Name}}
		if err := e.Client.Create(ctx, probe); err != nil {
			return err
		}
		if !probe.CreationTimestamp.After(namespace.CreationTimestamp.Time) {
			return fmt.Errorf("it is still %s", namespace.CreationTimestamp)
		}
		return nil
	})
}

// countEvents returns the number of events about a namespace with a reason.
func (e *env) countEvents(ctx context.Context, namespace, reason string) (count int, err error) {
	var events eventsv1.EventList
	if err := e.Client.List(ctx, &events); err != nil {
		return 0, err
	}
	for i := range events.Items {
		if events.Items[i].Reason == reason && events.Items[i].Regarding.Name == namespace {
			count++
		}
	}
	return count, nil
}
