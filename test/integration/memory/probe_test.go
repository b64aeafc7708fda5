package memory

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// probeEvery is the interval of the dry-run creates of a namespace that asks for a baseline.
const probeEvery = 100 * time.Millisecond

// probe measures the latency of admission meanwhile.
type probe struct {
	stop func()

	took   []time.Duration
	failed int
}

// startProbe creates namespaces by dry run until stopProbe. A slow one does not delay the next.
func startProbe(ctx context.Context, c client.Client, baseline string) *probe {
	ctx, cancel := context.WithCancel(ctx)
	p := &probe{}
	var mu sync.Mutex
	var all sync.WaitGroup
	all.Go(func() {
		tick := time.NewTicker(probeEvery)
		defer tick.Stop()
		for number := 0; ; number++ {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			all.Go(func() {
				namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
					Name: fmt.Sprintf("probe-%d", number), Annotations: map[string]string{v1alpha1.AnnotationBaseline: baseline},
				}}
				began := time.Now()
				err := c.Create(ctx, namespace, client.DryRunAll)
				mu.Lock()
				defer mu.Unlock()
				if ctx.Err() != nil {
					return // stopProbe cut it off
				}
				p.took = append(p.took, time.Since(began))
				if err != nil {
					p.failed++
				}
			})
		}
	})
	p.stop = func() { cancel(); all.Wait() }
	return p
}

// stopProbe stops the probe and returns a description of its measurements.
func (p *probe) stopProbe() string {
	p.stop()
	if len(p.took) == 0 {
		return "no creates"
	}
	slices.Sort(p.took)
	at := func(share float64) time.Duration {
		return p.took[int(share*float64(len(p.took)-1))].Round(100 * time.Microsecond)
	}
	return fmt.Sprintf("%d creates, %d failed, p50 %s, p99 %s, longest %s", len(p.took), p.failed, at(0.5), at(0.99), at(1))
}
