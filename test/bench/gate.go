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

// gatePods are created in each kind of namespace.
const gatePods = 300

// gateStages are how many Baselines there are in all that hold pods, and how many that hold none. Those of the sizes hold pods
// wherever any do.
var gateStages = []struct{ gating, plain int }{{1, 0}, {0, 0}, {0, 200}, {1, 200}, {1, 1000}, {0, 1000}, {10, 1000}}

// gateCost measures what the gate costs whoever creates a pod, in a namespace that no gated baseline covers and in one
// that is ready, beside one that the policies do not match. They take turns.
func (b *bench) gateCost(ctx context.Context) error {
	if !b.gate {
		return nil
	}
	creator, size := b.floors[b.sizes[0]].oneClient, b.sizes[0]
	unmatched, ungated, ready := metav1.NamespacePublic, b.name(seedbedPrefix), b.name(seedbedPrefix)
	for namespace, annotation := range map[string]string{ungated: "", ready: baselineName(size)} {
		seen := b.observer.expect(namespace, size)
		if err := creator.createNamespace(ctx, namespace, annotation); err != nil {
			return err
		}
		if annotation == "" {
			continue
		}
		if err := await(ctx, namespace+" to be ready", seen.ready); err != nil {
			return b.explain(namespace, err)
		}
	}
	for _, stage := range gateStages {
		gate, gating := v1alpha1.GatePods, max(stage.gating, len(b.sizes))
		if stage.gating == 0 {
			gate, gating = v1alpha1.GateNone, 0
		}
		if err := firstError(
			b.setGates(ctx, gate),
			b.gateBaselines(ctx, v1alpha1.GatePods, len(b.sizes), stage.gating),
			b.gateBaselines(ctx, v1alpha1.GateNone, 0, stage.plain),
			b.awaitBaselines(ctx), pause(ctx, settle),
		); err != nil {
			return err
		}
		name := fmt.Sprintf("%d baselines that gate, %d that do not", gating, stage.plain)
		if err := b.podsIn(ctx, creator, name, unmatched, ungated, ready); err != nil {
			return err
		}
	}
	return nil
}

// setGates sets the gate of the Baselines that namespaces are filled from.
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

// gateBaselines makes Baselines of a gate until there are so many, some of which there are already.
func (b *bench) gateBaselines(ctx context.Context, gate v1alpha1.Gate, there, wanted int) error {
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

// awaitBaselines waits until the controller has no Baseline left to look at.
func (b *bench) awaitBaselines(ctx context.Context) error {
	return cluster.Eventually(ctx, func(ctx context.Context) error {
		metrics, err := b.controllerMetrics(ctx)
		if err != nil {
			return err
		}
		if depth := metrics.sum("workqueue_depth", func(labels map[string]string) bool { return labels["name"] == "baseline" }); depth > 0 {
			return fmt.Errorf("%v baselines are in the queue", depth)
		}
		return nil
	})
}

var gateNames = map[v1alpha1.Gate]string{v1alpha1.GatePods: "pods", v1alpha1.GateNone: "none"}

func (b *bench) podsIn(ctx context.Context, client *bare, baselines, unmatched, ungated, ready string) error {
	say("gate: pods created with %s", baselines)
	taken := map[string][]time.Duration{}
	for range gatePods {
		for _, namespace := range []string{unmatched, ungated, ready} {
			body := fmt.Sprintf(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":%q},"spec":{"automountServiceAccountToken":false,"containers":[{"name":"main","image":"example.com/main"}]}}`, b.name("pod"))
			began := time.Now()
			if err := client.post(ctx, "/api/v1/namespaces/"+namespace+"/pods", []byte(body)); err != nil {
				return err
			}
			taken[namespace] = append(taken[namespace], time.Since(began))
		}
	}
	for _, share := range []float64{0.5, 0.99} {
		for what, namespace := range map[string]string{"an ungated": ungated, "a gated ready": ready} {
			b.report.times(fmt.Sprintf("pod create in %s namespace, %s, p%.0f", what, baselines, 100*share), 0,
				quantile(taken[unmatched], share), quantile(taken[namespace], share))
		}
	}
	return nil
}
