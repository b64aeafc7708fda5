package flow

import (
	"context"
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
)

// web makes a Baseline of that name which is ready, with the ConfigMap "a" in it.
func (w *world) web() *v1alpha1.Baseline {
	w.t.Helper()
	baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: v1alpha1.BaselineSpec{Backup: w.backup(w.source(configMap("a"))).Name}}
	w.create(baseline)
	w.awaitPhase(baseline, &baseline.Status.Conditions, v1alpha1.ReasonBackupReady)
	return baseline
}

// permitted is somebody who may use the Baseline web.
func (w *world) permitted() client.Client {
	w.t.Helper()
	return w.user("alice", append(slices.Clone(onNamespaces), may(v1alpha1.VerbUse, v1alpha1.GroupName, "baselines", "web"))...)
}

func TestAnnotationFromBeforeThePoliciesIsNotActedOnUntilItIsReviewed(t *testing.T) {
	w := own(t)
	w.removePolicies()
	long := "\n" + strings.Repeat("\n \t", 200) + "web" + strings.Repeat("\n", 200)
	before := map[string]string{"label": "web", "again": "web", "other": "web", "asked": "web", "long": long}
	for name, value := range before {
		w.create(asking(name, value))
	}
	controller := w.startBare()
	w.says(w.awaitReady("label", corev1.ConditionFalse, v1alpha1.ReasonNotAuthorized).Message, "not in force", authorization.Policies()[0])
	w.installPolicies()
	if err := w.AwaitWebhooks(w.ctx()); err != nil {
		t.Fatal(err)
	}
	w.web()
	for name := range before {
		w.marked(name)
		w.unauthorized(name)
	}
	alice, bob := w.permitted(), w.user("bob", onNamespaces...)

	t.Run("a label that its manager changes makes it no newer", func(t *testing.T) {
		w := newWorld(t, w.Installation)
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "label"}}
		w.change(namespace, func() { metav1.SetMetaDataLabel(&namespace.ObjectMeta, "any", "label") })
		w.change(namespace, func() { metav1.SetMetaDataAnnotation(&namespace.ObjectMeta, "any", "annotation") })
	})
	t.Run("setting the same value again by somebody who may not", func(t *testing.T) {
		w := newWorld(t, w.Installation)
		w.refused(w.set(bob, "other", v1alpha1.AnnotationAsked, "by bob"), byPolicy)
	})
	t.Run("another leader knows it too", func(t *testing.T) {
		w := newWorld(t, w.Installation)
		controller.Stop()
		controller = w.start()
	})
	t.Run("taken away and set again by somebody who may", func(t *testing.T) {
		w := newWorld(t, w.Installation)
		if err := w.set(alice, "again", v1alpha1.AnnotationBaseline, v1alpha1.NoBaseline); err != nil {
			t.Fatal(err)
		}
		w.awaitReady("again", corev1.ConditionTrue, "") // the refusal is gone
		w.eventually(func(ctx context.Context) error {
			mark, err := w.mark(ctx, "again")
			if err == nil && mark != "" {
				err = fmt.Errorf("it is still marked: %s", mark)
			}
			return err
		})
		if err := w.set(alice, "again", v1alpha1.AnnotationBaseline, "web"); err != nil {
			t.Fatal(err)
		}
		w.holds("again", "a")
	})
	t.Run("asked again by somebody who may", func(t *testing.T) {
		w := newWorld(t, w.Installation)
		if err := w.set(alice, "asked", v1alpha1.AnnotationAsked, "today"); err != nil {
			t.Fatal(err)
		}
		w.holds("asked", "a")
		w.awaitReady("asked", corev1.ConditionTrue, v1alpha1.ReasonRestored)
	})
	w.create(asking("after", "web"))
	w.holds("after", "a")
	w.unauthorized("label", "other", "long")
	w.empty("a", "label", "other", "long")
}

