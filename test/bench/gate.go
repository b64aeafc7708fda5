//go:build bench

package main

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// gatePods are created in each kind of namespace.
const gatePods = 300

// gateCost measures what the gate costs whoever creates a pod, in a namespace that no gated baseline covers and in one
// that is ready, beside one that the policies do not match. They take turns.
func (b *bench) gateCost(ctx context.Context) error {
	if !b.gate {
		return nil
	}
	client, size := b.floors[b.sizes[0]].oneClient, b.sizes[0]
	unmatched, ungated, ready := metav1.NamespacePublic, b.name(seedbedPrefix), b.name(seedbedPrefix)
	for namespace, annotation := range map[string]string{ungated: "", ready: baselineName(size)} {
		seen := b.observer.expect(namespace, size)
		if err := client.createNamespace(ctx, namespace, annotation); err != nil {
			return err
		}
		if annotation == "" {
			continue
		}
		if err := await(ctx, namespace+" to be ready", seen.ready); err != nil {
			return b.explain(namespace, err)
		}
	}
	if err := b.podsIn(ctx, client, len(b.sizes), unmatched, ungated, ready); err != nil {
		return err
	}
	if _, err := b.moreBaselines(ctx, size); err != nil {
		return err
	}
	return b.podsIn(ctx, client, manyBaselines, unmatched, ungated, ready)
}

func (b *bench) podsIn(ctx context.Context, client *bare, baselines int, unmatched, ungated, ready string) error {
	say("gate: pods created with %d baselines", baselines)
	taken := map[string][]time.Duration{}
	for i := range gatePods {
		for _, namespace := range []string{unmatched, ungated, ready} {
			name := fmt.Sprintf("pod-%d-%d", baselines, i)
			body := fmt.Sprintf(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":%q},"spec":{"automountServiceAccountToken":false,"containers":[{"name":"main","image":"example.com/main"}]}}`, name)
			began := time.Now()
			if err := client.post(ctx, "/api/v1/namespaces/"+namespace+"/pods", []byte(body)); err != nil {
				return err
			}
			taken[namespace] = append(taken[namespace], time.Since(began))
		}
	}
	for _, share := range []float64{0.5, 0.99} {
		for what, namespace := range map[string]string{"an ungated": ungated, "a gated ready": ready} {
			b.report.times(fmt.Sprintf("pod create in %s namespace, %d baselines, p%.0f", what, baselines, 100*share), 0,
				quantile(taken[unmatched], share), quantile(taken[namespace], share))
		}
	}
	return nil
}
