package flow

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestUnknownMalformedAndForbiddenNamesAreDenied(t *testing.T) {
	w := shared(t)
	backup := w.backup(w.source(configMap("a")))
	mine := w.baseline(backup.Name, nil)
	secret := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: w.name("classified")}, Spec: v1alpha1.BaselineSpec{Backup: backup.Name}}
	w.create(secret)
	tenant := w.user("tenant", may("create,get", "", "namespaces"), may(v1alpha1.VerbUse, v1alpha1.GroupName, "baselines", mine.Name))
	typo := mine.Name[:len(mine.Name)-1] + "x"
	tests := []struct {
		name, annotation string
		says             []string
	}{
		{"a typo reads like an unknown one", typo, []string{fmt.Sprintf("%q does not exist, or you may not use it", typo), "seedbed baseline get --mine"}},
		{"a forbidden name reads like an unknown one", secret.Name, []string{fmt.Sprintf("%q does not exist, or you may not use it", secret.Name)}},
		{"an unknown name reads like a forbidden one", "unheard-of", []string{`"unheard-of" does not exist, or you may not use it`}},
		{"a malformed name", "Not_A_Name", []string{"Not_A_Name"}},
		{"an empty value", "", []string{"none"}},
		{"none beside others", "none," + mine.Name, []string{"none"}},
		{"one good and one bad name", mine.Name + "," + typo, []string{typo}},
	}
	for i, test := range tests {
		target := fmt.Sprintf("%s-%d", w.name("denied"), i)
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, w.Installation)
			err := tenant.Create(w.ctx(), asking(target, test.annotation))
			w.refused(err, append(test.says, "seedbed.dev/baseline")...)
			if strings.Contains(strings.ReplaceAll(err.Error(), test.annotation, ""), mine.Name) {
				t.Errorf("it names what the request did not: %v", err)
			}
			if w.there(&corev1.Namespace{}, "", target) {
				t.Error("the namespace is there")
			}
		})
	}
	allowed := w.name("allowed")
	if err := tenant.Create(w.ctx(), asking(allowed, mine.Name)); err != nil {
		t.Fatalf("the name that the tenant may use: %v", err)
	}
	w.awaitReady(allowed, corev1.ConditionTrue, "")
}

func TestADryRunRestoresNothingAndSaysWhatItWould(t *testing.T) {
	w := shared(t)
	key := "team-" + w.suffix
	baseline := w.baseline(w.backup(w.source(configMap("a"))).Name, func(s *v1alpha1.BaselineSpec) {
		s.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{key: "x"}}
	})
	for name, target := range map[string]*corev1.Namespace{
		"asked":    asking(w.name("asked"), baseline.Name),
		"selected": labelled(w.name("selected"), key, "x"),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, w.Installation)
			var warnings warningList
			config := w.Cluster.Config()
			config.WarningHandlerWithContext = &warnings
			dry, err := client.New(config, client.Options{Scheme: w.Client.Scheme()})
			if err != nil {
				t.Fatal(err)
			}
			if err := dry.Create(w.ctx(), target, client.DryRunAll); err != nil {
				t.Fatal(err)
			}
			warnings.want(t, baseline.Name, baseline.Spec.Backup)
			if w.there(&corev1.Namespace{}, "", target.Name) {
				t.Error("the namespace is there")
			}
			// The queue is in order: once a namespace created afterwards is populated, the dry run's would have been.
			after := w.name("after")
			w.create(asking(after, baseline.Name))
			w.awaitReady(after, corev1.ConditionTrue, "")
			var records v1alpha1.BaselineRecordList
			if err := w.Client.List(w.ctx(), &records, client.InNamespace(target.Name)); err != nil || len(records.Items) > 0 {
				t.Errorf("%d records in a namespace that was never created (%v)", len(records.Items), err)
			}
		})
	}
}

// Nothing is refused because Seedbed is away, and nothing is allowed for it either.
func TestWithoutAControllerThePermittedAreServedLater(t *testing.T) {
	w := own(t)
	first, second := w.start(), w.start()
	baseline := w.baseline(w.backup(w.source(configMap("a"))).Name, nil)
	alice := w.user("alice", append(slices.Clone(onNamespaces), may(v1alpha1.VerbUse, v1alpha1.GroupName, "baselines", baseline.Name))...)
	bob := w.user("bob", onNamespaces...)
	first.Kill()
	second.Kill()

	w.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "plain"}})
	plain := &corev1.Namespace{}
	if err := w.Client.Get(w.ctx(), client.ObjectKey{Name: "plain"}, plain); err != nil {
		t.Fatal(err)
	}
	metav1.SetMetaDataLabel(&plain.ObjectMeta, "any", "update")
	if err := w.Client.Update(w.ctx(), plain); err != nil {
		t.Errorf("an update of a plain namespace: %v", err)
	}
	began := time.Now()
	for _, name := range []string{"annotated", "annotated-too"} {
		if err := alice.Create(w.ctx(), asking(name, baseline.Name)); err != nil {
			t.Errorf("a create that asks, by somebody who may: %v", err)
		}
	}
	t.Logf("two creates took %s", time.Since(began).Round(time.Millisecond))
	if err := w.set(alice, "plain", v1alpha1.AnnotationBaseline, baseline.Name); err != nil {
		t.Errorf("an update that asks, by somebody who may: %v", err)
	}
	w.refused(bob.Create(w.ctx(), asking("refused", baseline.Name)), byPolicy)

	w.start()
	for _, name := range []string{"annotated", "annotated-too", "plain"} {
		w.awaitReady(name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	}
}

func TestANamespaceSelectedWhileTheControllerWasDownIsPopulatedAtItsStart(t *testing.T) {
	w := own(t)
	controller := w.start()
	w.baseline(w.backup(w.source(configMap("a"))).Name, func(s *v1alpha1.BaselineSpec) {
		s.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"team": "x"}}
	})
	controller.Stop()
	w.create(labelled("missed", "team", "x"))
	w.start()
	w.awaitReady("missed", corev1.ConditionTrue, "")
}

func TestANamespaceThatAnotherWebhookDeniesLeavesNothing(t *testing.T) {
	w := shared(t)
	baseline := w.baseline(w.backup(w.source(configMap("a"))).Name, nil)
	denied := w.name("denied")
	w.denyCreating(denied)
	for range 5 {
		w.refused(w.Client.Create(w.ctx(), asking(denied, baseline.Name)), refusal)
	}
	after := w.name("after")
	w.create(asking(after, baseline.Name))
	w.awaitReady(after, corev1.ConditionTrue, "")
	if w.there(&corev1.Namespace{}, "", denied) {
		t.Error("the denied namespace is there")
	}
	var records v1alpha1.BaselineRecordList
	if err := w.Client.List(w.ctx(), &records, client.InNamespace(denied)); err != nil || len(records.Items) > 0 {
		t.Errorf("%d records in a namespace that was never created (%v)", len(records.Items), err)
	}
	w.eventually(func(ctx context.Context) error { return queueIsEmpty(ctx, running) })
}

// refusal is what denyCreating says.
const refusal = "no namespace of this name"

// denyCreating makes another webhook refuse the creation of one namespace.
func (w *world) denyCreating(namespace string) {
	w.t.Helper()
	w.reviewCreations("namespaces", asking(namespace, v1alpha1.NoBaseline), func(request *admissionv1.AdmissionRequest) string {
		if request.Name == namespace {
			return refusal
		}
		return ""
	})
}