// What was reviewed stays so, whoever leads: a namespace that waits for its baseline is not marked by the next leader.
func TestReviewedAnnotationIsNotMarkedByAnotherLeader(t *testing.T) {
	w := own(t)
	controller := w.start()
	w.create(&v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: v1alpha1.BaselineSpec{Backup: w.name("backup")}})
	w.create(asking("waits", "web"))
	w.awaitReady("waits", corev1.ConditionFalse, v1alpha1.ReasonBaselineNotReady)
	controller.Stop()
	w.start()
	w.backup(w.source(configMap("a")))
	w.holds("waits", "a")
	if mark, err := w.mark(w.ctx(), "waits"); err != nil || mark != "" {
		t.Errorf("it is marked %q, %v", mark, err)
	}
}

// While somebody makes the policies let pass what they should refuse, and for what was asked meanwhile, nothing is given.
func TestPoliciesThatWereWeakened(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		weaken, repair func(w *world)
		// passes reports whether the weakness lets anybody ask.
		passes bool
	}{
		"the binding only audits": {
			func(w *world) { w.bind(admissionregistrationv1.Audit) }, func(w *world) { w.bind(admissionregistrationv1.Deny) }, true,
		},
		"failures are ignored": {
			func(w *world) { w.fail(admissionregistrationv1.Ignore) }, func(w *world) { w.fail(admissionregistrationv1.Fail); w.awaitPolicies() }, false,
		},
		"they are gone": {
			func(w *world) { w.removePolicies() }, func(w *world) { w.installPolicies() }, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := own(t)
			w.start()
			w.web()
			w.create(&v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "guard"}, Spec: v1alpha1.BaselineSpec{
				Backup: w.name("backup"), Enforcement: v1alpha1.EnforcementRequired, NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"guarded": "yes"}},
			}})
			w.create(asking("holds", "web"), labelled("guarded-before", "guarded", "yes"))
			w.holds("guarded-before", "a")
			w.holds("holds", "a")
			w.awaitReady("holds", corev1.ConditionTrue, v1alpha1.ReasonRestored)
			bob := w.user("bob", onNamespaces...)

			test.weaken(w)
			w.create(asking("meanwhile", "web"))
			w.says(w.awaitReady("meanwhile", corev1.ConditionFalse, v1alpha1.ReasonNotAuthorized).Message, "not in force")
			w.create(labelled("guarded", "guarded", "yes")) // what was reviewed goes on, where nobody asks
			w.holds("guarded", "a")
			held := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "holds"}}
			w.change(held, func() { metav1.SetMetaDataLabel(&held.ObjectMeta, "any", "label") })
			if err := bob.Create(w.ctx(), asking("by-bob", "web")); (err == nil) != test.passes {
				t.Errorf("by somebody who may not: %v", err)
			}
			test.repair(w)
			w.marked("meanwhile")
			w.unauthorized("meanwhile")
			w.awaitReady("holds", corev1.ConditionTrue, v1alpha1.ReasonRestored)
			w.empty("a", "meanwhile")
			if test.passes {
				w.marked("by-bob")
				w.empty("a", "by-bob")
			}
			if mark, err := w.mark(w.ctx(), "holds"); err != nil || name != "they are gone" && mark != "" {
				t.Errorf("what has its baseline is marked %q, %v", mark, err)
			}
		})
	}
}

// fail gives the policy of namespaces a failure policy.
func (w *world) fail(kind admissionregistrationv1.FailurePolicyType) {
	w.t.Helper()
	weak := &admissionregistrationv1.ValidatingAdmissionPolicy{ObjectMeta: metav1.ObjectMeta{Name: authorization.PolicyNamespaces}}
	w.change(weak, func() { weak.Spec.FailurePolicy = &kind })
}

