package preview

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/attempt"
	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/pkg/restore"
)

// Fleet knows the namespaces that hold a Baseline; package fleet implements it.
type Fleet interface {
	// SurveyUpdate returns the namespaces that a rollout to the revision in the Baseline's status would update, sorted by name, and
	// their number beside those that it would not.
	SurveyUpdate(ctx context.Context, baseline *v1alpha1.Baseline) ([]*corev1.Namespace, *v1alpha1.FleetPreviewStatus, error)
}

// Plans returns compiled plans.
type Plans interface {
	Get(ctx context.Context, spec plan.Spec) (*plan.Plan, error)
}

// namespacesAtOnce bounds the namespaces of one fleet whose update is tried at a time.
const namespacesAtOnce = 4

// fleetPreview predicts the update of all namespaces that hold a Baseline.
type fleetPreview struct {
	*Responder
	baseline *v1alpha1.Baseline
	backup   *v1alpha1.BaselineBackup
	// all has every namespace tried.
	all bool
	// progress reports how many namespaces were tried, and how many will be at least.
	progress func(done, total int)

	done, total atomic.Int64
	mu          sync.Mutex
	tally       *tally
}

// answerFleet predicts the update of all namespaces that hold a Baseline to a backup.
func (p *Responder) answerFleet(ctx context.Context, spec *v1alpha1.FleetPreview, baseline *v1alpha1.Baseline, backup *v1alpha1.BaselineBackup, progress func(done, total int)) (*v1alpha1.BaselinePreviewStatus, error) {
	if !backup.IsUsable() {
		return nil, &previewRefusal{v1alpha1.ReasonBackupNotReady, attempt.RefuseUnusable(backup)}
	}
	task := attempt.NewTask(baseline, backup)
	compiled, err := p.Plans.Get(ctx, task.Spec)
	if err != nil {
		return nil, err
	}
	next := baseline.DeepCopy()
	revision := compiled.RevisionContent(task.Metadata)
	next.Spec.Backup, next.Status.Digest = backup.Name, backup.Status.Digest
	next.Status.RevisionHash, next.Status.ContentDigest = revision.Hash, revision.ContentDigest
	outdated, counted, err := p.Fleet.SurveyUpdate(ctx, next)
	if err != nil {
		return nil, err
	}
	f := &fleetPreview{Responder: p, baseline: next, backup: backup, all: spec.All, progress: progress, tally: newTally(counted)}
	if err := f.previewAll(ctx, outdated); err != nil {
		return nil, err
	}
	return fleetStatus(&task, compiled.Source, f.tally), nil
}

// previewAll predicts the update of the namespaces: one by one, or by some of those that an update treats alike.
func (f *fleetPreview) previewAll(ctx context.Context, namespaces []*corev1.Namespace) error {
	groups, err := f.groupNamespaces(ctx, namespaces)
	if err != nil {
		return err
	}
	for _, group := range groups {
		f.total.Add(int64(len(group.sample())))
	}
	for _, group := range groups {
		if err := f.previewGroup(ctx, group); err != nil {
			return err
		}
	}
	return nil
}

// previewGroup tries some namespaces of a group. If they have the same results, so have all others; else all are tried.
func (f *fleetPreview) previewGroup(ctx context.Context, group *namespaceGroup) error {
	tried, err := f.tryNamespaces(ctx, group.sample())
	if err != nil {
		return err
	}
	rest := group.rest()
	if len(rest) == 0 {
		return nil
	}
	if same := sameForecast(tried); same != nil {
		for _, namespace := range rest {
			f.tally.addNamespace(namespace.Name, same, false)
		}
		return nil
	}
	f.total.Add(int64(len(rest)))
	_, err = f.tryNamespaces(ctx, rest)
	return err
}

// tryNamespaces predicts the update of each namespace by dry runs, and returns the predictions. One that is gone has none.
func (f *fleetPreview) tryNamespaces(ctx context.Context, namespaces []*corev1.Namespace) ([]*restore.Forecast, error) {
	forecasts := make([]*restore.Forecast, len(namespaces))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(namespacesAtOnce)
	for i, namespace := range namespaces {
		group.Go(func() error {
			forecast, err := f.tryNamespace(ctx, namespace)
			if err != nil {
				return fmt.Errorf("namespace %s: %w", namespace.Name, err)
			}
			forecasts[i] = forecast
			f.mu.Lock()
			defer f.mu.Unlock()
			f.tally.addNamespace(namespace.Name, forecast, true)
			f.progress(int(f.done.Add(1)), int(f.total.Load()))
			return nil
		})
	}
	return forecasts, group.Wait()
}

// tryNamespace predicts the update of one namespace; nil if it is gone, or holds something else by now.
func (f *fleetPreview) tryNamespace(ctx context.Context, namespace *corev1.Namespace) (*restore.Forecast, error) {
	task, err := f.newTask(ctx, namespace)
	if err != nil || task.Transition == nil {
		return nil, err
	}
	forecast, err := f.Forecaster.Preview(ctx, *task, 0)
	if errors.Is(err, restore.ErrNamespaceGone) {
		return nil, nil
	}
	return forecast, err
}

// newTask returns the update of a namespace. It has no Transition if the namespace holds the Baseline no longer.
func (f *fleetPreview) newTask(ctx context.Context, namespace *corev1.Namespace) (*restore.Task, error) {
	task := attempt.NewTask(f.baseline, f.backup)
	task.Namespace = namespace
	return &task, f.Namespaces.PrepareTask(ctx, &task, f.baseline)
}
