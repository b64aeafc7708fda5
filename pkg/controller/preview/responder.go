package preview

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/audit"
	"seedbed.dev/seedbed/pkg/controller/attempt"
	"seedbed.dev/seedbed/pkg/controller/authorization"
	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/pkg/restore"
)

// Forecaster predicts restores.
type Forecaster interface {
	Preview(ctx context.Context, task restore.Task, objectBytes int) (*restore.Forecast, error)
	// CompareNamespaces returns which namespaces an update from a revision treats alike.
	CompareNamespaces(ctx context.Context, task *restore.Task, from v1alpha1.RevisionContent) (*restore.Likeness, error)
}

// Namespaces prepares tasks; package namespace implements it.
type Namespaces interface {
	// PrepareTask sets the parts of a task that depend on its namespace. It makes the task of a Baseline that the namespace
	// holds an update.
	PrepareTask(ctx context.Context, task *restore.Task, baseline *v1alpha1.Baseline) error
	// FindHolder returns a namespace as the holder of a Baseline. It has no record if the namespace does not hold it.
	FindHolder(ctx context.Context, namespace *corev1.Namespace, baseline *v1alpha1.Baseline) (audit.Holder, error)
}

// Authorization decides whether the admission policies reviewed a preview.
type Authorization interface {
	// Preview returns the verdict on a preview that was created at a time, and the reason with any verdict but
	// authorization.Reviewed.
	Preview(ctx context.Context, created metav1.Time) (authorization.Verdict, error)
}

// Responder predicts restores. It writes nothing.
type Responder struct {
	// Live reads past the cache.
	Live          client.Reader
	Namespaces    Namespaces
	Authorization Authorization
	Forecaster    Forecaster
	Comparer      Comparer
	Plans         Plans
	Fleet         Fleet
	// Namespace is Seedbed's own. Nothing is restored into it.
	Namespace string
}

// previewRefusal is the error of a preview that will never have an answer.
type previewRefusal struct {
	// reason of the condition Ready.
	reason string
	error
}

func refusePreview(reason, format string, args ...any) error {
	return &previewRefusal{reason: reason, error: fmt.Errorf(format, args...)}
}

// Answer predicts what a preview asks for: a restore by a Baseline's rules or by hand, or the update of all namespaces, whose progress
// it reports. An error is a *previewRefusal if there will never be an answer; otherwise the same question may have one later.
func (p *Responder) Answer(ctx context.Context, preview *v1alpha1.BaselinePreview, progress func(done, total int)) (*v1alpha1.BaselinePreviewStatus, error) {
	// An unreviewed preview could read any backup through Seedbed.
	switch verdict, why := p.Authorization.Preview(ctx, preview.CreationTimestamp); verdict {
	case authorization.Reviewed:
	case authorization.NotReviewed:
		return nil, &previewRefusal{v1alpha1.ReasonNotReviewed, why}
	default:
		return nil, why
	}
	baseline, backup, err := p.readSource(ctx, &preview.Spec)
	if err != nil {
		return nil, err
	}
	var status *v1alpha1.BaselinePreviewStatus
	switch {
	case preview.Spec.Fleet != nil:
		status, err = p.answerFleet(ctx, preview.Spec.Fleet, baseline, backup, progress)
	case preview.Spec.Compare != "":
		status, err = p.compareStatus(ctx, &preview.Spec, baseline, backup)
	default:
		status, err = p.forecastStatus(ctx, &preview.Spec, baseline, backup)
	}
	switch {
	case errors.Is(err, plan.ErrContent):
		return nil, &previewRefusal{v1alpha1.ReasonContentUnreadable, err}
	case errors.Is(err, plan.ErrSourceNamespace):
		return nil, &previewRefusal{v1alpha1.ReasonSourceNamespace, err}
	case errors.Is(err, restore.ErrNamespaceGone), errors.Is(err, plan.ErrSelection):
		return nil, &previewRefusal{v1alpha1.ReasonRefused, err}
	}
	return status, err
}

