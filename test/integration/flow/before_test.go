package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/authorization"
	"seedbed.dev/seedbed/test/seedbed"
)

// createWebBaseline creates a ready Baseline of that name, with the ConfigMap "a" in it.
func (e *env) createWebBaseline() *v1alpha1.Baseline {
	e.t.Helper()
	baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: v1alpha1.BaselineSpec{Backup: e.createBackup(e.createSource(configMap("a"))).Name}}
	e.createObjects(baseline)
	e.awaitPhase(baseline, &baseline.Status.Conditions, v1alpha1.ReasonBackupReady)
	return baseline
}

// newWebUser returns a client of a user who may use the Baseline web.
func (e *env) newWebUser() client.Client {
	e.t.Helper()
	return e.newUser("alice", append(slices.Clone(onNamespaces), newRule(v1alpha1.VerbUse, v1alpha1.GroupName, "baselines", "web"))...)
}

func TestAnnotationNeedsReview(t *testing.T) {
	e := newInstallation(t)
	e.removePolicies()
	long := "\n" + strings.Repeat("\n \t", 200) + "web" + strings.Repeat("\n", 200)
	before := map[string]string{"label": "web", "again": "web", "other": "web", "asked": "web", "long": long}
	for name, value := range before {
		e.createObjects(annotatedNamespace(name, value))
	}
	controller := e.startBare()
	e.requireContains(e.awaitReady("label", corev1.ConditionFalse, v1alpha1.ReasonNotAuthorized).Message, "not in force", authorization.Policies()[0])
	e.installPolicies()
	if err := e.AwaitWebhooks(e.ctx()); err != nil {
		t.Fatal(err)
	}
	e.createWebBaseline()
	for name := range before {
		e.awaitMark(name)
		e.awaitUnauthorized(name)
	}
	alice, bob := e.newWebUser(), e.newUser("bob", onNamespaces...)

	t.Run("a label that its manager changes makes it no newer", func(t *testing.T) {
		e := newEnv(t, e.Installation)
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "label"}}
		e.updateObject(namespace, func() { metav1.SetMetaDataLabel(&namespace.ObjectMeta, "any", "label") })
		e.updateObject(namespace, func() { metav1.SetMetaDataAnnotation(&namespace.ObjectMeta, "any", "annotation") })
	})
	t.Run("setting the same value again by somebody who may not", func(t *testing.T) {
		e := newEnv(t, e.Installation)
		e.requireRefused(e.setAnnotation(bob, "other", v1alpha1.AnnotationAsked, "by bob"), byPolicy)
	})
	t.Run("another leader knows it too", func(t *testing.T) {
		e := newEnv(t, e.Installation)
		controller.Stop()
		controller = e.startController()
	})
	t.Run("taken away and set again by somebody who may", func(t *testing.T) {
		e := newEnv(t, e.Installation)
		if err := e.setAnnotation(alice, "again", v1alpha1.AnnotationBaseline, v1alpha1.NoBaseline); err != nil {
			t.Fatal(err)
		}
		e.awaitReady("again", corev1.ConditionTrue, "") // the refusal is gone
		e.eventually(func(ctx context.Context) error {
			mark, err := e.getMark(ctx, "again")
			if err == nil && mark != "" {
				err = fmt.Errorf("it is still marked: %s", mark)
			}
			return err
		})
		if err := e.setAnnotation(alice, "again", v1alpha1.AnnotationBaseline, "web"); err != nil {
			t.Fatal(err)
		}
		e.awaitConfigMap("again", "a")
	})
	t.Run("asked again by somebody who may", func(t *testing.T) {
		e := newEnv(t, e.Installation)
		if err := e.setAnnotation(alice, "asked", v1alpha1.AnnotationAsked, "today"); err != nil {
			t.Fatal(err)
		}
		e.awaitConfigMap("asked", "a")
		e.awaitReady("asked", corev1.ConditionTrue, v1alpha1.ReasonRestored)
	})
	e.createObjects(annotatedNamespace("after", "web"))
	e.awaitConfigMap("after", "a")
	e.awaitUnauthorized("label", "other", "long")
	e.requireNoConfigMap("a", "label", "other", "long")
}

