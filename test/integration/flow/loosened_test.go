package flow

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/authorization"
)

type (
	vap        = admissionregistrationv1.ValidatingAdmissionPolicy
	vapBinding = admissionregistrationv1.ValidatingAdmissionPolicyBinding
)

// loosened is one way to make the policies let pass what they should refuse.
type loosened struct {
	policy  func(*vap)
	binding func(*vapBinding)
	// unbound reports whether the bindings are deleted.
	unbound bool
}

var narrow = &metav1.LabelSelector{MatchLabels: map[string]string{"no": "such"}}

var waysToLoosen = map[string]loosened{
	"the bindings are deleted": {unbound: true},
	"the bindings only warn": {binding: func(b *vapBinding) {
		b.Spec.ValidationActions = []admissionregistrationv1.ValidationAction{admissionregistrationv1.Warn}
	}},
	"the bindings only audit": {binding: func(b *vapBinding) {
		b.Spec.ValidationActions = []admissionregistrationv1.ValidationAction{admissionregistrationv1.Audit}
	}},
	"the bindings are narrowed": {binding: func(b *vapBinding) {
		b.Spec.MatchResources = &admissionregistrationv1.MatchResources{NamespaceSelector: narrow, ObjectSelector: narrow}
	}},
	"the policies are narrowed": {policy: func(p *vap) {
		p.Spec.MatchConstraints.NamespaceSelector, p.Spec.MatchConstraints.ObjectSelector = narrow, narrow
	}},
	"the policies are emptied": {policy: func(p *vap) {
		p.Spec.Validations = []admissionregistrationv1.Validation{{Expression: "true"}}
	}},
	"the policies fail, and failures are ignored": {policy: func(p *vap) {
		p.Spec.FailurePolicy, p.Spec.ParamKind = new(admissionregistrationv1.Ignore), &admissionregistrationv1.ParamKind{APIVersion: "example.com/v1", Kind: "NoSuch"}
	}},
}

// reviewedObjects are the policies that review objects of Seedbed's own kinds.
var reviewedObjects = []string{"seedbed-authorize-baselines", "seedbed-authorize-restores", authorization.PolicyPreviews}

// loosen makes the policies of Seedbed's own kinds let anything pass, and returns what puts them back.
func (w *world) loosen(way loosened) (putBack func()) {
	w.t.Helper()
	var restore []func()
	for _, name := range reviewedObjects {
		policy, binding := &vap{ObjectMeta: metav1.ObjectMeta{Name: name}}, &vapBinding{ObjectMeta: metav1.ObjectMeta{Name: name}}
		var oldPolicy *vap
		var oldBinding *vapBinding
		if way.policy != nil {
			w.change(policy, func() { oldPolicy = policy.DeepCopy(); way.policy(policy) })
			restore = append(restore, func() { w.change(policy, func() { policy.Spec = oldPolicy.Spec }) })
		}
		if way.binding != nil {
			w.change(binding, func() { oldBinding = binding.DeepCopy(); way.binding(binding) })
			restore = append(restore, func() { w.change(binding, func() { binding.Spec = oldBinding.Spec }) })
		}
		if way.unbound {
			if err := w.Client.Get(w.ctx(), client.ObjectKeyFromObject(binding), binding); err != nil {
				w.t.Fatal(err)
			}
			w.remove(binding)
			restore = append(restore, func() {
				w.create(&vapBinding{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: binding.Labels, Annotations: binding.Annotations}, Spec: binding.Spec})
			})
		}
	}
	return func() {
		w.t.Helper()
		for _, each := range restore {
			each()
		}
	}
}

// unreviewedObjects are objects that somebody makes who may make such objects, and may restore from no backup.
func (w *world) unreviewedObjects(backup string) (*v1alpha1.BaselineRestore, *v1alpha1.BaselinePreview, *v1alpha1.Baseline) {
	return &v1alpha1.BaselineRestore{ObjectMeta: metav1.ObjectMeta{Namespace: "mine", Name: w.name("by-hand")}, Spec: v1alpha1.BaselineRestoreSpec{Backup: backup}},
		&v1alpha1.BaselinePreview{ObjectMeta: metav1.ObjectMeta{Name: w.name("preview")}, Spec: v1alpha1.BaselinePreviewSpec{Namespace: "mine", Backup: backup}},
		&v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: w.name("forged")}, Spec: v1alpha1.BaselineSpec{
			Backup: backup, NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"of": "bob"}}, ExistingNamespaces: v1alpha1.ExistingNamespacesPopulate,
		}}
}

