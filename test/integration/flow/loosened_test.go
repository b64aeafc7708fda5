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

// loosened is one way to make the policies admit requests that they should deny.
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

// reviewedObjects lists the policies that review objects of Seedbed's own kinds.
var reviewedObjects = []string{"seedbed-authorize-baselines", "seedbed-authorize-restores", authorization.PolicyPreviews}

// loosenPolicies makes the policies of Seedbed's own kinds admit every request, and returns a function that restores them.
func (e *env) loosenPolicies(way loosened) (putBack func()) {
	e.t.Helper()
	var restore []func()
	for _, name := range reviewedObjects {
		policy, binding := &vap{ObjectMeta: metav1.ObjectMeta{Name: name}}, &vapBinding{ObjectMeta: metav1.ObjectMeta{Name: name}}
		var oldPolicy *vap
		var oldBinding *vapBinding
		if way.policy != nil {
			e.updateObject(policy, func() { oldPolicy = policy.DeepCopy(); way.policy(policy) })
			restore = append(restore, func() { e.updateObject(policy, func() { policy.Spec = oldPolicy.Spec }) })
		}
		if way.binding != nil {
			e.updateObject(binding, func() { oldBinding = binding.DeepCopy(); way.binding(binding) })
			restore = append(restore, func() { e.updateObject(binding, func() { binding.Spec = oldBinding.Spec }) })
		}
		if way.unbound {
			if err := e.Client.Get(e.ctx(), client.ObjectKeyFromObject(binding), binding); err != nil {
				e.t.Fatal(err)
			}
			e.deleteObjects(binding)
			restore = append(restore, func() {
				e.createObjects(&vapBinding{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: binding.Labels, Annotations: binding.Annotations}, Spec: binding.Spec})
			})
		}
	}
	return func() {
		e.t.Helper()
		for _, each := range restore {
			each()
		}
	}
}

// unreviewedObjects creates objects as a user who may create them, and may restore from no backup.
func (e *env) unreviewedObjects(backup string) (*v1alpha1.BaselineRestore, *v1alpha1.BaselinePreview, *v1alpha1.Baseline) {
	return &v1alpha1.BaselineRestore{ObjectMeta: metav1.ObjectMeta{Namespace: "mine", Name: e.uniqueName("by-hand")}, Spec: v1alpha1.BaselineRestoreSpec{Backup: backup}},
		&v1alpha1.BaselinePreview{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("preview")}, Spec: v1alpha1.BaselinePreviewSpec{Namespace: "mine", Backup: backup}},
		&v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("forged")}, Spec: v1alpha1.BaselineSpec{
			Backup: backup, NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"of": "bob"}}, ExistingNamespaces: v1alpha1.ExistingNamespacesPopulate,
		}}
}

// Objects that were created or changed while the policies were loosened are not acted on when they are back, and later ones
// are. Baselines that were reviewed before and did not change go on.
func TestObjectsFromLoosenedPoliciesAreNotTrusted(t *testing.T) {
	e := newInstallation(t)
	controller := e.startController()
	baseline := e.createWebBaseline()
	guard := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "guard"}, Spec: v1alpha1.BaselineSpec{
		Backup: baseline.Spec.Backup, Enforcement: v1alpha1.EnforcementRequired, NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"guarded": "yes"}},
	}}
	e.createObjects(guard)
	e.awaitPhase(guard, &guard.Status.Conditions, v1alpha1.ReasonBackupReady)
	e.createObjects(labelledNamespace("mine", "of", "bob"))
	for _, name := range reviewedObjects { // another binding neither replaces the chart's nor weakens it
		e.createObjects(&vapBinding{ObjectMeta: metav1.ObjectMeta{Name: "another-" + name}, Spec: admissionregistrationv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: name, ValidationActions: []admissionregistrationv1.ValidationAction{admissionregistrationv1.Audit},
		}})
	}
	bob := e.newUser("bob", append(slices.Clone(onNamespaces), newRule("create", v1alpha1.GroupName, "baselinerestores"), newRule("create", v1alpha1.GroupName, "baselinepreviews"),
		newRule("create,get,patch", v1alpha1.GroupName, "baselines"))...)
	for name, way := range waysToLoosen {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t, e.Installation)
			edited := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("edited")}, Spec: v1alpha1.BaselineSpec{Backup: baseline.Spec.Backup}}
			e.createObjects(edited)
			e.awaitReviewed(edited)

			putBack := e.loosenPolicies(way)
			restore, preview, forged := e.unreviewedObjects(baseline.Spec.Backup)
			for _, object := range []client.Object{restore, preview, forged} {
				e.eventually(func(ctx context.Context) error { return bob.Create(ctx, object) })
			}
			e.widenSelector(bob, edited)
			e.awaitFailed(restore, "not in force")
			putBack()
			e.awaitRefusals(bob, baseline.Spec.Backup)

			e.awaitFailed(restore, "was made before the admission policies", "delete it and create it again")
			if ready := e.awaitAnswer(preview); ready.Reason != v1alpha1.ReasonNotReviewed || len(preview.Status.Items) > 0 {
				t.Errorf("the preview is %v", ready)
			}
			for _, of := range []string{"bob", "edit-1"} { // selected by forged and edited
				name := e.uniqueName(of)
				e.createObjects(labelledNamespace(name, "of", of))
				e.eventually(func(ctx context.Context) error {
					condition, err := e.readyCondition(ctx, name)
					if err == nil && (condition == nil || !strings.Contains(condition.Message, "was made or changed before the admission policies")) {
						err = fmt.Errorf("BaselineReady of %s is %v", name, condition)
					}
					return err
				})
				e.requireNoConfigMap("a", "mine", name)
			}

			e.createObjects(labelledNamespace(e.uniqueName("guarded"), "guarded", "yes"))
			e.awaitConfigMap(e.uniqueName("guarded"), "a")
			e.awaitRestore(baseline.Spec.Backup)
			e.widenSelector(e.Client, edited)
			e.awaitPhase(edited, &edited.Status.Conditions, v1alpha1.ReasonBackupReady)
			e.deleteObjects(forged)
		})
	}
	if controller.Ended() {
		t.Error("the controller has ended")
	}
	e.requireNoConfigMap("a", "mine")
}

