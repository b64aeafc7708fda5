//go:build bench

package main

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/cluster"
)

// gatePods is the number of pods that are created in each kind of namespace.
const gatePods = 300

// gateStages are the numbers of Baselines with a gate, and of those without one. The Baselines of the sizes have a gate if any has.
var gateStages = []struct{ gating, plain int }{{1, 0}, {0, 0}, {0, 200}, {1, 200}, {1, 1000}, {0, 1000}, {10, 1000}}

// measureGate measures the gate's cost for the client that creates a pod: in a namespace that no gated baseline covers and in a
// ready one, against one that the policies do not match. They take turns.
func (b *bench) measureGate(ctx context.Context) error {
	if !b.gate {
		return nil
	}
	creator, size := b.floors[b.sizes[0]].oneClient, b.sizes[0]
	unmatched, ungated, ready := metav1.NamespacePublic, b.uniqueName(seedbedPrefix), b.uniqueName(seedbedPrefix)
	for namespace, annotation := range map[string]string{ungated: "", ready: baselineName(size)} {
		seen := b.observer.expectNamespace(namespace, size)
		if err := creator.createNamespace(ctx, namespace, annotation); err != nil {
			return err
		}
		if annotation == "" {
			continue
		}
		if err := awaitClosed(ctx, namespace+" to be ready", seen.ready); err != nil {
			return b.explainError(namespace, err)
		}
	}
	for _, stage := range gateStages {
		gate, gating := v1alpha1.GatePods, max(stage.gating, len(b.sizes))
		if stage.gating == 0 {
			gate, gating = v1alpha1.GateNone, 0
		}
		if err := firstError(
			b.setGates(ctx, gate),
			b.createGateBaselines(ctx, v1alpha1.GatePods, len(b.sizes), stage.gating),
			b.createGateBaselines(ctx, v1alpha1.GateNone, 0, stage.plain),
			b.awaitBaselines(ctx), pauseFor(ctx, settle),
		); err != nil {
			return err
		}
		name := fmt.Sprintf("%d baselines that gate, %d that do not", gating, stage.plain)
		if err := b.measurePods(ctx, creator, name, unmatched, ungated, ready); err != nil {
			return err
		}
	}
	return nil
}

// setGates sets the gate of the Baselines that fill namespaces.
func (b *bench) setGates(ctx context.Context, gate v1alpha1.Gate) error {
	patch := client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{"spec":{"gate":%q}}`, gate))
	for _, size := range b.sizes {
		baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: baselineName(size)}}
		if err := b.installation.Client.Patch(ctx, baseline, patch); err != nil {
			return fmt.Errorf("setting the gate of baseline %s: %w", baseline.Name, err)
		}
	}
	return nil
}

// createGateBaselines creates Baselines with a gate until there are wanted, of which some exist already.
func (b *bench) createGateBaselines(ctx context.Context, gate v1alpha1.Gate, there, wanted int) error {
	for i := there; i < wanted; i++ {
		baseline := &v1alpha1.Baseline{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("bench-gate-%s-%d", gateNames[gate], i)},
			Spec:       v1alpha1.BaselineSpec{Backup: baselineName(b.sizes[0]), Gate: gate},
		}
		if err := b.installation.Client.Create(ctx, baseline); err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("making baseline %s: %w", baseline.Name, err)
		}
	}
	return nil
}

// awaitBaselines waits until the controller has reconciled every Baseline.
func (b *bench) awaitBaselines(ctx context.Context) error {
	return cluster.Eventually(ctx, func(ctx context.Context) error {
		metrics, err := b.controllerMetrics(ctx)
		if err != nil {
			return err
		}
		if depth := metrics.sumSeries("workqueue_depth", func(labels map[string]string) bool { return labels["name"] == "baseline" }); depth > 0 {
			return fmt.Errorf("%v baselines are in the queue", depth)
		}
		return nil
	})
}

var gateNames = map[v1alpha1.Gate]string{v1alpha1.GatePods: "pods", v1alpha1.GateNone: "none"}

func (b *bench) measurePods(ctx context.Context, client *bareClient, baselines, unmatched, ungated, ready string) error {
	logf("gate: pods created with %s", baselines)
	taken := map[string][]time.Duration{}
	for range gatePods {
		for _, namespace := range []string{unmatched, ungated, ready} {
			body := fmt.Sprintf(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":%q},"spec":{"automountServiceAccountToken":false,"containers":[{"name":"main","image":"example.com/main"}]}}`, b.uniqueName("pod"))
			began := time.Now()
			if err := client.postObject(ctx, "/api/v1/namespaces/"+namespace+"/pods", []byte(body)); err != nil {
				return err
			}
			taken[namespace] = append(taken[namespace], time.Since(began))
		}
	}
	for _, share := range []float64{0.5, 0.99} {
		for what, namespace := range map[string]string{"an ungated": ungated, "a gated ready": ready} {
			b.report.addTimes(fmt.Sprintf("pod create in %s namespace, %s, p%.0f", what, baselines, 100*share), 0,
				quantile(taken[unmatched], share), quantile(taken[namespace], share))
		}
	}
	return nil
}
