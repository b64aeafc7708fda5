package fleet

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

const (
	oldHash = "00000000000000aa"
	newHash = "00000000000000bb"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func at(after time.Duration) *metav1.Time { return &metav1.Time{Time: noon.Add(after)} }

func newRevision(number int64, backup, hash string) v1alpha1.BaselineRevision {
	return v1alpha1.BaselineRevision{Revision: number, RevisionContent: v1alpha1.RevisionContent{
		Hash: hash, Backup: backup, Digest: "sha256:" + hash, ContentDigest: "sha256:" + hash,
	}}
}

// newBaseline returns a baseline of the seventh revision for namespaces with app=web, changed by the options.
func newBaseline(options ...func(*v1alpha1.Baseline)) v1alpha1.Baseline {
	baseline := v1alpha1.Baseline{
		ObjectMeta: metav1.ObjectMeta{Name: "web", CreationTimestamp: *at(-24 * time.Hour)},
		Spec:       v1alpha1.BaselineSpec{Backup: "pull-v2", NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}},
		Status: v1alpha1.BaselineStatus{
			Revision: 7, RevisionHash: newHash, Digest: "sha256:" + newHash, ContentDigest: "sha256:" + newHash,
			NamespaceCounts: v1alpha1.NamespaceCounts{Namespaces: 3000, UpdatedNamespaces: 310, OutdatedNamespaces: 2689, PendingNamespaces: 1, KeptNamespaces: 4, ReleasedNamespaces: 12},
			History:         []v1alpha1.BaselineRevision{newRevision(7, "pull-v2", newHash), newRevision(6, "pull-v1", oldHash)},
		},
	}
	withReason(v1alpha1.ReasonNotRequested)(&baseline)
	for _, set := range options {
		set(&baseline)
	}
	return baseline
}

func withReason(reason string) func(*v1alpha1.Baseline) {
	return func(b *v1alpha1.Baseline) {
		status := metav1.ConditionFalse
		if reason == v1alpha1.ReasonRolledOut {
			status = metav1.ConditionTrue
		}
		b.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionRolledOut, Status: status, Reason: reason}}
	}
}

// soaking has the second of three steps soak until six minutes after noon.
func soaking(b *v1alpha1.Baseline) {
	one, tenth := intstr.FromInt32(1), intstr.FromString("10%")
	b.Spec.Rollout = &v1alpha1.BaselineRollout{Steps: []v1alpha1.RolloutStep{{Name: "first", Namespaces: &one}, {Name: "tenth", Namespaces: &tenth}}}
	b.Status.Rollout = &v1alpha1.RolloutStatus{
		RevisionHash: newHash, Step: 2, Steps: 3, StepName: "tenth", Total: 300, Updated: 299, Failed: 1, Kept: 4,
		StartTimestamp: at(-90 * time.Minute), SoakEndTimestamp: at(6 * time.Minute),
	}
	withReason(v1alpha1.ReasonSoaking)(b)
}

// newNamespace returns a namespace that the baseline selects, changed by the options.
func newNamespace(name string, options ...func(*corev1.Namespace)) *corev1.Namespace {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: name, UID: types.UID("uid-" + name), CreationTimestamp: *at(-time.Hour), Labels: map[string]string{"app": "web"},
	}}
	for _, set := range options {
		set(namespace)
	}
	return namespace
}

// notReady sets the condition BaselineReady to False.
func notReady(reason, message string) func(*corev1.Namespace) {
	return func(n *corev1.Namespace) {
		n.Status.Conditions = []corev1.NamespaceCondition{{Type: v1alpha1.ConditionBaselineReady, Status: corev1.ConditionFalse, Reason: reason, Message: message}}
	}
}

// asking replaces the label by an annotation.
func asking(baselines string) func(*corev1.Namespace) {
	return func(n *corev1.Namespace) {
		n.Labels, n.Annotations = nil, map[string]string{v1alpha1.AnnotationBaseline: baselines}
	}
}

// newRecord returns the complete record of web in a namespace, changed by the options.
func newRecord(namespace string, options ...func(*v1alpha1.BaselineRecord)) *v1alpha1.BaselineRecord {
	record := &v1alpha1.BaselineRecord{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: "web",
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Namespace", Name: namespace, UID: types.UID("uid-" + namespace)}},
		},
		Revision: newRevision(7, "pull-v2", newHash).RevisionContent,
		Result:   v1alpha1.RestoreResult{Phase: v1alpha1.PhaseCompleted, CompletionTimestamp: at(-50 * time.Minute)},
	}
	for _, set := range options {
		set(record)
	}
	return record
}

func outdated(r *v1alpha1.BaselineRecord) {
	r.Revision = newRevision(6, "pull-v1", oldHash).RevisionContent
}

// updated adds an update with the results of objects; one that failed leaves it incomplete.
func updated(objects ...v1alpha1.ObjectResult) func(*v1alpha1.BaselineRecord) {
	return func(r *v1alpha1.BaselineRecord) {
		r.Update = &v1alpha1.RestoreUpdate{Phase: v1alpha1.PhaseCompleted, CompletionTimestamp: at(-3 * time.Minute), Objects: objects}
		for _, object := range objects {
			switch object.Result {
			case v1alpha1.ResultKept:
				r.Update.Counts.Kept++
			case v1alpha1.ResultFailed:
				r.Update.Phase = v1alpha1.PhasePartiallyFailed
				r.Update.Errors = append(r.Update.Errors, fmt.Sprintf("%s: %s", object.Object, object.Reason))
			default:
			}
		}
	}
}

func result(object string, result v1alpha1.Result, reason string) v1alpha1.ObjectResult {
	return v1alpha1.ObjectResult{Object: object, Result: result, Reason: reason}
}