// widenSelector changes the selector of a Baseline, as that user.
func (e *env) widenSelector(as client.Client, baseline *v1alpha1.Baseline) {
	e.t.Helper()
	e.eventually(func(ctx context.Context) error {
		if err := e.Client.Get(ctx, client.ObjectKeyFromObject(baseline), baseline); err != nil {
			return err
		}
		before := baseline.DeepCopy()
		baseline.Spec.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"of": fmt.Sprintf("edit-%d", baseline.Generation)}}
		return as.Patch(ctx, baseline, client.MergeFrom(before))
	})
}

// awaitFailed waits until a restore by hand has failed for a reason with these texts in it. It fails the test if the restore
// was done.
func (e *env) awaitFailed(restore *v1alpha1.BaselineRestore, texts ...string) {
	e.t.Helper()
	e.eventually(func(ctx context.Context) error {
		if err := e.Client.Get(ctx, client.ObjectKeyFromObject(restore), restore); err != nil {
			return err
		}
		if restore.Status.Phase == v1alpha1.PhaseCompleted {
			e.t.Fatalf("the restore was done: %+v", restore.Status)
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
func (e *env) awaitRefusals(as client.Client, backup string) {
	e.t.Helper()
	e.eventually(func(ctx context.Context) error {
		restore, preview, baseline := e.withOwnNames().unreviewedObjects(backup)
		for _, object := range []client.Object{restore, preview, baseline} {
			if err := as.Create(ctx, object, client.DryRunAll); !apierrors.IsForbidden(err) {
				return fmt.Errorf("%T is not refused: %w", object, err)
			}
		}
		return nil
	})
}

// awaitRestore restores by hand until such restores count as reviewed.
func (e *env) awaitRestore(backup string) {
	e.t.Helper()
	e.createObjects(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("by-hand")}})
	var restore *v1alpha1.BaselineRestore
	e.eventually(func(ctx context.Context) error {
		if restore == nil {
			restore = &v1alpha1.BaselineRestore{ObjectMeta: metav1.ObjectMeta{Namespace: e.uniqueName("by-hand"), GenerateName: "again-"}, Spec: v1alpha1.BaselineRestoreSpec{Backup: backup}}
			if err := e.Client.Create(ctx, restore); err != nil {
				return err
			}
		}
		if err := e.Client.Get(ctx, client.ObjectKeyFromObject(restore), restore); err != nil {
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

// getReadiness returns the condition Ready of a Baseline.
func (e *env) getReadiness(ctx context.Context, baseline *v1alpha1.Baseline) (*metav1.Condition, error) {
	err := e.Client.Get(ctx, client.ObjectKeyFromObject(baseline), baseline)
	return meta.FindStatusCondition(baseline.Status.Conditions, v1alpha1.ConditionReady), err
}
