//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Baselines of the same guards, with and without the gate, and with it for namespaces that are selected.
const (
	gatedBaseline    = "e2e-gated"
	ungatedBaseline  = "e2e-ungated"
	selectedBaseline = "e2e-gated-selected"
	gateLabel        = "seedbed-e2e-gate"
)

// gate turns the gate on and creates pods behind their namespaces: with it none is without pull secret or limits for good.
func gate(t *testing.T, w *world) {
	w.must(t, "helm", "upgrade", w.release, w.chart, "--namespace", w.namespace, "--reuse-values", "--set", "gate.enabled=true")
	w.awaitPods(t)
	w.gateBaselines(t)
	for _, kind := range []podKind{bare, deployed} {
		for _, clients := range []int{1, 20} {
			without := w.podsBehind(t, ungatedBaseline, kind, clients)
			with := w.podsBehind(t, gatedBaseline, kind, clients)
			t.Logf("%s pods, %d clients: without the gate %s; with it %s", kind, clients, without, with)
			if with.unstamped != 0 {
				t.Errorf("%s pods, %d clients: with the gate %d pods are without pull secret or limits for good", kind, clients, with.unstamped)
			}
		}
	}
	w.deploymentsRun(t)
	w.gateWithoutControllers(t)
}

// gateBaselines makes a source of what a pod is stamped with, a pull secret by the default ServiceAccount and limits, and
// baselines of it.
func (w *world) gateBaselines(t *testing.T) {
	t.Helper()
	source := w.name("gate-source")
	w.create(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: source}},
		&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: source, Name: "registry"}, Data: map[string][]byte{"token": []byte("x")}},
		&corev1.LimitRange{ObjectMeta: metav1.ObjectMeta{Namespace: source, Name: "defaults"}, Spec: corev1.LimitRangeSpec{Limits: []corev1.LimitRangeItem{{
			Type: corev1.LimitTypeContainer, Default: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("64Mi")},
		}}}})
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: source, Name: "default"}}
	w.eventually(t, func(ctx context.Context) error {
		return w.Patch(ctx, account, client.RawPatch(types.MergePatchType, []byte(`{"imagePullSecrets":[{"name":"registry"}]}`)))
	})
	w.must(t, "seedbed", "backup", "create", "e2e-guards", "--include-namespaces", source, "--wait")
	for name, flags := range map[string][]string{
		ungatedBaseline:  nil,
		gatedBaseline:    {"--gate", "pods"},
		selectedBaseline: {"--gate", "pods", "--namespace-selector", gateLabel + "=" + w.run},
	} {
		w.must(t, "seedbed", append([]string{"baseline", "create", name, "--backup", "e2e-guards", "--wait"}, flags...)...)
	}
}

// gateWithoutControllers takes every controller away: pods in a gated new namespace are refused and told why, pods
// elsewhere are not, and when the controllers are back the namespace opens.
func (w *world) gateWithoutControllers(t *testing.T) {
	t.Helper()
	w.must(t, "kubectl", "-n", w.namespace, "scale", "deployment", w.fullname(), "--replicas=0")
	w.eventually(t, func(ctx context.Context) error {
		pods, err := w.pods(ctx)
		if err == nil && len(pods) > 0 {
			err = fmt.Errorf("%d controllers are still there", len(pods))
		}
		return err
	})
	held := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.name("gate-held"), Labels: map[string]string{gateLabel: w.run}}}
	plain := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.name("gate-plain")}}
	w.create(t, held, plain)
	w.letsIn(t, plain.Name)
	err := w.Create(w.context(t), w.idle(held.Name, "early"))
	if err == nil {
		t.Fatal("a pod was let into a gated namespace while no controller was up")
	}
	says(t, err.Error(), "is not ready for pods", selectedBaseline, "kubectl wait --for=condition=BaselineGuarded namespace/"+held.Name)
	w.must(t, "kubectl", "-n", w.namespace, "scale", "deployment", w.fullname(), fmt.Sprintf("--replicas=%d", replicas))
	w.awaitPods(t)
	w.awaitCondition(t, held.Name, v1alpha1.ReasonRestored, corev1.ConditionTrue)
	w.letsIn(t, held.Name)
}

// letsIn creates a pod as soon as the namespace has its default ServiceAccount.
func (w *world) letsIn(t *testing.T, namespace string) {
	t.Helper()
	w.eventually(t, func(ctx context.Context) error { return w.Create(ctx, w.idle(namespace, "late")) })
}

// idle is a pod that no node takes: what admission made of it is all that is looked at.
func (w *world) idle(namespace, name string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: corev1.PodSpec{
			NodeSelector: map[string]string{gateLabel: "no-node"},
			Containers:   []corev1.Container{{Name: "main", Image: w.repository + ":" + w.tag}},
		},
	}
}

// deploymentsRun tells how long a Deployment that is created right behind its namespace takes to its first running pod.
func (w *world) deploymentsRun(t *testing.T) {
	t.Helper()
	const each = 5
	took := map[string][]time.Duration{}
	for i := range each {
		for _, name := range []string{ungatedBaseline, gatedBaseline} {
			namespace := w.asking(fmt.Sprintf("gate-run-%d-%s", i, name), name)
			w.create(t, namespace)
			began := time.Now()
			w.create(t, w.deployment(namespace.Name, nil))
			w.eventually(t, func(ctx context.Context) error { return w.started(ctx, namespace.Name) })
			took[name] = append(took[name], time.Since(began).Round(time.Millisecond))
		}
	}
	t.Logf("from the Deployment's create to its first running pod: without the gate %s, with it %s", took[ungatedBaseline], took[gatedBaseline])
}

// started says whether a container of the namespace's pod ran: that of the image ends at once, and is started again.
func (w *world) started(ctx context.Context, namespace string) error {
	pods := &corev1.PodList{}
	if err := w.List(ctx, pods, client.InNamespace(namespace)); err != nil {
		return err
	}
	for i := range pods.Items {
		if statuses := pods.Items[i].Status.ContainerStatuses; len(statuses) > 0 && statuses[0].ContainerID != "" {
			return nil
		}
	}
	return fmt.Errorf("none of the %d pods of namespace %s has run", len(pods.Items), namespace)
}
