//go:build bench

package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/cluster"
)

// rolloutName is the name of the Baseline that is rolled out.
const rolloutName = "rollout"

// rolloutWithin bounds a rollout, also one that yields to new namespaces all the time.
const rolloutWithin = 30 * time.Minute

// measureRollout populates namespaces, changes objects of the backup, and measures how they reach all of them: calls, rate
// beside bare patches and updates, memory, and what new namespaces notice of it.
func (b *bench) measureRollout(ctx context.Context) error {
	if b.rollout == 0 {
		return nil
	}
	size := b.sizes[0]
	setup := b.floors[size]
	name := fmt.Sprintf("rollout, %d namespaces: ", b.rollout)
	logf("%spopulating them", name)
	baseline, err := b.createRollout(ctx, size)
	if err != nil {
		return err
	}
	first := b.names + 1
	if _, err := b.seedbedBurst(ctx, setup.burstClient, size, b.rollout, setup.burst.Namespaces, baseline.Name); err != nil {
		return err
	}
	var namespaces []string
	for i := first; i <= b.names; i++ {
		namespaces = append(namespaces, fmt.Sprintf("%s-%05d", seedbedPrefix, i))
	}
	if err := b.measureEqualBackup(ctx, name, baseline, size); err != nil {
		return err
	}
	level := func(text string) string { return fmt.Sprintf("level: %s\nformat: json\n", text) }
	before, err := b.floorRollout(ctx, namespaces, size, level("info"))
	if err != nil {
		return err
	}
	if err := resetPeak(b.controller.PID()); err != nil { // populating has another one
		return err
	}
	seed, err := b.measureUpdates(ctx, name, baseline, size, level("debug"))
	if err != nil {
		return err
	}
	after, err := b.floorRollout(ctx, namespaces, size, level("debug"))
	if err != nil {
		return err
	}
	floor := (before + after) / 2 // the records are larger after an update
	b.report.addRow(row{
		Measurement: fmt.Sprintf("%srate, %d changed", name, b.changed), Objects: size, Unit: "namespaces/s", Floor: rateOf(b.rollout, floor),
		Seedbed: rateOf(b.rollout, seed), Ratio: rateOf(b.rollout, seed) / rateOf(b.rollout, floor),
	})
	if err := b.reportMemory(ctx, name); err != nil {
		return err
	}
	return b.measureNewNamespaces(ctx, name, baseline, size)
}

func rateOf(count int, took time.Duration) float64 { return float64(count) / took.Seconds() }

// createRollout creates a Baseline of the prepared backup that updates all namespaces in one step.
func (b *bench) createRollout(ctx context.Context, size int) (*v1alpha1.Baseline, error) {
	all := intstr.FromString("100%")
	baseline := &v1alpha1.Baseline{
		ObjectMeta: metav1.ObjectMeta{Name: rolloutName},
		Spec: v1alpha1.BaselineSpec{
			Backup:  baselineName(size),
			Rollout: &v1alpha1.BaselineRollout{Steps: []v1alpha1.RolloutStep{{Namespaces: &all}}, NewNamespaces: v1alpha1.NewNamespacesNewest},
		},
	}
	if err := b.installation.Client.Create(ctx, baseline); err != nil {
		return nil, err
	}
	return baseline, b.awaitReady(ctx, baseline, &baseline.Status.Conditions)
}

// backUp backs the source up again after an edit of its first objects.
func (b *bench) backUp(ctx context.Context, size int, name string, edit func(*corev1.ConfigMap)) error {
	for i := range b.changed {
		object := &corev1.ConfigMap{}
		if err := b.installation.Client.Get(ctx, client.ObjectKey{Namespace: sourceName(size), Name: newObject(size, i, nil).Name}, object); err != nil {
			return err
		}
		edit(object)
		if err := b.installation.Client.Update(ctx, object); err != nil {
			return err
		}
	}
	backup := &v1alpha1.BaselineBackup{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{sourceName(size)}, IncludedResources: []string{"configmaps"}},
	}
	if err := b.installation.Client.Create(ctx, backup); err != nil {
		return err
	}
	return b.awaitReady(ctx, backup, &backup.Status.Conditions)
}

