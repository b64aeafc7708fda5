package authorization

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"seedbed.dev/seedbed/pkg/policy"
)

// Verdict is the result of asking whether a request was reviewed.
type Verdict string

// Verdicts.
const (
	// Reviewed requests were allowed by the policies.
	Reviewed Verdict = "Reviewed"
	// NotReviewed requests are older than the policies, or the policies are not in force.
	NotReviewed Verdict = "NotReviewed"
	// Unknown reports that the verdict is not available yet: retry, and act on neither verdict meanwhile.
	Unknown Verdict = "Unknown"
)

// Delays after which a reconciler reads a verdict again.
const (
	// RetryUnknownAfter is the delay after an unknown verdict.
	RetryUnknownAfter = time.Second
	// RetryProblemAfter is the delay while the policies are not in force.
	RetryProblemAfter = 30 * time.Second
)

// state is the immutable input of all verdicts.
type state struct {
	policies *policySet
	// since is memory.Since; zero while the memory is not read.
	since time.Time
	// marked reports whether all older namespaces are marked.
	marked bool
	// refused is memory.Refused, listed memory.Listed, unreviewed memory.Unreviewed.
	refused    map[types.UID]string
	listed     bool
	unreviewed revisions
}

// hasPolicies reports whether it is the state of the policies that were seen.
func (s *state) hasPolicies(seen *policySet) bool {
	return s != nil && s.policies.hasIdentities(seen.identities) && sameProblem(s.policies.problem, seen.problem)
}

func sameProblem(a, b error) bool {
	return (a == nil) == (b == nil) && (a == nil || a.Error() == b.Error())
}

// isRefused reports whether the mark of the namespace's annotation was refused: it counts as marked.
func (s *state) isRefused(namespace *corev1.Namespace) bool {
	digest, found := s.refused[namespace.UID]
	return found && digest == policy.AnnotationDigest(namespace)
}

// inForce reports whether the policies are known and in force.
func (s *state) inForce() bool { return s != nil && s.policies.problem == nil }

// Annotation returns the verdict on the present value of a namespace's annotation. It depends on the given object alone:
// before a restore, Confirm must confirm Reviewed.
func (k *Keeper) Annotation(namespace *corev1.Namespace) Verdict {
	now := k.restores.Load()
	switch {
	case now == nil:
		return Unknown
	case now.policies.problem != nil || policy.IsMarked(namespace) || now.isRefused(namespace):
		return NotReviewed
	case now.since.IsZero():
		return Unknown
	case k.isAfter(namespace.CreationTimestamp, now.since), now.marked:
		return Reviewed
	default:
		return Unknown
	}
}

// Confirm reports whether the live namespace has the same annotation and no mark of it, because a cache may lag behind a mark.
// It makes a call only for a namespace that is older than the policies.
func (k *Keeper) Confirm(ctx context.Context, namespace *corev1.Namespace) (bool, error) {
	now := k.restores.Load()
	if now != nil && !now.since.IsZero() && k.isAfter(namespace.CreationTimestamp, now.since) {
		return true, nil
	}
	live, err := k.client.CoreV1().Namespaces().Get(ctx, namespace.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading namespace %s: %w", namespace.Name, err)
	}
	return live.UID == namespace.UID && policy.AnnotationDigest(live) == policy.AnnotationDigest(namespace) && !policy.IsMarked(live), nil
}

// Restore returns the verdict on the creation of a restore by hand, and the reason unless it is Reviewed.
func (k *Keeper) Restore(ctx context.Context, created metav1.Time) (Verdict, error) {
	return k.objectVerdict(ctx, k.restores.Load(), PolicyRestores, created)
}

// Preview returns the verdict on the creation of a preview, and the reason unless it is Reviewed.
func (k *Keeper) Preview(ctx context.Context, created metav1.Time) (Verdict, error) {
	return k.objectVerdict(ctx, k.previews.Load(), PolicyPreviews, created)
}

