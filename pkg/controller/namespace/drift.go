package namespace

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/audit"
	"seedbed.dev/seedbed/pkg/controller/attempt"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/pkg/restore"
)

// Audits has what audits found in namespaces.
type Audits interface {
	// Take returns the findings of a namespace, once. End must be called afterwards.
	Take(namespace string) []audit.Finding
	// End ends the findings that were taken.
	End(namespace string)
}

// settleFindings puts back what audits found, if the Baselines say so, and records the rest. An error is logged only: the next audit
// finds the same.
func (r *Reconciler) settleFindings(ctx context.Context, namespace *corev1.Namespace, known *snapshot, findings []audit.Finding) {
	for i := range findings {
		if err := attempt.IgnoreGone(r.settleFinding(ctx, namespace, known, &findings[i])); err != nil {
			log.FromContext(ctx).Error(err, "Could not act on an audit", "namespace", namespace.Name, "baseline", findings[i].Baseline.Name)
		}
	}
}

// settleFinding acts on one finding, unless the namespace was restored or updated since the audit.
func (r *Reconciler) settleFinding(ctx context.Context, namespace *corev1.Namespace, known *snapshot, finding *audit.Finding) error {
	record, choice := findAudited(known, finding)
	if record == nil {
		return nil
	}
	isCorrecting := finding.Baseline.Spec.DriftPolicyInForce().IsCorrected()
	if !isCorrecting && hashOf(finding.NextDrift(nil, nil, r.Clock.Now())) == hashOf(record.Drift) {
		return nil
	}
	whole, err := r.records.Read(ctx, namespace, record.Name)
	if err != nil {
		return err
	}
	if whole == nil || whole.ResourceVersion != record.ResourceVersion {
		return nil
	}
	var previous *v1alpha1.RecordedDrift // a policy that only reports ends the corrections from before
	var corrected map[string]v1alpha1.ObjectResult
	if isCorrecting {
		previous = whole.Drift
		if corrected, err = r.correctObjects(ctx, namespace, known, *choice, whole, finding); err != nil {
			return err
		}
	}
	next := finding.NextDrift(previous, corrected, r.Clock.Now())
	if hashOf(next) == hashOf(record.Drift) {
		return nil
	}
	written, err := r.records.WriteDrift(ctx, namespace, whole, next)
	if err != nil {
		return err
	}
	r.assumeRecord(namespace, written)
	r.emitDrift(written, corrected)
	return nil
}

// findAudited returns the record that was audited, and the reason why the namespace holds its baseline. It returns nil if one of
// them, or the Baseline's spec, has changed since the audit.
func findAudited(known *snapshot, finding *audit.Finding) (*v1alpha1.BaselineRecord, *policy.Choice) {
	name := finding.Baseline.Name
	baseline, record, choice := known.baselines[name], known.records[name], findChoice(known, name)
	if baseline == nil || record == nil || choice == nil || known.held != "" {
		return nil, nil
	}
	isSame := record.ResourceVersion == finding.Record.ResourceVersion && baseline.UID == finding.Baseline.UID && baseline.Generation == finding.Baseline.Generation
	if !isSame || !choice.IsUpdated() || !record.IsSettled() {
		return nil, nil
	}
	return record, choice
}

// findChoice returns the reason why the namespace holds a baseline, or nil.
func findChoice(known *snapshot, baseline string) *policy.Choice {
	i := slices.IndexFunc(known.decision.Choices, func(choice policy.Choice) bool { return choice.Baseline == baseline })
	if i < 0 {
		return nil
	}
	return &known.decision.Choices[i]
}

// hashOf returns the hash of a drift; empty if there is none.
func hashOf(drift *v1alpha1.RecordedDrift) string {
	if drift == nil {
		return ""
	}
	return drift.Hash
}

// correctObjects puts back the objects of a finding, and returns their results by key.
func (r *Reconciler) correctObjects(ctx context.Context, namespace *corev1.Namespace, known *snapshot, choice policy.Choice, whole *v1alpha1.BaselineRecord, finding *audit.Finding) (map[string]v1alpha1.ObjectResult, error) {
	keys := finding.ToCorrect(whole.Drift)
	if len(keys) == 0 {
		return nil, nil
	}
	held := whole.HeldRevision()
	task, waiting, err := r.prepareTask(ctx, namespace, known, choice, &held)
	if waiting != nil || err != nil {
		return nil, err
	}
	task.Existing, task.Correction = v1alpha1.ExistingResourcesUpdate, &restore.Correction{Keys: keys, Inspection: finding.InspectionOf}
	if known.endRestore == nil { // else it would wait for itself
		defer r.restores.yield(ctx)()
	}
	_, corrected, err := r.Executor.Runner.Correct(ctx, task)
	for key, result := range corrected {
		r.Executor.Recorder.Corrected(strings.ToLower(string(result.Result)))
		log.FromContext(ctx).Info("Corrected", "namespace", namespace.Name, "baseline", choice.Baseline, "object", key, "result", result.Result, "reason", result.Reason)
	}
	return corrected, err
}

// emitDrift emits an event about the objects that were put back, and one about those that differ.
func (r *Reconciler) emitDrift(record *v1alpha1.BaselineRecord, corrected map[string]v1alpha1.ObjectResult) {
	var keys []string
	for key, result := range corrected {
		if result.Result == v1alpha1.ResultCreated || result.Result == v1alpha1.ResultUpdated {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	if len(keys) > 0 {
		r.Executor.Events.Eventf(record, nil, corev1.EventTypeNormal, "Corrected", "Audit", "%s", v1alpha1.Cut("put back: "+strings.Join(keys, ", ")))
	}
	if record.HasDrifted() {
		texts := make([]string, len(record.Drift.Objects))
		for i := range record.Drift.Objects {
			texts[i] = record.Drift.Objects[i].String()
		}
		r.Executor.Events.Eventf(record, nil, corev1.EventTypeWarning, "Drifted", "Audit", "%s",
			v1alpha1.Cut(fmt.Sprintf("%d differ: %s", record.Drift.Count, strings.Join(texts, "; "))))
	}
}