// A review survives a change of the leader: the next leader does not mark a namespace that waits for its baseline.
func TestReviewSurvivesLeaderChange(t *testing.T) {
	e := newInstallation(t)
	controller := e.startController()
	e.createObjects(&v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: v1alpha1.BaselineSpec{Backup: e.uniqueName("backup")}})
	e.createObjects(annotatedNamespace("waits", "web"))
	e.awaitReady("waits", corev1.ConditionFalse, v1alpha1.ReasonBaselineNotReady)
	controller.Stop()
	e.startController()
	e.createBackup(e.createSource(configMap("a")))
	e.awaitConfigMap("waits", "a")
	if mark, err := e.getMark(e.ctx(), "waits"); err != nil || mark != "" {
		t.Errorf("it is marked %q, %v", mark, err)
	}
}

// While the policies admit requests that they should deny, and for annotations set meanwhile, nothing is restored.
func TestWeakenedPoliciesAuthorizeNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		weaken, repair func(e *env)
		// passes reports whether the weakness admits a request of any user.
		passes bool
	}{
		"the binding only audits": {
			func(e *env) { e.setPolicyAction(admissionregistrationv1.Audit) }, func(e *env) { e.setPolicyAction(admissionregistrationv1.Deny) }, true,
		},
		"failures are ignored": {
			func(e *env) { e.setFailurePolicy(admissionregistrationv1.Ignore) }, func(e *env) { e.setFailurePolicy(admissionregistrationv1.Fail); e.awaitPolicies() }, false,
		},
		"they are gone": {
			func(e *env) { e.removePolicies() }, func(e *env) { e.installPolicies() }, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := newInstallation(t)
			controller := e.startController()
			e.createWebBaseline()
			e.createObjects(&v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "guard"}, Spec: v1alpha1.BaselineSpec{
				Backup: e.uniqueName("backup"), Enforcement: v1alpha1.EnforcementRequired, NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"guarded": "yes"}},
			}})
			e.createObjects(annotatedNamespace("holds", "web"), labelledNamespace("guarded-before", "guarded", "yes"))
			e.awaitConfigMap("guarded-before", "a")
			e.awaitConfigMap("holds", "a")
			e.awaitReady("holds", corev1.ConditionTrue, v1alpha1.ReasonRestored)
			bob := e.newUser("bob", onNamespaces...)

			test.weaken(e)
			e.awaitSeenWeak(controller)
			e.createObjects(annotatedNamespace("meanwhile", "web"))
			e.requireContains(e.awaitReady("meanwhile", corev1.ConditionFalse, v1alpha1.ReasonNotAuthorized).Message, "not in force")
			e.createObjects(labelledNamespace("guarded", "guarded", "yes")) // a reviewed request goes on, where no user sets an annotation
			e.awaitConfigMap("guarded", "a")
			held := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "holds"}}
			e.updateObject(held, func() { metav1.SetMetaDataLabel(&held.ObjectMeta, "any", "label") })
			if err := bob.Create(e.ctx(), annotatedNamespace("by-bob", "web")); (err == nil) != test.passes {
				t.Errorf("by somebody who may not: %v", err)
			}
			test.repair(e)
			e.awaitMark("meanwhile")
			e.awaitUnauthorized("meanwhile")
			e.awaitReady("holds", corev1.ConditionTrue, v1alpha1.ReasonRestored)
			e.requireNoConfigMap("a", "meanwhile")
			if test.passes {
				e.awaitMark("by-bob")
				e.requireNoConfigMap("a", "by-bob")
			}
			if mark, err := e.getMark(e.ctx(), "holds"); err != nil || name != "they are gone" && mark != "" {
				t.Errorf("what has its baseline is marked %q, %v", mark, err)
			}
		})
	}
}

// awaitSeenWeak waits until a controller has seen that the policies are not in force.
func (e *env) awaitSeenWeak(controller *seedbed.Controller) {
	e.t.Helper()
	e.eventually(func(ctx context.Context) error {
		inForce, err := readMetric(ctx, controller, "seedbed_policies_in_force", "", "")
		if err == nil && inForce != 0 {
			err = errors.New("the controller has the policies in force")
		}
		return err
	})
}

// setFailurePolicy sets the failure policy of the policy of namespaces.
func (e *env) setFailurePolicy(kind admissionregistrationv1.FailurePolicyType) {
	e.t.Helper()
	weak := &admissionregistrationv1.ValidatingAdmissionPolicy{ObjectMeta: metav1.ObjectMeta{Name: authorization.PolicyNamespaces}}
	e.updateObject(weak, func() { weak.Spec.FailurePolicy = &kind })
}

