package controller

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/pkg/restore"
)

// Forecaster says what a run would do.
type Forecaster interface {
	Preview(ctx context.Context, request restore.PreviewRequest) (*restore.Forecast, error)
}

// previewsAtOnce bounds how many previews are made at a time: restores come first, and each answer may be large.
const previewsAtOnce = 4

// Previews says what a restore would do. It writes nothing and works on every replica.
type Previews struct {
	executor   *Executor
	namespaces *NamespaceReconciler
	forecaster Forecaster
	own        string
	slots      chan struct{}
}

// NewPreviews makes Previews that look at namespaces as these reconcilers do. Seedbed's own namespace is never restored
// into.
func NewPreviews(executor *Executor, namespaces *NamespaceReconciler, forecaster Forecaster, ownNamespace string) *Previews {
	return &Previews{executor: executor, namespaces: namespaces, forecaster: forecaster, own: ownNamespace, slots: make(chan struct{}, previewsAtOnce)}
}

// Preview says what the restore of a backup into a namespace would do: by a Baseline's rules, or by hand when that is nil.
// A refusal says, in one line, why such a restore would do nothing; then there is no status. An error means that the
// question could not be answered now.
func (p *Previews) Preview(ctx context.Context, spec *v1alpha1.BaselinePreviewSpec, baseline *v1alpha1.Baseline, backup *v1alpha1.BaselineBackup) (status *v1alpha1.BaselinePreviewStatus, refusal string, err error) {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return nil, "", fmt.Errorf("waiting for other previews: %w", ctx.Err())
	}
	status, err = p.preview(ctx, spec, baseline, backup)
	var refused *refusedError
	switch {
	case err == nil:
		return status, "", nil
	case errors.As(err, &refused), errors.Is(err, restore.ErrContent), errors.Is(err, restore.ErrSourceNamespace),
		errors.Is(err, restore.ErrTooLarge), errors.Is(err, restore.ErrNamespaceGone):
		return nil, err.Error(), nil
	default:
		return nil, "", err
	}
}

// refusedError is why a restore would do nothing.
type refusedError struct{ error }

func (p *Previews) preview(ctx context.Context, spec *v1alpha1.BaselinePreviewSpec, baseline *v1alpha1.Baseline, backup *v1alpha1.BaselineBackup) (*v1alpha1.BaselinePreviewStatus, error) {
	backup, err := p.latest(ctx, backup)
	if err != nil {
		return nil, err
	}
	task := restoreTask{spec: restore.Spec{Backup: backup.Name, Digest: backup.Status.Digest, Source: spec.SourceNamespace}, existing: spec.ExistingResources}
	restorable := usableByHand(backup)
	if baseline != nil {
		task, restorable = newTask(baseline, backup), usable(backup)
	}
	if policy.Excluded(spec.Namespace, p.own) {
		return nil, &refusedError{refuseSystem(spec.Namespace)}
	}
	if !restorable {
		return nil, &refusedError{refuseUnusable(backup)}
	}
	missing, warnings, err := p.target(ctx, spec.Namespace, baseline, &task)
	if err != nil {
		return nil, err
	}
	plan, err := p.executor.Plans.Get(ctx, task.spec)
	if err != nil {
		return nil, err
	}
	forecast, err := p.forecaster.Preview(ctx, restore.PreviewRequest{
		Request: restore.Request{
			Namespace: spec.Namespace, Plan: plan, Existing: task.existing, Required: task.required, Brought: ownerCheck(ctx, p.executor.Plans, task.requiredBefore),
		},
		Missing: missing, Trial: p.own, Objects: spec.Objects,
	})
	if err != nil {
		return nil, err
	}
	forecast.Warnings = append(forecast.Warnings, warnings...)
	return previewStatus(&task, plan, forecast, missing), nil
}

// latest is a backup as it is now where it seems not to be restorable: a preview may follow its completion at once, and the
// cache then still shows it InProgress.
func (p *Previews) latest(ctx context.Context, backup *v1alpha1.BaselineBackup) (*v1alpha1.BaselineBackup, error) {
	if usableByHand(backup) {
		return backup, nil
	}
	live := &v1alpha1.BaselineBackup{}
	err := p.executor.Live.Get(ctx, types.NamespacedName{Name: backup.Name}, live)
	switch {
	case apierrors.IsNotFound(err):
		return backup, nil
	case err != nil:
		return nil, fmt.Errorf("reading backup %s: %w", backup.Name, err)
	}
	return live, nil
}

// target reads the namespace and what it holds: from the API server, since a preview may follow a create at once.
func (p *Previews) target(ctx context.Context, name string, baseline *v1alpha1.Baseline, task *restoreTask) (missing bool, warnings []string, err error) {
	task.namespace = &corev1.Namespace{}
	err = p.executor.Live.Get(ctx, types.NamespacedName{Name: name}, task.namespace)
	switch {
	case apierrors.IsNotFound(err):
		task.namespace = &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
		return true, nil, nil
	case err != nil:
		return false, nil, fmt.Errorf("reading namespace %s: %w", name, err)
	case task.namespace.DeletionTimestamp != nil:
		return false, nil, &refusedError{fmt.Errorf("namespace %s is being deleted: nothing is restored into it any more", name)}
	}
	known, err := p.namespaces.takeSnapshot(ctx, task.namespace)
	if err != nil {
		return false, nil, err
	}
	if baseline == nil {
		task.requiredBefore = requiredBefore(known, "")
		return false, nil, nil
	}
	task.requiredBefore = requiredBefore(known, baseline.Name)
	if record := known.records[baseline.Name]; record != nil && record.Result.Phase == v1alpha1.PhaseCompleted {
		warnings = append(warnings, fmt.Sprintf("namespaces/%s: holds baseline %s already: nothing is restored again unless its record is deleted", name, baseline.Name))
	}
	return false, warnings, nil
}

// maxPreviewItems is how many objects a preview names, as its schema has it.
const maxPreviewItems = 20000

// previewStatus is what users see of a forecast: pure.
func previewStatus(task *restoreTask, plan *restore.Plan, forecast *restore.Forecast, missingNamespace bool) *v1alpha1.BaselinePreviewStatus {
	status := &v1alpha1.BaselinePreviewStatus{
		NamespaceExists: !missingNamespace,
		Backup:          task.spec.Backup, SourceNamespace: plan.Source, Digest: task.spec.Digest,
		Counts: forecast.Counts, Items: forecast.Items, Objects: forecast.Objects,
	}
	if task.metadata != nil {
		status.Labels = missing(task.namespace.Labels, plan.Labels(task.metadata.Labels), task.required)
		status.Annotations = missing(task.namespace.Annotations, plan.Annotations(task.metadata.Annotations), task.required)
	}
	warnings := forecast.Warnings
	if more := len(status.Items) - maxPreviewItems; more > 0 {
		status.Items = status.Items[:maxPreviewItems]
		warnings = append(warnings, fmt.Sprintf("items: %d more objects are counted and not named", more))
	}
	status.Warnings, status.WarningCount = mergeWarnings(&v1alpha1.RestoreResult{}, warnings)
	return status
}
