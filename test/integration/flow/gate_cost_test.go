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
	w := gated(t)
	controller := w.start("--gate")
	w.awaitGate() // by one Baseline
	target := w.prepared()
	w.awaitEvaluations(target.Name, 1)
	for i := range 20 {
		w.create(unready(w.name(fmt.Sprintf("plain-%d", i)), v1alpha1.GateNone))
	}
	w.awaitEvaluations(target.Name, 1)
	one := unready(w.name("plain-0"), v1alpha1.GateNone)

	t.Run("one that comes to hold pods", func(t *testing.T) {
		w := newWorld(t, w.Installation)
		w.change(one, func() { one.Spec.Gate = v1alpha1.GatePods })
		w.awaitEvaluations(target.Name, 2)
		held := asking(w.name("held"), one.Name)
		w.create(held)
		w.refused(w.awaitPod(held.Name, true), "is not ready for pods", one.Name)
	})
	t.Run("one that holds none any more", func(t *testing.T) {
		w := newWorld(t, w.Installation)
		w.change(one, func() { one.Spec.Gate = v1alpha1.GateNone })
		w.awaitEvaluations(target.Name, 1)
	})
	t.Run("a label that somebody takes away", func(t *testing.T) {
		w := newWorld(t, w.Installation)
		w.change(one, func() { delete(one.Labels, v1alpha1.LabelGate) })
		w.awaitEvaluations(target.Name, 1)
	})
	t.Run("without a controller, one that comes to hold pods", func(t *testing.T) {
		w := newWorld(t, w.Installation)
		plain := unready(w.name("plain"), v1alpha1.GateNone)
		w.create(plain)
		w.awaitEvaluations(target.Name, 1) // it is labelled
		controller.Kill()
		w.change(plain, func() { plain.Spec.Gate = v1alpha1.GatePods })
		w.create(asking(w.name("target"), plain.Name))
		w.refused(w.awaitPod(w.name("target"), true), "is not ready for pods", plain.Name)
		w.remove(plain)
	})
	t.Run("without a controller, a new one", func(t *testing.T) {
		w := newWorld(t, w.Installation)
		held := unready(w.name("held"), v1alpha1.GatePods)
		w.create(held, unready(w.name("plain"), v1alpha1.GateNone), asking(w.name("target"), held.Name))
		w.refused(w.awaitPod(w.name("target"), true), "is not ready for pods", held.Name)
		w.awaitEvaluations(target.Name, 3) // the other one is not labelled yet
		w.start("--gate")
		w.awaitEvaluations(target.Name, 2)
	})
}

// Whoever may change Baselines, and not what they hand out, does not lift their gate by the label.
func TestGateIsNotLiftedByTheLabel(t *testing.T) {
	w := shared(t)
	editor := w.user("editor", may("get,list,create,update,patch", v1alpha1.GroupName, "baselines"))
	gates, plain := unready(w.name("gates"), v1alpha1.GatePods), unready(w.name("plain"), v1alpha1.GateNone)
	w.create(gates, plain)
	const lift = `{"metadata":{"labels":{"seedbed.dev/gate":"None"}}}`
	for name, as := range map[string]client.Client{"an editor": editor, "an administrator": w.Client} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, w.Installation)
			for _, kind := range []types.PatchType{types.MergePatchType, types.ApplyPatchType} {
				content := lift
				if kind == types.ApplyPatchType {
					content = `{"apiVersion":"seedbed.dev/v1alpha1","kind":"Baseline",` + lift[1:]
				}
				err := as.Patch(w.ctx(), gates.DeepCopy(), client.RawPatch(kind, []byte(content)), client.FieldOwner("lifter"))
				w.refused(err, "seedbed.dev/gate: None", "remove the label")
			}
			made := unready(w.name("made"), v1alpha1.GatePods)
			made.Labels = map[string]string{v1alpha1.LabelGate: string(v1alpha1.GateNone)}
			w.refused(as.Create(w.ctx(), made), "seedbed.dev/gate: None", "remove the label")
			if err := as.Patch(w.ctx(), plain.DeepCopy(), client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"team":"x"}}}`))); err != nil {
				t.Errorf("a label that means nothing: %v", err)
			}
		})
	}
	w.eventually(func(ctx context.Context) error {
		for _, baseline := range []*v1alpha1.Baseline{gates, plain} {
			if err := w.Client.Get(ctx, client.ObjectKeyFromObject(baseline), baseline); err != nil {
				return err
			}
		}
		if _, found := gates.Labels[v1alpha1.LabelGate]; found || plain.Labels[v1alpha1.LabelGate] != string(v1alpha1.GateNone) {
			return fmt.Errorf("the labels are %v where pods are held and %v where none are", gates.Labels, plain.Labels)
		}
		return nil
	})
}

// unready makes the object of a Baseline whose backup nobody makes.
func unready(name string, gate v1alpha1.Gate) *v1alpha1.Baseline {
	return &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.BaselineSpec{Backup: "no-such", Gate: gate}}
}

// awaitEvaluations waits until the creation of a pod has the API server evaluate the gate for so many Baselines. It counts those
// that a match condition ends, as the one about mirror pods does.
func (w *world) awaitEvaluations(namespace string, wanted float64) {
	w.t.Helper()
	mirror := pod(namespace, "probe")
	mirror.Annotations, mirror.Spec.NodeName = map[string]string{corev1.MirrorPodAnnotationKey: "x"}, "node"
	w.eventually(func(ctx context.Context) error {
		before, err := w.evaluations(ctx)
		if err != nil {
			return err
		}
		if err := w.Client.Create(ctx, mirror.DeepCopy(), client.DryRunAll); err != nil {
			return err
		}
		after, err := w.evaluations(ctx)
		if err == nil && after-before != wanted {
			err = fmt.Errorf("the gate was evaluated %v times for a pod; want %v", after-before, wanted)
		}
		return err
	})
}

// evaluations returns how often the API server has evaluated the gate.
func (w *world) evaluations(ctx context.Context) (float64, error) {
	api, err := kubernetes.NewForConfig(w.Cluster.Config())
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

// A namespace's annotation replaces the Optional baseline that selects it, and its gate, only where it is in force.
func TestGateGoesByTheAnnotationInForce(t *testing.T) {
	w := gated(t)
	controller := w.start("--gate")
	w.awaitGate()
	key := "team-" + w.suffix
	selected := w.baseline(w.backup(w.source(roleBinding("cluster-admin")), "rolebindings").Name, selecting(key)) // its guard is never restored
	controller.Kill()
	w.removePolicies()
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
		namespace := labelled(w.name(fmt.Sprintf("target-%d", i)), key, "x")
		namespace.Annotations = map[string]string{v1alpha1.AnnotationBaseline: tests[i].annotation}
		return namespace
	}
	for i := range tests {
		w.create(target(i))
	}
	w.installPolicies()
	w.start("--gate")
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, w.Installation)
			if test.held {
				w.awaitReady(target(i).Name, corev1.ConditionFalse, "")
			}
			err := w.awaitPod(target(i).Name, test.held)
			if test.held {
				w.refused(err, "is not ready for pods", selected.Name)
			}
		})
	}
	t.Run("reviewed by now", func(t *testing.T) {
		w := newWorld(t, w.Installation)
		other := w.baseline(w.backup(w.source(configMap("a"))).Name, nil)
		namespace := target(0)
		w.change(namespace, func() {
			metav1.SetMetaDataAnnotation(&namespace.ObjectMeta, v1alpha1.AnnotationBaseline, other.Name)
		})
		w.awaitReady(namespace.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
		_ = w.awaitPod(namespace.Name, false)
	})
}
