package flow

import (
	"context"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// A pod costs one evaluation of the gate for each Baseline that holds pods, and none for any other.
func TestGateEvaluatesOnlyBaselinesThatHoldPods(t *testing.T) {
	e := newGatedInstallation(t)
	controller := e.startController("--gate")
	e.awaitGate() // by one Baseline
	target := e.createTenantNamespace()
	e.awaitEvaluations(target.Name, 1)
	for i := range 20 {
		e.createObjects(unreadyBaseline(e.uniqueName(fmt.Sprintf("plain-%d", i)), v1alpha1.GateNone))
	}
	e.awaitEvaluations(target.Name, 1)
	one := unreadyBaseline(e.uniqueName("plain-0"), v1alpha1.GateNone)

	t.Run("one that comes to hold pods", func(t *testing.T) {
		e := newEnv(t, e.Installation)
		e.updateObject(one, func() { one.Spec.Gate = v1alpha1.GatePods })
		e.awaitEvaluations(target.Name, 2)
		held := annotatedNamespace(e.uniqueName("held"), one.Name)
		e.createObjects(held)
		e.requireRefused(e.awaitPod(held.Name, true), "is not ready for pods", one.Name)
	})
	t.Run("one that holds none any more", func(t *testing.T) {
		e := newEnv(t, e.Installation)
		e.updateObject(one, func() { one.Spec.Gate = v1alpha1.GateNone })
		e.awaitEvaluations(target.Name, 1)
	})
	t.Run("a label that somebody takes away", func(t *testing.T) {
		e := newEnv(t, e.Installation)
		e.updateObject(one, func() { delete(one.Labels, v1alpha1.LabelGate) })
		e.awaitEvaluations(target.Name, 1)
	})
	t.Run("without a controller, one that comes to hold pods", func(t *testing.T) {
		e := newEnv(t, e.Installation)
		plain := unreadyBaseline(e.uniqueName("plain"), v1alpha1.GateNone)
		e.createObjects(plain)
		e.awaitEvaluations(target.Name, 1) // it is labelled
		controller.Kill()
		e.updateObject(plain, func() { plain.Spec.Gate = v1alpha1.GatePods })
		e.createObjects(annotatedNamespace(e.uniqueName("target"), plain.Name))
		e.requireRefused(e.awaitPod(e.uniqueName("target"), true), "is not ready for pods", plain.Name)
		e.deleteObjects(plain)
	})
	t.Run("without a controller, a new one", func(t *testing.T) {
		e := newEnv(t, e.Installation)
		held := unreadyBaseline(e.uniqueName("held"), v1alpha1.GatePods)
		e.createObjects(held, unreadyBaseline(e.uniqueName("plain"), v1alpha1.GateNone), annotatedNamespace(e.uniqueName("target"), held.Name))
		e.requireRefused(e.awaitPod(e.uniqueName("target"), true), "is not ready for pods", held.Name)
		e.awaitEvaluations(target.Name, 3) // the other one is not labelled yet
		e.startController("--gate")
		e.awaitEvaluations(target.Name, 2)
	})
}

// A user who may change Baselines, and may not restore their backups, cannot lift their gate by the label.
func TestGateIsNotLiftedByLabel(t *testing.T) {
	e := sharedInstallation(t)
	editor := e.newUser("editor", newRule("get,list,create,update,patch", v1alpha1.GroupName, "baselines"))
	gates, plain := unreadyBaseline(e.uniqueName("gates"), v1alpha1.GatePods), unreadyBaseline(e.uniqueName("plain"), v1alpha1.GateNone)
	e.createObjects(gates, plain)
	const lift = `{"metadata":{"labels":{"seedbed.dev/gate":"None"}}}`
	for name, as := range map[string]client.Client{"an editor": editor, "an administrator": e.Client} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t, e.Installation)
			for _, kind := range []types.PatchType{types.MergePatchType, types.ApplyPatchType} {
				content := lift
				if kind == types.ApplyPatchType {
					content = `{"apiVersion":"seedbed.dev/v1alpha1","kind":"Baseline",` + lift[1:]
				}
				err := as.Patch(e.ctx(), gates.DeepCopy(), client.RawPatch(kind, []byte(content)), client.FieldOwner("lifter"))
				e.requireRefused(err, "seedbed.dev/gate: None", "remove the label")
			}
			made := unreadyBaseline(e.uniqueName("made"), v1alpha1.GatePods)
			made.Labels = map[string]string{v1alpha1.LabelGate: string(v1alpha1.GateNone)}
			e.requireRefused(as.Create(e.ctx(), made), "seedbed.dev/gate: None", "remove the label")
			if err := as.Patch(e.ctx(), plain.DeepCopy(), client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"team":"x"}}}`))); err != nil {
				t.Errorf("a label that means nothing: %v", err)
			}
		})
	}
	e.eventually(func(ctx context.Context) error {
		for _, baseline := range []*v1alpha1.Baseline{gates, plain} {
			if err := e.Client.Get(ctx, client.ObjectKeyFromObject(baseline), baseline); err != nil {
				return err
			}
		}
		if _, found := gates.Labels[v1alpha1.LabelGate]; found || plain.Labels[v1alpha1.LabelGate] != string(v1alpha1.GateNone) {
			return fmt.Errorf("the labels are %v where pods are held and %v where none are", gates.Labels, plain.Labels)
		}
		return nil
	})
}

// unreadyBaseline returns a Baseline whose backup is never created.
func unreadyBaseline(name string, gate v1alpha1.Gate) *v1alpha1.Baseline {
	return &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.BaselineSpec{Backup: "no-such", Gate: gate}}
}

// awaitEvaluations waits until the creation of a pod has the API server evaluate the gate for that many Baselines. It counts
// those that a match condition ends, as the one about mirror pods does.
func (e *env) awaitEvaluations(namespace string, wanted float64) {
	e.t.Helper()
	mirror := newPod(namespace, "probe")
	mirror.Annotations, mirror.Spec.NodeName = map[string]string{corev1.MirrorPodAnnotationKey: "x"}, "node"
	e.eventually(func(ctx context.Context) error {
		before, err := e.countEvaluations(ctx)
		if err != nil {
			return err
		}
		if err := e.Client.Create(ctx, mirror.DeepCopy(), client.DryRunAll); err != nil {
			return err
		}
		after, err := e.countEvaluations(ctx)
		if err == nil && after-before != wanted {
			err = fmt.Errorf("the gate was evaluated %v times for a pod; want %v", after-before, wanted)
		}
		return err
	})
}

// countEvaluations returns how often the API server has evaluated the gate.
func (e *env) countEvaluations(ctx context.Context) (float64, error) {
	api, err := kubernetes.NewForConfig(e.Cluster.Config())
	if err != nil {
		return 0, err
	}
	text, err := api.CoreV1().RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return 0, err
	}
	families, err := parseMetrics(text)
	if err != nil {
		return 0, err
	}
	return sumMetric(families["apiserver_admission_match_condition_evaluation_seconds"], "name", "seedbed-gate"), nil
}

// A namespace's annotation replaces the Optional baseline that selects it, and its gate, only while it is authorized.
func TestGateUsesAuthorizedAnnotation(t *testing.T) {
	e := newGatedInstallation(t)
	controller := e.startController("--gate")
	e.awaitGate()
	key := "team-" + e.suffix
	selected := e.createBaseline(e.createBackup(e.createSource(roleBinding("cluster-admin")), "rolebindings").Name, selectByLabel(key)) // its guard is never restored
	controller.Kill()
	e.removePolicies()
	tests := []struct {
		name, annotation string
		held             bool
	}{
		{"not reviewed", "other", true},
		{"malformed", "other,,x", true},
		{"blank", " ", true},
		{"opts out", " " + v1alpha1.NoBaseline + " ", false},
	}
	target := func(i int) *corev1.Namespace {
		namespace := labelledNamespace(e.uniqueName(fmt.Sprintf("target-%d", i)), key, "x")
		namespace.Annotations = map[string]string{v1alpha1.AnnotationBaseline: tests[i].annotation}
		return namespace
	}
	for i := range tests {
		e.createObjects(target(i))
	}
	e.installPolicies()
	e.startController("--gate")
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := newEnv(t, e.Installation)
			if test.held {
				e.awaitReady(target(i).Name, corev1.ConditionFalse, "")
			}
			err := e.awaitPod(target(i).Name, test.held)
			if test.held {
				e.requireRefused(err, "is not ready for pods", selected.Name)
			}
		})
	}
	t.Run("reviewed by now", func(t *testing.T) {
		e := newEnv(t, e.Installation)
		other := e.createBaseline(e.createBackup(e.createSource(configMap("a"))).Name, nil)
		namespace := target(0)
		e.updateObject(namespace, func() {
			metav1.SetMetaDataAnnotation(&namespace.ObjectMeta, v1alpha1.AnnotationBaseline, other.Name)
		})
		e.awaitReady(namespace.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
		_ = e.awaitPod(namespace.Name, false)
	})
}
