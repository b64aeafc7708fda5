package flow

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/authorization"
	"seedbed.dev/seedbed/pkg/controller/preview"
)

// An unanswered preview is answered by the next leader, and only about the backup that its creator may restore from.
func TestPreviewsWaitForALeader(t *testing.T) {
	e := newInstallation(t)
	leader := e.startController()
	mine := e.createBackup(e.createSource(configMap("a")), "configmaps").Name
	another := e.withOwnNames()
	theirs := another.createBackup(another.createSource(configMap("secret-plan")), "configmaps").Name
	swapped, kept := e.createBaseline(mine, nil), another.createBaseline(mine, nil)
	target := e.createTenantNamespace().Name
	tenant := e.newUser("tenant", newRule("create", v1alpha1.GroupName, "baselinepreviews"), newRule("create", v1alpha1.GroupName, "baselinerestores"),
		newRule(v1alpha1.VerbRestore, v1alpha1.GroupName, "baselinebackups", mine))
	leader.Stop()

	// The webhooks are gone with the controller, so the Baseline is changed by Seedbed's own user, who is not reviewed.
	ask := func(baseline string) *v1alpha1.BaselinePreview {
		preview, err := e.previewRequest(tenant, v1alpha1.BaselinePreviewSpec{Namespace: target, Baseline: baseline, Backup: mine})
		if err != nil {
			t.Fatal(err)
		}
		return preview
	}
	ofSwapped, ofKept := ask(swapped.Name), ask(kept.Name)
	e.removeWebhooks()
	e.updateObject(swapped, func() { swapped.Spec.Backup = theirs })
	if err := e.Apply(e.ctx(), "config/webhook/*.yaml"); err != nil {
		t.Fatal(err)
	}
	if preview := ofKept; e.objectExists(preview, "", preview.Name) && len(preview.Status.Items) > 0 {
		t.Error("somebody answered while no controller ran")
	}

	e.startController()
	if ready := e.awaitAnswer(ofKept); ready.Status != metav1.ConditionTrue || ofKept.Status.Counts.Created != 1 {
		t.Errorf("%v, %+v", ready, ofKept.Status)
	}
	ready := e.awaitAnswer(ofSwapped)
	if text := fmt.Sprint(ofSwapped.Status); ready.Status != metav1.ConditionTrue || ofSwapped.Status.Backup != mine || strings.Contains(text, "secret-plan") || strings.Contains(text, theirs) {
		t.Errorf("the answer is about another backup: %s", text)
	}
}

// A preview that the policy cannot have reviewed is never answered: neither an earlier one, nor one made without it.
func TestUnreviewedPreviewsAreRefused(t *testing.T) {
	e := newInstallation(t)
	e.startController()
	backup := e.createBackup(e.createSource(configMap("a")), "configmaps").Name
	spec := v1alpha1.BaselinePreviewSpec{Namespace: "none", Backup: backup}
	tenant := e.newUser("tenant", newRule("create", v1alpha1.GroupName, "baselinepreviews"))
	stranger := func() *v1alpha1.BaselinePreview {
		preview := &v1alpha1.BaselinePreview{ObjectMeta: metav1.ObjectMeta{GenerateName: "stranger-"}, Spec: spec}
		e.eventually(func(ctx context.Context) error { return tenant.Create(ctx, preview) })
		return preview
	}
	e.requireRefused(tenant.Create(e.ctx(), &v1alpha1.BaselinePreview{ObjectMeta: metav1.ObjectMeta{Name: "reviewed"}, Spec: spec}), "you may not restore from it")

	policies := e.removePreviewPolicy()
	if ready := e.awaitAnswer(stranger()); ready.Reason != v1alpha1.ReasonNotReviewed {
		t.Errorf("without a policy: %v", ready)
	}
	early := stranger()
	e.createObjects(policies...)
	if ready := e.awaitAnswer(early); ready.Reason != v1alpha1.ReasonNotReviewed || len(early.Status.Items) > 0 {
		t.Errorf("from before the policy: %v", ready)
	}
	e.awaitPolicies()
	if _, err := e.previewBy(e.Client, spec); err != nil {
		t.Errorf("once the policy is in force again: %v", err)
	}
	reviewer := &admissionregistrationv1.ValidatingAdmissionPolicy{ObjectMeta: metav1.ObjectMeta{Name: authorization.PolicyPreviews}}
	e.updateObject(reviewer, func() { reviewer.Spec.FailurePolicy = new(admissionregistrationv1.Ignore) })
	_, err := e.previewBy(e.Client, spec)
	e.requireRefused(err, v1alpha1.ReasonNotReviewed, "has failurePolicy Ignore, not Fail")
}

