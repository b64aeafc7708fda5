//go:build bench

package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	dto "github.com/prometheus/client_model/go"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/cluster"
)

const (
	// auditName is the name of the Baseline that is audited.
	auditName = "audited"
	// driftEvery is the share of the namespaces in which an object is changed: one in so many.
	driftEvery = 100
	// auditWithin bounds an audit.
	auditWithin = 10 * time.Minute
)

// measureAudit populates namespaces and measures audits of them: where nothing has changed, where some objects have, where the baseline
// is Required, so that these are put back, and the idle controller afterwards.
func (b *bench) measureAudit(ctx context.Context) error {
	if b.audit == 0 {
		return nil
	}
	size := b.sizes[0]
	setup := b.floors[size]
	name := fmt.Sprintf("audit, %d namespaces: ", b.audit)
	logf("%spopulating them", name)
	baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: auditName}, Spec: v1alpha1.BaselineSpec{Backup: baselineName(size)}}
	if err := b.installation.Client.Create(ctx, baseline); err != nil {
		return err
	}
	if err := b.awaitReady(ctx, baseline, &baseline.Status.Conditions); err != nil {
		return err
	}
	first := b.names + 1
	if _, err := b.seedbedBurst(ctx, setup.burstClient, size, b.audit, setup.burst.Namespaces, baseline.Name); err != nil {
		return err
	}
	last := b.names
	for _, step := range []struct {
		what string
		act  func() error
	}{
		{"nothing has changed", func() error { return pauseFor(ctx, settle) }},
		{fmt.Sprintf("an object of one in %d has", driftEvery), func() error { return b.makeDrift(ctx, size, first, last) }},
		{"the same again", func() error { return nil }},
		{"Required for the first time", func() error { return b.requireBaseline(ctx, baseline) }},
		{"Required, once more", func() error { return nil }},
	} {
		logf("%s%s", name, step.what)
		if err := step.act(); err != nil {
			return err
		}
		if err := b.reportAudit(ctx, name+step.what+", ", size, baseline); err != nil {
			return err
		}
	}
	return b.reportIdleLists(ctx, name)
}

// requireBaseline makes the Baseline Required: each object is compared by its content from then on.
func (b *bench) requireBaseline(ctx context.Context, baseline *v1alpha1.Baseline) error {
	patch := client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"enforcement":"Required"}}`))
	return b.installation.Client.Patch(ctx, baseline, patch)
}

// makeDrift changes an object in one of so many namespaces.
func (b *bench) makeDrift(ctx context.Context, size, first, last int) error {
	for i := first; i <= last; i += driftEvery {
		object := &corev1.ConfigMap{}
		object.Namespace, object.Name = fmt.Sprintf("%s-%05d", seedbedPrefix, i), newObject(size, 0, nil).Name
		patch := client.RawPatch("application/merge-patch+json", []byte(`{"data":{"log":"theirs"}}`))
		if err := b.installation.Client.Patch(ctx, object, patch, client.FieldOwner("editor")); err != nil {
			return err
		}
	}
	return nil
}

// reportAudit measures one audit.
func (b *bench) reportAudit(ctx context.Context, name string, size int, baseline *v1alpha1.Baseline) error {
	if err := resetPeak(b.controller.PID()); err != nil {
		return err
	}
	before, err := b.serverMetrics(ctx)
	if err != nil {
		return err
	}
	used, err := b.readUsage(ctx)
	if err != nil {
		return err
	}
	took, err := b.awaitAudit(ctx, baseline)
	if err != nil {
		return err
	}
	usedAfter, err := b.readUsage(ctx)
	if err != nil {
		return err
	}
	after, err := b.serverMetrics(ctx)
	if err != nil {
		return err
	}
	calls, seconds := subtractCalls(requestCounts(after), requestCounts(before)), subtractCalls(requestSeconds(after), requestSeconds(before))
	for _, own := range []call{{"GET", "baselines"}, {"PATCH", "baselines"}} { // of this program
		delete(calls, own)
	}
	bytes := subtractCalls(responseBytes(after), responseBytes(before))
	cpu := usedAfter.minus(used)
	for _, each := range []struct {
		what, unit string
		value      float64
	}{
		{"duration, half of it at rest", "s", took.Seconds()},
		{"lists", "calls", countVerbs(calls, "LIST")},
		{"reads", "calls", countVerbs(calls, "GET")},
		{"writes", "calls", countVerbs(calls, "PATCH", "PUT", "POST")},
		{"the API server's time for the lists", "s", countVerbs(seconds, "LIST")},
		{"bytes of the lists", "MiB", countVerbs(bytes, "LIST") / (1 << 20)},
		{"the API server's CPU time", "s", cpu.server.Seconds()},
		{"the controller's CPU time", "s", cpu.controller.Seconds()},
		{"namespaces that drifted", "", float64(baseline.Status.Audit.DriftedNamespaces)},
	} {
		b.report.addRow(row{Measurement: name + each.what, Objects: size, Unit: each.unit, Seedbed: each.value})
	}
	return b.reportMemory(ctx, name)
}

// awaitAudit asks for an audit, and returns how long it took.
func (b *bench) awaitAudit(ctx context.Context, baseline *v1alpha1.Baseline) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, auditWithin)
	defer cancel()
	last, _ := strconv.Atoi(baseline.Annotations[v1alpha1.AnnotationAuditRequested]) // none is zero
	request := strconv.Itoa(last + 1)
	patch := client.RawPatch("application/merge-patch+json", fmt.Appendf(nil, `{"metadata":{"annotations":{%q:%q}}}`, v1alpha1.AnnotationAuditRequested, request))
	began := time.Now()
	if err := b.installation.Client.Patch(ctx, baseline, patch); err != nil {
		return 0, err
	}
	err := cluster.Eventually(ctx, func(ctx context.Context) error {
		if err := b.installation.Client.Get(ctx, client.ObjectKeyFromObject(baseline), baseline); err != nil {
			return err
		}
		if audit := baseline.Status.Audit; audit == nil || audit.Request != request {
			return fmt.Errorf("the audit is %+v", audit)
		}
		return nil
	})
	return time.Since(began), err
}

// responseBytes returns the bytes of the API server's answers to each call.
func responseBytes(metrics metricFamilies) map[call]float64 {
	return groupByCall(metrics["apiserver_response_sizes"], func(m *dto.Metric) float64 { return m.GetHistogram().GetSampleSum() })
}