// objectVerdict returns the verdict on an object that never changes, which a policy of this state reviews.
func (k *Keeper) objectVerdict(ctx context.Context, now *state, policy string, created metav1.Time) (Verdict, error) {
	switch {
	case now == nil:
		return Unknown, errUnknown
	case now.policies.problem != nil:
		return NotReviewed, notInForce(now.policies.problem)
	case now.since.IsZero():
		return Unknown, errUnknown
	case !k.isAfter(created, now.since):
		return NotReviewed, errOlder
	}
	confirmed, err := k.confirmPolicy(ctx, now.policies, policy)
	switch {
	case err != nil:
		return Unknown, err
	case !confirmed:
		return Unknown, errUnknown
	default:
		return Reviewed, nil
	}
}

// confirmPolicy reports whether the API server has a policy and its binding as they are in a set. Then all objects that were
// read before the call were written under them, although the watch of the policies may lag behind the watch of these objects.
func (k *Keeper) confirmPolicy(ctx context.Context, set *policySet, name string) (bool, error) {
	admission := k.client.AdmissionregistrationV1()
	policy, err := admission.ValidatingAdmissionPolicies().Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading ValidatingAdmissionPolicy %s: %w", name, err)
	}
	binding, err := admission.ValidatingAdmissionPolicyBindings().Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading ValidatingAdmissionPolicyBinding %s: %w", name, err)
	}
	return set.containsAll(readPolicies([]string{name}, func(string) (*vap, *vapBinding) { return policy, binding })), nil
}

// Baseline returns the verdict on a Baseline, and the reason unless it is Reviewed. One that was reviewed and has not changed
// since stays so while the policies are away and when they are put back: otherwise new namespaces would go without Required
// baselines.
func (k *Keeper) Baseline(baseline metav1.Object) (Verdict, error) {
	now, reviewed := k.restores.Load(), k.reviewed.Load()
	switch {
	case now == nil || reviewed == nil:
		return Unknown, errUnknown
	case reviewed.hasRevision(baseline), k.isTrusted(baseline):
		return Reviewed, nil
	case now.policies.problem != nil:
		return NotReviewed, notInForce(now.policies.problem)
	case now.since.IsZero():
		return Unknown, errUnknown
	case k.isAfter(baseline.GetCreationTimestamp(), now.since):
		k.trusted.Store(baseline.GetUID(), revisionOf(baseline))
		sendSignal(k.unseen)
		return Reviewed, nil
	case now.unreviewed.hasRevision(baseline):
		return NotReviewed, errUnreviewed
	case now.listed: // it has changed since, or the cache lags
		sendSignal(k.unseen)
	}
	return Unknown, errUnknown
}

// isTrusted reports whether a Baseline had the verdict Reviewed, as it is, since the leader listed Baselines.
func (k *Keeper) isTrusted(baseline metav1.Object) bool {
	revision, known := k.trusted.Load(baseline.GetUID())
	return known && revision == revisionOf(baseline)
}

var (
	errUnknown    = errors.New("it is not known yet since when the admission policies that review it are in force")
	errOlder      = errors.New("it was made before the admission policies that review it were in force, or before they last changed: delete it and create it again")
	errUnreviewed = errors.New("it was made or changed before the admission policies that review it were in force, or before they last changed: " +
		"delete it and create it again, or have a user change its spec who may restore from its backup")
)

func notInForce(problem error) error {
	return fmt.Errorf("the admission policies that review it are not in force: %w: upgrade the chart's release, which puts them back", problem)
}

// Problem returns the reason why the policies are not in force; nil if they are, or if it is not known yet.
func (k *Keeper) Problem() error {
	if now := k.restores.Load(); now != nil {
		return now.policies.problem
	}
	return nil
}

// isAfter reports whether a creation time is at least the grace period after since. Creation times have whole seconds.
func (k *Keeper) isAfter(created metav1.Time, since time.Time) bool {
	return !created.Time.Before(k.settledTime(since))
}

// settledTime returns the time at which every API server has loaded the policies of since.
func (k *Keeper) settledTime(since time.Time) time.Time {
	return since.Truncate(time.Second).Add(k.grace)
}