// removePreviewPolicy deletes the policy of previews and its binding, and returns them ready to be created again.
func (e *env) removePreviewPolicy() []client.Object {
	e.t.Helper()
	var removed []client.Object
	for _, kind := range []string{"ValidatingAdmissionPolicyBinding", "ValidatingAdmissionPolicy"} {
		object := &unstructured.Unstructured{}
		object.SetGroupVersionKind(admissionregistrationv1.SchemeGroupVersion.WithKind(kind))
		if err := e.Client.Get(e.ctx(), client.ObjectKey{Name: authorization.PolicyPreviews}, object); err != nil {
			e.t.Fatal(err)
		}
		e.deleteObjects(object)
		object.SetResourceVersion("")
		object.SetUID("")
		removed = append(removed, object)
	}
	return removed
}

// Previews are deleted ten minutes after their creation, with or without an answer, and after a change of the leader.
func TestPreviewsExpire(t *testing.T) {
	e := newInstallation(t) // no controller runs: the retention alone does, by a clock of its own
	request := func(name string, reason string) *v1alpha1.BaselinePreview {
		preview := &v1alpha1.BaselinePreview{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.BaselinePreviewSpec{Namespace: "none", Backup: "none"}}
		e.createObjects(preview)
		if reason != "" {
			preview.Status.Conditions = []metav1.Condition{{
				Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: reason, LastTransitionTime: metav1.Now(),
			}}
			if err := e.Client.Status().Update(e.ctx(), preview); err != nil {
				t.Fatal(err)
			}
		}
		return preview
	}
	unanswered, answered := request("unanswered", ""), request("answered", v1alpha1.ReasonRefused)
	tooMany := request("too-many", v1alpha1.ReasonTooManyPreviews)
	for _, step := range []struct {
		after time.Duration // the creation of the first
		there []*v1alpha1.BaselinePreview
		gone  []*v1alpha1.BaselinePreview
	}{
		{29 * time.Second, []*v1alpha1.BaselinePreview{unanswered, answered, tooMany}, nil},
		{40 * time.Second, []*v1alpha1.BaselinePreview{unanswered, answered}, []*v1alpha1.BaselinePreview{tooMany}},
		{v1alpha1.PreviewLifetime - time.Second, []*v1alpha1.BaselinePreview{unanswered, answered}, nil},
		{v1alpha1.PreviewLifetime + 10*time.Second, nil, []*v1alpha1.BaselinePreview{unanswered, answered}},
	} {
		t.Run(step.after.String(), func(t *testing.T) {
			e := &env{Installation: e.Installation, t: t, suffix: e.suffix}
			retention := &preview.Retention{
				Client: e.Client, Recorder: noRecorder{}, Answer: make(chan event.GenericEvent, 1),
				Clock: clocktesting.NewFakePassiveClock(unanswered.CreationTimestamp.Add(step.after)),
			}
			result, err := retention.Reconcile(e.ctx(), reconcile.Request{})
			if err != nil || result.RequeueAfter > 0 != (len(step.there) > 0) {
				t.Errorf("the next look is after %s: %v", result.RequeueAfter, err)
			}
			for _, preview := range append(step.there, step.gone...) {
				stays := slices.Contains(step.there, preview)
				if there := e.objectExists(&v1alpha1.BaselinePreview{}, "", preview.Name); there != stays {
					t.Errorf("%s is there: %t, want %t", preview.Name, there, stays)
				}
			}
		})
	}
}

// noRecorder records nothing.
type noRecorder struct{}

func (noRecorder) Preview(string, time.Duration) {}
