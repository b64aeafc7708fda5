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

// Baselines of the same guards: without the gate, with it, and with it for selected namespaces.
const (
	gatedBaseline    = "e2e-gated"
	ungatedBaseline  = "e2e-ungated"
	selectedBaseline = "e2e-gated-selected"
	gateLabel        = "seedbed-e2e-gate"
)

// testGate creates pods right after their namespaces: with the gate, no pod stays without pull secret or limits.
func testGate(t *testing.T, e *env) {
	e.mustRun(t, "helm", "upgrade", e.release, e.chart, "--namespace", e.namespace, "--reuse-values", "--set", "gate.enabled=true")
	e.awaitPods(t)
	e.createGateBaselines(t)
	for _, kind := range []podKind{bare, deployed} {
		for _, clients := range []int{1, 20} {
			without := e.createPods(t, ungatedBaseline, kind, clients)
			with := e.createPods(t, gatedBaseline, kind, clients)
			t.Logf("%s pods, %d clients: without the gate %s; with it %s", kind, clients, without, with)
			if with.unstamped != 0 {
				t.Errorf("%s pods, %d clients: with the gate %d pods are without pull secret or limits for good", kind, clients, with.unstamped)
			}
		}
	}
	e.measureDeployments(t)
	e.requireGateWithoutControllers(t)
}

// createGateBaselines creates a source of the pod defaults (a pull secret by the default ServiceAccount, and limits) and
// baselines of it.
func (e *env) createGateBaselines(t *testing.T) {
	t.Helper()
	source := e.runName("gate-source")
	e.createObjects(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: source}},
		&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: source, Name: "registry"}, Data: map[string][]byte{"token": []byte("x")}},
		&corev1.LimitRange{ObjectMeta: metav1.ObjectMeta{Namespace: source, Name: "defaults"}, Spec: corev1.LimitRangeSpec{Limits: []corev1.LimitRangeItem{{
			Type: corev1.LimitTypeContainer, Default: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("64Mi")},
		}}}})
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: source, Name: "default"}}
	e.requireEventually(t, func(ctx context.Context) error {
		return e.Patch(ctx, account, client.RawPatch(types.MergePatchType, []byte(`{"imagePullSecrets":[{"name":"registry"}]}`)))
	})
	e.mustRun(t, "seedbed", "backup", "create", "e2e-guards", "--include-namespaces", source, "--wait")
	for name, flags := range map[string][]string{
		ungatedBaseline:  nil,
		gatedBaseline:    {"--gate", "pods"},
		selectedBaseline: {"--gate", "pods", "--namespace-selector", gateLabel + "=" + e.run},
	} {
		e.mustRun(t, "seedbed", append([]string{"baseline", "create", name, "--backup", "e2e-guards", "--wait"}, flags...)...)
	}
}

// requireGateWithoutControllers removes every controller: pods in a gated new namespace are refused with the reason, pods
// elsewhere are admitted, and the namespace opens once the controllers are back.
func (e *env) requireGateWithoutControllers(t *testing.T) {
	t.Helper()
	e.mustRun(t, "kubectl", "-n", e.namespace, "scale", "deployment", e.chartFullname(), "--replicas=0")
	e.requireEventually(t, func(ctx context.Context) error {
		pods, err := e.listPods(ctx)
		if err == nil && len(pods) > 0 {
			err = fmt.Errorf("%d controllers are still there", len(pods))
		}
		return err
	})
	held := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: e.runName("gate-held"), Labels: map[string]string{gateLabel: e.run}}}
	plain := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: e.runName("gate-plain")}}
	e.createObjects(t, held, plain)
	e.awaitPodAdmitted(t, plain.Name)
	err := e.Create(e.newContext(t), e.newIdlePod(held.Name, "early"))
	if err == nil {
		t.Fatal("a pod was let into a gated namespace while no controller was up")
	}
	requireContains(t, err.Error(), "is not ready for pods", selectedBaseline, "kubectl wait --for=condition=BaselineGuarded namespace/"+held.Name)
	e.mustRun(t, "kubectl", "-n", e.namespace, "scale", "deployment", e.chartFullname(), fmt.Sprintf("--replicas=%d", replicas))
	e.awaitPods(t)
	e.awaitCondition(t, held.Name, v1alpha1.ReasonRestored, corev1.ConditionTrue)
	e.awaitPodAdmitted(t, held.Name)
}

// awaitPodAdmitted creates a pod once the namespace has its default ServiceAccount.
func (e *env) awaitPodAdmitted(t *testing.T, namespace string) {
	t.Helper()
	e.requireEventually(t, func(ctx context.Context) error { return e.Create(ctx, e.newIdlePod(namespace, "late")) })
}

// newIdlePod returns a pod that no node takes: only the fields that admission set are checked.
func (e *env) newIdlePod(namespace, name string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: corev1.PodSpec{
			NodeSelector: map[string]string{gateLabel: "no-node"},
			Containers:   []corev1.Container{{Name: "main", Image: e.repository + ":" + e.tag}},
		},
	}
}

// measureDeployments logs the time from a Deployment's create, right after its namespace, to its first running pod.
func (e *env) measureDeployments(t *testing.T) {
	t.Helper()
	const each = 5
	took := map[string][]time.Duration{}
	for i := range each {
		for _, name := range []string{ungatedBaseline, gatedBaseline} {
			namespace := e.newAskingNamespace(fmt.Sprintf("gate-run-%d-%s", i, name), name)
			e.createObjects(t, namespace)
			began := time.Now()
			e.createObjects(t, e.newDeployment(namespace.Name, nil))
			e.requireEventually(t, func(ctx context.Context) error { return e.checkPodStarted(ctx, namespace.Name) })
			took[name] = append(took[name], time.Since(began).Round(time.Millisecond))
		}
	}
	t.Logf("from the Deployment's create to its first running pod: without the gate %s, with it %s", took[ungatedBaseline], took[gatedBaseline])
}

// checkPodStarted returns an error until a container of the namespace's pod has run. The image's container ends at once and is restarted.
func (e *env) checkPodStarted(ctx context.Context, namespace string) error {
	pods := &corev1.PodList{}
	if err := e.List(ctx, pods, client.InNamespace(namespace)); err != nil {
		return err
	}
	for i := range pods.Items {
		if statuses := pods.Items[i].Status.ContainerStatuses; len(statuses) > 0 && statuses[0].ContainerID != "" {
			return nil
		}
	}
	return fmt.Errorf("none of the %d pods of namespace %s has run", len(pods.Items), namespace)
}