// The chart and namespaces in one sync: what was created in the seconds in which an API server may not know the policies yet.
func TestNamespacesAndPoliciesInOneGo(t *testing.T) {
	w := own(t)
	w.removePolicies()
	w.apply("config/policy/*.yaml")
	w.create(asking("with-them", "web")) // as an administrator, so that it passes whether the policies are known yet or not
	w.startBare("--policy-grace=5s")
	w.awaitPolicies()
	w.marked("with-them")
	w.awaitReady("with-them", corev1.ConditionFalse, v1alpha1.ReasonNotAuthorized)
	if err := w.set(w.permitted(), "with-them", v1alpha1.AnnotationAsked, "after them"); err != nil {
		t.Fatal(err)
	}
	w.awaitReady("with-them", corev1.ConditionFalse, v1alpha1.ReasonBaselineNotFound)
	w.web()
	w.holds("with-them", "a")
}

// Seedbed is uninstalled, and its CRDs and stored content are kept. Somebody with every right in one namespace, and the
// right to make namespaces, prepares what the next installation would act on.
func TestForgeriesBetweenTwoInstallations(t *testing.T) {
	t.Parallel()
	for name, policies := range map[string]bool{"the policies were kept": true, "the policies were deleted": false} {
		t.Run(name, func(t *testing.T) {
			w := own(t)
			controller := w.start()
			baseline := w.web()
			configuration := w.removeWebhooks()
			controller.Stop()
			if !policies {
				w.removePolicies()
			}
			bob := w.user("bob", append(slices.Clone(onNamespaces), may("*", v1alpha1.GroupName, "baselinerecords"), may("*", v1alpha1.GroupName, "baselinerestores"), may("*", v1alpha1.GroupName, "baselinerestores/status"),
				may("create", v1alpha1.GroupName, "baselines"))...)
			mine := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "mine"}}
			w.create(mine)
			forged := []error{
				w.set(bob, "mine", v1alpha1.AnnotationBaseline, "web"),
				bob.Create(w.ctx(), &v1alpha1.BaselineRecord{
					ObjectMeta: metav1.ObjectMeta{Namespace: "mine", Name: "web", OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Namespace", Name: "mine", UID: mine.UID}}},
					Result:     v1alpha1.RestoreResult{Phase: v1alpha1.PhasePartiallyFailed, Backup: baseline.Spec.Backup}, Seal: "forged",
				}),
				bob.Create(w.ctx(), &v1alpha1.BaselineRestore{ObjectMeta: metav1.ObjectMeta{Namespace: "mine", Name: "by-hand"}, Spec: v1alpha1.BaselineRestoreSpec{Backup: baseline.Spec.Backup}}),
				bob.Create(w.ctx(), &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "forged"}, Spec: v1alpha1.BaselineSpec{
					Backup: baseline.Spec.Backup, NamespaceSelector: &metav1.LabelSelector{}, ExistingNamespaces: v1alpha1.ExistingNamespacesPopulate,
				}}),
			}
			for i, err := range forged {
				if (err == nil) == policies {
					t.Errorf("forgery %d: %v", i, err)
				}
			}
			w.create(configuration)
			if !policies {
				w.installPolicies()
			}
			w.start()
			if policies {
				w.create(asking("after", "web"))
				w.holds("after", "a")
			} else {
				restore := &v1alpha1.BaselineRestore{ObjectMeta: metav1.ObjectMeta{Namespace: "mine", Name: "by-hand"}}
				w.awaitPhase(restore, &restore.Status.Conditions, v1alpha1.PhaseFailed)
				w.says(fmt.Sprint(restore.Status.Errors), "was made before the admission policies", "delete it and create it again")
				for _, name := range []string{"forged", "web"} { // nobody knows which of them was
					old := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: name}}
					w.says(w.awaitPhase(old, &old.Status.Conditions, v1alpha1.ReasonNotAuthorized).Message, "delete it and create it again")
				}
				w.remove(baseline)
				w.awaitGone(baseline)
				fresh := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: baseline.Spec}
				w.create(fresh)
				w.create(asking("after", "web"))
				w.holds("after", "a")
				w.unauthorized("mine")
			}
			w.empty("a", "mine")
		})
	}
}
