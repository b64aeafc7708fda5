package controller

import (
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/plan"
)

// restoreTask is one attempt to restore a backup into a namespace: everything that it depends on, decided before it begins.
type restoreTask struct {
	namespace *corev1.Namespace
	// name of the record or restore, for logs.
	name     string
	spec     plan.Spec
	existing v1alpha1.ExistingResources
	required bool
	// requiredBefore are the plans of the Required baselines that the namespace holds and this task yields to.
	requiredBefore []plan.Spec
	// metadata are the patterns to copy from the source namespace, once.
	metadata *v1alpha1.NamespaceMetadata
	// provisional marks an attempt beside one of Velero's Restores: the whole of it is repeated when that has ended.
	provisional bool
	// previous is the result of the attempts so far; zero before the first.
	previous v1alpha1.RestoreResult
	// since is when the first attempt can have begun: objects with our labels that are not older are its work.
	since time.Time
	// progress is told how far the attempt is; nil where nobody asks.
	progress func(done, total int)
}

// resume makes the task go on where the attempts before it ended: what was begun with one backup is finished with it,
// whatever the Baseline names by now.
func (t *restoreTask) resume(previous *v1alpha1.RestoreResult) {
	t.previous = *previous
	if previous.Digest != "" {
		t.spec.Backup, t.spec.Digest, t.spec.Source = previous.Backup, previous.Digest, previous.SourceNamespace
	}
}

// repeat makes the task do everything once more, as after a deletion of the record, whose attempts still count.
func (t *restoreTask) repeat(previous *v1alpha1.RestoreResult) {
	t.previous = v1alpha1.RestoreResult{Attempts: previous.Attempts}
}

// pendingKeys returns the keys still to be done; nil means all, as in a first attempt.
func (t *restoreTask) pendingKeys() []string {
	if t.previous.Digest == "" || t.previous.OmittedPending > 0 {
		return nil
	}
	return append([]string{}, t.previous.Pending...)
}

// isToBeDone reports whether a key is among those still to be done.
func isToBeDone(only []string, key string) bool { return only == nil || slices.Contains(only, key) }

func ownerNames(owners []plan.Spec) []string {
	names := make([]string, len(owners))
	for i := range owners {
		names[i] = owners[i].Baseline
	}
	return names
}

// ownerCheck returns the function that proves what a label does not, since tenants can set it: that one of these baselines
// did bring an object.
func ownerCheck(ctx context.Context, plans Plans, owners []plan.Spec) func(baseline, key string) bool {
	return func(baseline, key string) bool {
		i := slices.IndexFunc(owners, func(spec plan.Spec) bool { return spec.Baseline == baseline })
		if i < 0 {
			return false
		}
		plan, err := plans.Get(ctx, owners[i])
		return err == nil && plan.Holds(key)
	}
}