// readSource returns the Baseline and the backup that the preview names. Admission reviewed the right to restore from spec.backup,
// which need not be the one that the Baseline names.
func (p *Responder) readSource(ctx context.Context, spec *v1alpha1.BaselinePreviewSpec) (*v1alpha1.Baseline, *v1alpha1.BaselineBackup, error) {
	var baseline *v1alpha1.Baseline
	if spec.Baseline != "" {
		baseline = &v1alpha1.Baseline{}
		err := p.Live.Get(ctx, types.NamespacedName{Name: spec.Baseline}, baseline)
		if apierrors.IsNotFound(err) {
			return nil, nil, refusePreview(v1alpha1.ReasonBaselineNotFound, "spec.baseline: baseline %s does not exist", spec.Baseline)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("reading baseline %s: %w", spec.Baseline, err)
		}
	}
	backup := &v1alpha1.BaselineBackup{}
	err := p.Live.Get(ctx, types.NamespacedName{Name: spec.Backup}, backup)
	if apierrors.IsNotFound(err) {
		return nil, nil, refusePreview(v1alpha1.ReasonBackupNotFound, "spec.backup: backup %s does not exist", spec.Backup)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("reading backup %s: %w", spec.Backup, err)
	}
	return baseline, backup, nil
}

func (p *Responder) forecastStatus(ctx context.Context, spec *v1alpha1.BaselinePreviewSpec, baseline *v1alpha1.Baseline, backup *v1alpha1.BaselineBackup) (*v1alpha1.BaselinePreviewStatus, error) {
	task := restore.Task{Spec: plan.Spec{Backup: backup.Name, Digest: backup.Status.Digest, Source: spec.SourceNamespace}, Existing: spec.ExistingResources}
	var err error
	if task.Spec.Selection, err = plan.NewSelection(&spec.RestoreSelection); err != nil {
		return nil, err
	}
	restorable := backup.IsRestorable()
	if baseline != nil {
		task, restorable = attempt.NewTask(baseline, backup), backup.IsUsable()
	}
	if policy.Excluded(spec.Namespace, p.Namespace) {
		return nil, &previewRefusal{v1alpha1.ReasonRefused, attempt.RefuseSystem(spec.Namespace)}
	}
	if !restorable {
		return nil, &previewRefusal{v1alpha1.ReasonBackupNotReady, attempt.RefuseUnusable(backup)}
	}
	if err := p.completeTask(ctx, spec.Namespace, &task, baseline); err != nil {
		return nil, err
	}
	objectBytes := 0
	if spec.Objects {
		objectBytes = maxPreviewObjects
	}
	forecast, err := p.Forecaster.Preview(ctx, task, objectBytes)
	if err != nil {
		return nil, err
	}
	return previewStatus(&task, forecast), nil
}

// completeTask sets the namespace, and the parts of the task that depend on the baselines that it holds.
func (p *Responder) completeTask(ctx context.Context, name string, task *restore.Task, baseline *v1alpha1.Baseline) error {
	namespace, err := p.readNamespace(ctx, name)
	if err != nil {
		return err
	}
	if task.Namespace = namespace; namespace.UID == "" {
		return nil
	}
	return p.Namespaces.PrepareTask(ctx, task, baseline)
}

// readNamespace returns a namespace. It reads the API server, because a preview may follow the namespace's creation at once. A
// namespace that does not exist has no UID.
func (p *Responder) readNamespace(ctx context.Context, name string) (*corev1.Namespace, error) {
	namespace := &corev1.Namespace{}
	err := p.Live.Get(ctx, types.NamespacedName{Name: name}, namespace)
	switch {
	case apierrors.IsNotFound(err):
		return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, nil
	case err != nil:
		return nil, fmt.Errorf("reading namespace %s: %w", name, err)
	case namespace.DeletionTimestamp != nil:
		return nil, refusePreview(v1alpha1.ReasonRefused, "namespace %s is being deleted: nothing is restored into it any more", name)
	}
	return namespace, nil
}
