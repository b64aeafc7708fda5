//go:build bench

package main

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// valuesName is the name of the Baseline whose objects have values of each namespace's own.
const valuesName = "bench-values"

// valuesBurst is the number of namespaces in each burst.
const valuesBurst = 100

// measureValues measures bursts of namespaces with two objects that have values of their own, and of those without, in turn.
func (b *bench) measureValues(ctx context.Context) error {
	if b.values == 0 {
		return nil
	}
	size := b.sizes[0]
	if err := b.createValues(ctx, size); err != nil {
		return err
	}
	logf("%d objects: %d bursts of %d namespaces with values in two of them, and as many without", size, b.values, valuesBurst)
	setup, rounds := b.floors[size], make([]burstPair, b.values)
	for i := range rounds {
		measure := func(into *burst, baseline string) func() error {
			return func() (err error) {
				*into, err = b.measureCPU(ctx, seedbedPrefix, func() (burst, error) {
					return b.seedbedBurst(ctx, setup.burstClient, size, valuesBurst, setup.burst.Namespaces, baseline)
				})
				return err
			}
		}
		sides := []func() error{measure(&rounds[i].floor, baselineName(size)), measure(&rounds[i].seed, valuesName)}
		for turn := range sides {
			if err := sides[(i+turn)%len(sides)](); err != nil {
				return err
			}
		}
	}
	without, with := meanOfRounds(rounds, func(one burstPair) (floor, seed float64) { return one.floor.ready.Seconds(), one.seed.ready.Seconds() })
	b.report.addRow(row{
		Measurement: fmt.Sprintf("burst of %d: rate to BaselineReady, without values and with them in two objects", valuesBurst), Objects: size, Unit: "namespaces/s",
		Floor: valuesBurst / without, Seedbed: valuesBurst / with, Ratio: without / with,
	})
	cpuWithout, cpuWith := meanOfRounds(rounds, func(one burstPair) (floor, seed float64) {
		return milliseconds(one.floor.cpu.controller) / valuesBurst, milliseconds(one.seed.cpu.controller) / valuesBurst
	})
	b.report.addRow(row{
		Measurement: fmt.Sprintf("burst of %d: CPU of the controller for a namespace, without values and with them", valuesBurst), Objects: size, Unit: "ms",
		Floor: cpuWithout, Seedbed: cpuWith, Ratio: cpuWith / cpuWithout,
	})
	return nil
}

// createValues creates the Baseline with values: a host from the namespace's name, and a size from its label with a default.
func (b *bench) createValues(ctx context.Context, size int) error {
	value := func(object int, expression string) v1alpha1.BaselineValue {
		return v1alpha1.BaselineValue{Target: v1alpha1.ObjectTarget{Kind: "ConfigMap", Name: newObject(size, object, nil).Name}, Path: "/data/log", Expression: expression}
	}
	baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: valuesName}, Spec: v1alpha1.BaselineSpec{Backup: baselineName(size)}}
	baseline.Spec.Values = []v1alpha1.BaselineValue{
		value(0, "target.name + '.apps.example.com'"), value(1, "{'gold': '40', 'silver': '20'}[?target.labels[?'tier'].orValue('none')].orValue('10')"),
	}
	if err := b.installation.Client.Create(ctx, baseline); err != nil {
		return err
	}
	return b.awaitReady(ctx, baseline, &baseline.Status.Conditions)
}