// What was made or changed while somebody had loosened the policies is not acted on when they are put back, and what is made
// afterwards is. Baselines that were reviewed before and did not change go on.
func TestObjectsFromWhileThePoliciesWereLoosened(t *testing.T) {
	w := own(t)
	controller := w.start()
	baseline := w.web()
	guard := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "guard"}, Spec: v1alpha1.BaselineSpec{
		Backup: baseline.Spec.Backup, Enforcement: v1alpha1.EnforcementRequired, NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"guarded": "yes"}},
	}}
	w.create(guard)
	w.awaitPhase(guard, &guard.Status.Conditions, v1alpha1.ReasonBackupReady)
	w.create(labelled("mine", "of", "bob"))
	for _, name := range reviewedObjects { // another binding neither replaces the chart's nor weakens it
		w.create(&vapBinding{ObjectMeta: metav1.ObjectMeta{Name: "another-" + name}, Spec: admissionregistrationv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: name, ValidationActions: []admissionregistrationv1.ValidationAction{admissionregistrationv1.Audit},
		}})
	}
	bob := w.user("bob", append(slices.Clone(onNamespaces), may("create", v1alpha1.GroupName, "baselinerestores"), may("create", v1alpha1.GroupName, "baselinepreviews"),
		may("create,get,patch", v1alpha1.GroupName, "baselines"))...)
	for name, way := range waysToLoosen {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, w.Installation)
			edited := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: w.name("edited")}, Spec: v1alpha1.BaselineSpec{Backup: baseline.Spec.Backup}}
			w.create(edited)
			w.awaitReviewed(edited)

			putBack := w.loosen(way)
			restore, preview, forged := w.unreviewedObjects(baseline.Spec.Backup)
			for _, object := range []client.Object{restore, preview, forged} {
				w.eventually(func(ctx context.Context) error { return bob.Create(ctx, object) })
			}
			w.widen(bob, edited)
			w.awaitFailed(restore, "not in force")
			putBack()
			w.awaitRefusals(bob, baseline.Spec.Backup)

			w.awaitFailed(restore, "was made before the admission policies", "delete it and create it again")
			if ready := w.awaitAnswer(preview); ready.Reason != v1alpha1.ReasonNotReviewed || len(preview.Status.Items) > 0 {
				t.Errorf("the preview is %v", ready)
			}
			for _, of := range []string{"bob", "edit-1"} { // whom forged and edited select
				name := w.name(of)
				w.create(labelled(name, "of", of))
				w.eventually(func(ctx context.Context) error {
					condition, err := w.condition(ctx, name)
					if err == nil && (condition == nil || !strings.Contains(condition.Message, "was made or changed before the admission policies")) {
						err = fmt.Errorf("BaselineReady of %s is %v", name, condition)
					}
					return err
				})
				w.empty("a", "mine", name)
			}

			w.create(labelled(w.name("guarded"), "guarded", "yes"))
			w.holds(w.name("guarded"), "a")
			w.awaitRestore(baseline.Spec.Backup)
			w.widen(w.Client, edited)
			w.awaitPhase(edited, &edited.Status.Conditions, v1alpha1.ReasonBackupReady)
			w.remove(forged)
		})
	}
	if controller.Ended() {
		t.Error("the controller has ended")
	}
	w.empty("a", "mine")
}

// widen changes to whom a Baseline is handed out, as somebody.
func (w *world) widen(as client.Client, baseline *v1alpha1.Baseline) {
	w.t.Helper()
	w.eventually(func(ctx context.Context) error {
		if err := w.Client.Get(ctx, client.ObjectKeyFromObject(baseline), baseline); err != nil {
			return err
		}
		before := baseline.DeepCopy()
		baseline.Spec.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"of": fmt.Sprintf("edit-%d", baseline.Generation)}}
		return as.Patch(ctx, baseline, client.MergeFrom(before))
	})
}

// awaitFailed waits until a restore by hand has failed for a reason that has these texts in it. It fails the test if the
// restore was done.
func (w *world) awaitFailed(restore *v1alpha1.BaselineRestore, texts ...string) {
	w.t.Helper()
	w.eventually(func(ctx context.Context) error {
		if err := w.Client.Get(ctx, client.ObjectKeyFromObject(restore), restore); err != nil {
			return err
		}
		if restore.Status.Phase == v1alpha1.PhaseCompleted {
			w.t.Fatalf("the restore was done: %+v", restore.Status)
		}
		for _, text := range texts {
			if all := fmt.Sprint(restore.Status.Errors); !strings.Contains(all, text) {
				return fmt.Errorf("its errors %q do not have %q", all, text)
			}
		}
		return nil
	})
}

// awaitRefusals waits until the API server refuses objects of all Seedbed's kinds again.
func (w *world) awaitRefusals(as client.Client, backup string) {
	w.t.Helper()
	w.eventually(func(ctx context.Context) error {
		restore, preview, baseline := w.another().unreviewedObjects(backup)
		for _, object := range []client.Object{restore, preview, baseline} {
			if err := as.Create(ctx, object, client.DryRunAll); !apierrors.IsForbidden(err) {
				return fmt.Errorf("%T is not refused: %w", object, err)
			}
		}
		return nil
	})
}

// awaitRestore restores by hand until such restores count as reviewed.
func (w *world) awaitRestore(backup string) {
	w.t.Helper()
	w.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.name("by-hand")}})
	var restore *v1alpha1.BaselineRestore
	w.eventually(func(ctx context.Context) error {
		if restore == nil {
			restore = &v1alpha1.BaselineRestore{ObjectMeta: metav1.ObjectMeta{Namespace: w.name("by-hand"), GenerateName: "again-"}, Spec: v1alpha1.BaselineRestoreSpec{Backup: backup}}
			if err := w.Client.Create(ctx, restore); err != nil {
				return err
			}
		}
		if err := w.Client.Get(ctx, client.ObjectKeyFromObject(restore), restore); err != nil {
			return err
		}
		phase, why := restore.Status.Phase, restore.Status.Errors
		if phase == v1alpha1.PhaseFailed {
			restore = nil
		}
		if phase != v1alpha1.PhaseCompleted {
			return fmt.Errorf("the restore is %q: %v", phase, why)
		}
		return nil
	})
}

// readiness returns the condition Ready of a Baseline.
func (w *world) readiness(ctx context.Context, baseline *v1alpha1.Baseline) (*metav1.Condition, error) {
	err := w.Client.Get(ctx, client.ObjectKeyFromObject(baseline), baseline)
	return meta.FindStatusCondition(baseline.Status.Conditions, v1alpha1.ConditionReady), err
}