// rollOut points the Baseline at a backup, and returns how long it took until no namespace was outdated.
func (b *bench) rollOut(ctx context.Context, baseline *v1alpha1.Baseline, backup string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, rolloutWithin)
	defer cancel()
	patch := client.RawPatch("application/merge-patch+json", fmt.Appendf(nil, `{"spec":{"backup":%q}}`, backup))
	began := time.Now()
	if err := b.installation.Client.Patch(ctx, baseline, patch); err != nil {
		return 0, err
	}
	generation := baseline.Generation
	err := cluster.Eventually(ctx, func(ctx context.Context) error {
		if err := b.installation.Client.Get(ctx, client.ObjectKeyFromObject(baseline), baseline); err != nil {
			return err
		}
		done := meta.FindStatusCondition(baseline.Status.Conditions, v1alpha1.ConditionRolledOut)
		if done == nil || done.Status != metav1.ConditionTrue || done.ObservedGeneration != generation {
			return fmt.Errorf("RolledOut is %+v", done)
		}
		return nil
	})
	return time.Since(began), err
}

// measureEqualBackup counts the writes into namespaces for a backup of equal content.
func (b *bench) measureEqualBackup(ctx context.Context, name string, baseline *v1alpha1.Baseline, size int) error {
	if err := b.backUp(ctx, size, "rollout-equal", func(object *corev1.ConfigMap) {
		metav1.SetMetaDataAnnotation(&object.ObjectMeta, "kubectl.kubernetes.io/last-applied-configuration", "{}")
	}); err != nil {
		return err
	}
	written, err := b.countUpdateCalls(ctx, func() error {
		_, err := b.rollOut(ctx, baseline, "rollout-equal")
		return err
	})
	if err != nil {
		return err
	}
	b.report.addRow(row{Measurement: name + "calls into namespaces for a backup of equal content", Objects: size, Unit: "calls", Seedbed: countVerbs(written, "GET", "POST", "PUT", "PATCH", "DELETE")})
	return nil
}

// measureUpdates updates all namespaces, and counts the calls.
func (b *bench) measureUpdates(ctx context.Context, name string, baseline *v1alpha1.Baseline, size int, log string) (took time.Duration, err error) {
	if err := b.backUp(ctx, size, "rollout-changed", func(object *corev1.ConfigMap) { object.Data["log"] = log }); err != nil {
		return 0, err
	}
	calls, err := b.countUpdateCalls(ctx, func() (err error) {
		profiled := b.startProfile(ctx, "rollout")
		took, err = b.rollOut(ctx, baseline, "rollout-changed")
		return firstError(profiled(), err)
	})
	if err != nil {
		return 0, err
	}
	for _, each := range sortedCalls(calls) {
		b.report.addRow(row{Measurement: fmt.Sprintf("%scalls of one namespace, %s %s", name, each.Verb, each.Resource), Objects: size, Unit: "calls", Seedbed: calls[each] / float64(b.rollout)})
	}
	total := countVerbs(calls, "GET", "LIST", "POST", "PUT", "PATCH", "DELETE")
	b.report.addRow(row{Measurement: fmt.Sprintf("%scalls of one namespace, %d changed", name, b.changed), Objects: size, Unit: "calls", Seedbed: total / float64(b.rollout)})
	return took, nil
}

// countUpdateCalls counts the calls about what is in namespaces while do runs.
func (b *bench) countUpdateCalls(ctx context.Context, do func() error) (map[call]float64, error) {
	if err := pauseFor(ctx, callsSettle); err != nil {
		return nil, err
	}
	before, err := b.readCalls(ctx)
	if err != nil {
		return nil, err
	}
	if err := firstError(do(), pauseFor(ctx, callsSettle)); err != nil {
		return nil, err
	}
	after, err := b.readCalls(ctx)
	if err != nil {
		return nil, err
	}
	calls := subtractCalls(after, before)
	for each := range calls {
		if !slices.Contains([]string{"configmaps", "namespaces", "namespaces/status", "baselinerecords"}, each.Resource) {
			delete(calls, each)
		}
	}
	return calls, nil
}
