package namespace

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/authorization"
	"seedbed.dev/seedbed/pkg/internal/kube"
	"seedbed.dev/seedbed/pkg/policy"
)

// Annotations decides whether the admission policies reviewed the annotation of a namespace.
type Annotations interface {
	// Annotation returns the verdict on the annotation of a namespace.
	Annotation(namespace *corev1.Namespace) authorization.Verdict
	// Confirm reports whether the live object has the verdict Reviewed, too.
	Confirm(ctx context.Context, namespace *corev1.Namespace) (bool, error)
	// Problem returns the reason why the policies are not in force, or nil.
	Problem() error
}

// Baselines decides whether the admission policies reviewed a Baseline.
type Baselines interface {
	// Baseline returns the verdict on a Baseline, and the reason with any verdict but authorization.Reviewed.
	Baseline(baseline metav1.Object) (authorization.Verdict, error)
}

// decideBaselines sets the decision about a namespace. While the verdict on its annotation is unknown, the decision has the
// Required baselines only, because they do not depend on the annotation.
func (r *Reconciler) decideBaselines(ctx context.Context, namespace *corev1.Namespace, baselines *policy.Set, s *snapshot) error {
	verdict := authorization.NotReviewed
	if _, asks := namespace.Annotations[v1alpha1.AnnotationBaseline]; asks {
		verdict = r.Authorization.Annotation(namespace)
	}
	s.decision = baselines.Decide(namespace, verdict == authorization.Reviewed)
	if verdict == authorization.Reviewed && s.lacksAsked() {
		confirmed, err := r.Authorization.Confirm(ctx, namespace)
		if err != nil {
			return err
		}
		if !confirmed {
			verdict = authorization.Unknown // the cache is behind a mark or another value
		}
	}
	if verdict == authorization.Unknown {
		s.undecided = true
		s.decision.Refusals = nil
		s.decision.Choices = slices.DeleteFunc(s.decision.Choices, func(c policy.Choice) bool { return !c.Required })
	}
	if problem := r.Authorization.Problem(); problem != nil {
		s.explainRefusals(problem)
	}
	return nil
}

// lacksAsked reports whether a baseline that the annotation asks for is not restored yet.
func (s *snapshot) lacksAsked() bool {
	return slices.ContainsFunc(s.decision.Choices, func(c policy.Choice) bool {
		record := s.records[c.Baseline]
		return c.Asked && (record == nil || record.Result.Phase != v1alpha1.PhaseCompleted)
	})
}

// explainRefusals replaces the messages of refusals while the policies are not in force, because their advice has no effect then.
func (s *snapshot) explainRefusals(problem error) {
	for i := range s.decision.Refusals {
		if refusal := &s.decision.Refusals[i]; refusal.Reason == v1alpha1.ReasonNotAuthorized {
			refusal.Message = fmt.Sprintf("annotation %s is ignored while the admission policies that review it are not in force: %v: upgrade the chart's release, which restores them",
				v1alpha1.AnnotationBaseline, problem)
		}
	}
}

// reviewDelay returns the delay after which to read the verdict again, or zero if an event follows.
func (r *Reconciler) reviewDelay(s *snapshot) time.Duration {
	switch {
	case s.undecided:
		return authorization.RetryUnknownAfter
	case r.Authorization.Problem() != nil && slices.ContainsFunc(s.decision.Refusals, func(refusal policy.Refusal) bool {
		return refusal.Reason == v1alpha1.ReasonNotAuthorized
	}):
		return authorization.RetryProblemAfter
	default:
		return 0
	}
}

// waitForReview returns the state of a baseline whose Baseline was not reviewed, or nil.
func (r *Reconciler) waitForReview(baseline *v1alpha1.Baseline) *baselineState {
	verdict, err := r.Baselines.Baseline(baseline)
	waiting := &baselineState{
		baseline: baseline.Name, reason: v1alpha1.ReasonBaselineNotReady, requeueAfter: authorization.RetryProblemAfter,
		message: fmt.Sprintf("baseline %s is not restored: %v", baseline.Name, err),
	}
	switch verdict {
	case authorization.Reviewed:
		return nil
	case authorization.NotReviewed:
	default:
		waiting.requeueAfter, waiting.message = authorization.RetryUnknownAfter, fmt.Sprintf("baseline %s waits until the admission policies are read", baseline.Name)
	}
	return waiting
}

// removeStaleMark removes the mark of an annotation value that the namespace has no longer, so that the value can be set again.
// The precondition on the resourceVersion keeps the mark if the value was set again since the read.
func (r *Reconciler) removeStaleMark(ctx context.Context, namespace *corev1.Namespace) error {
	if !policy.HasStaleMark(namespace) {
		return nil
	}
	err := kube.PatchMetadata(ctx, r.Executor.Client, v1alpha1.FieldManager, namespace, map[string]any{
		"resourceVersion": namespace.ResourceVersion, "annotations": map[string]any{v1alpha1.AnnotationNotAuthorized: nil},
	})
	if err == nil || apierrors.IsConflict(err) || kube.IsUIDMismatch(err) {
		return nil // the change has an event of its own
	}
	return fmt.Errorf("removing the mark of namespace %s: %w", namespace.Name, err)
}