// The chart and namespaces in one sync: namespaces created in the seconds in which an API server may not know the policies
// yet.
func TestNamespacesAndPoliciesInOneSync(t *testing.T) {
	e := newInstallation(t)
	e.removePolicies()
	e.applyFiles("config/policy/*.yaml")
	e.createObjects(annotatedNamespace("with-them", "web")) // as an administrator, so that it passes whether the policies are known yet or not
	e.startBare("--policy-grace=5s")
	e.awaitPolicies()
	e.awaitMark("with-them")
	e.awaitReady("with-them", corev1.ConditionFalse, v1alpha1.ReasonNotAuthorized)
	if err := e.setAnnotation(e.newWebUser(), "with-them", v1alpha1.AnnotationAsked, "after them"); err != nil {
		t.Fatal(err)
	}
	e.awaitReady("with-them", corev1.ConditionFalse, v1alpha1.ReasonBaselineNotFound)
	e.createWebBaseline()
	e.awaitConfigMap("with-them", "a")
}

// Seedbed is uninstalled, and its CRDs and stored content are kept. A user with every permission in one namespace, and the
// permission to create namespaces, prepares objects for the next installation to act on.
func TestForgeriesBetweenInstallationsAreIgnored(t *testing.T) {
	t.Parallel()
	for name, policies := range map[string]bool{"the policies were kept": true, "the policies were deleted": false} {
		t.Run(name, func(t *testing.T) {
			e := newInstallation(t)
			controller := e.startController()
			baseline := e.createWebBaseline()
			e.awaitReviewed(baseline)
			configuration := e.removeWebhooks()
			controller.Stop()
			if !policies {
				e.removePolicies()
			}
			bob := e.newUser("bob", append(slices.Clone(onNamespaces), newRule("*", v1alpha1.GroupName, "baselinerecords"), newRule("*", v1alpha1.GroupName, "baselinerestores"), newRule("*", v1alpha1.GroupName, "baselinerestores/status"),
				newRule("create", v1alpha1.GroupName, "baselines"))...)
			mine := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "mine"}}
			e.createObjects(mine)
			forged := []error{
				e.setAnnotation(bob, "mine", v1alpha1.AnnotationBaseline, "web"),
				bob.Create(e.ctx(), &v1alpha1.BaselineRecord{
					ObjectMeta: metav1.ObjectMeta{Namespace: "mine", Name: "web", OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Namespace", Name: "mine", UID: mine.UID}}},
					Result:     v1alpha1.RestoreResult{Phase: v1alpha1.PhasePartiallyFailed, Backup: baseline.Spec.Backup}, Seal: "forged",
				}),
				bob.Create(e.ctx(), &v1alpha1.BaselineRestore{ObjectMeta: metav1.ObjectMeta{Namespace: "mine", Name: "by-hand"}, Spec: v1alpha1.BaselineRestoreSpec{Backup: baseline.Spec.Backup}}),
				bob.Create(e.ctx(), &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "forged"}, Spec: v1alpha1.BaselineSpec{
					Backup: baseline.Spec.Backup, NamespaceSelector: &metav1.LabelSelector{}, ExistingNamespaces: v1alpha1.ExistingNamespacesPopulate,
				}}),
			}
			for i, err := range forged {
				if (err == nil) == policies {
					t.Errorf("forgery %d: %v", i, err)
				}
			}
			e.createObjects(configuration)
			if !policies {
				e.installPolicies()
			}
			e.startController()
			e.createObjects(annotatedNamespace("after", "web"))
			e.awaitConfigMap("after", "a")
			if !policies {
				restore := &v1alpha1.BaselineRestore{ObjectMeta: metav1.ObjectMeta{Namespace: "mine", Name: "by-hand"}}
				e.awaitPhase(restore, &restore.Status.Conditions, v1alpha1.PhaseFailed)
				e.requireContains(fmt.Sprint(restore.Status.Errors), "was made before the admission policies", "delete it and create it again")
				old := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "forged"}}
				e.requireContains(e.awaitPhase(old, &old.Status.Conditions, v1alpha1.ReasonNotAuthorized).Message, "delete it and create it again")
				e.awaitUnauthorized("mine")
			}
			e.requireNoConfigMap("a", "mine")
		})
	}
}
