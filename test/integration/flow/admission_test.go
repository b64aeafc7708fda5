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

func TestInvalidAnnotationsAreDenied(t *testing.T) {
	e := sharedInstallation(t)
	backup := e.createBackup(e.createSource(configMap("a")))
	mine := e.createBaseline(backup.Name, nil)
	secret := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("classified")}, Spec: v1alpha1.BaselineSpec{Backup: backup.Name}}
	e.createObjects(secret)
	tenant := e.newUser("tenant", newRule("create,get", "", "namespaces"), newRule(v1alpha1.VerbUse, v1alpha1.GroupName, "baselines", mine.Name))
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
		target := fmt.Sprintf("%s-%d", e.uniqueName("denied"), i)
		t.Run(test.name, func(t *testing.T) {
			e := newEnv(t, e.Installation)
			err := tenant.Create(e.ctx(), annotatedNamespace(target, test.annotation))
			e.requireRefused(err, append(test.says, "seedbed.dev/baseline")...)
			if strings.Contains(strings.ReplaceAll(err.Error(), test.annotation, ""), mine.Name) {
				t.Errorf("it names what the request did not: %v", err)
			}
			if e.objectExists(&corev1.Namespace{}, "", target) {
				t.Error("the namespace is there")
			}
		})
	}
	allowed := e.uniqueName("allowed")
	if err := tenant.Create(e.ctx(), annotatedNamespace(allowed, mine.Name)); err != nil {
		t.Fatalf("the name that the tenant may use: %v", err)
	}
	e.awaitReady(allowed, corev1.ConditionTrue, "")
}

func TestDryRunRestoresNothing(t *testing.T) {
	e := sharedInstallation(t)
	key := "team-" + e.suffix
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a"))).Name, func(s *v1alpha1.BaselineSpec) {
		s.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{key: "x"}}
	})
	for name, target := range map[string]*corev1.Namespace{
		"asked":    annotatedNamespace(e.uniqueName("asked"), baseline.Name),
		"selected": labelledNamespace(e.uniqueName("selected"), key, "x"),
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t, e.Installation)
			var warnings warningList
			config := e.Cluster.Config()
			config.WarningHandlerWithContext = &warnings
			dry, err := client.New(config, client.Options{Scheme: e.Client.Scheme()})
			if err != nil {
				t.Fatal(err)
			}
			if err := dry.Create(e.ctx(), target, client.DryRunAll); err != nil {
				t.Fatal(err)
			}
			warnings.requireWarnings(t, baseline.Name, baseline.Spec.Backup)
			if e.objectExists(&corev1.Namespace{}, "", target.Name) {
				t.Error("the namespace is there")
			}
			// The queue is in order: once a namespace created afterwards is populated, the dry run's would have been.
			after := e.uniqueName("after")
			e.createObjects(annotatedNamespace(after, baseline.Name))
			e.awaitReady(after, corev1.ConditionTrue, "")
			var records v1alpha1.BaselineRecordList
			if err := e.Client.List(e.ctx(), &records, client.InNamespace(target.Name)); err != nil || len(records.Items) > 0 {
				t.Errorf("%d records in a namespace that was never created (%v)", len(records.Items), err)
			}
		})
	}
}

// While Seedbed is away, no creation is refused, and none is authorized either.
func TestRequestsWithoutControllerAreServedLater(t *testing.T) {
	e := newInstallation(t)
	first, second := e.startController(), e.startController()
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a"))).Name, nil)
	alice := e.newUser("alice", append(slices.Clone(onNamespaces), newRule(v1alpha1.VerbUse, v1alpha1.GroupName, "baselines", baseline.Name))...)
	bob := e.newUser("bob", onNamespaces...)
	first.Kill()
	second.Kill()

	e.createObjects(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "plain"}})
	plain := &corev1.Namespace{}
	if err := e.Client.Get(e.ctx(), client.ObjectKey{Name: "plain"}, plain); err != nil {
		t.Fatal(err)
	}
	metav1.SetMetaDataLabel(&plain.ObjectMeta, "any", "update")
	if err := e.Client.Update(e.ctx(), plain); err != nil {
		t.Errorf("an update of a plain namespace: %v", err)
	}
	began := time.Now()
	for _, name := range []string{"annotated", "annotated-too"} {
		if err := alice.Create(e.ctx(), annotatedNamespace(name, baseline.Name)); err != nil {
			t.Errorf("a create that asks, by somebody who may: %v", err)
		}
	}
	t.Logf("two creates took %s", time.Since(began).Round(time.Millisecond))
	if err := e.setAnnotation(alice, "plain", v1alpha1.AnnotationBaseline, baseline.Name); err != nil {
		t.Errorf("an update that asks, by somebody who may: %v", err)
	}
	e.requireRefused(bob.Create(e.ctx(), annotatedNamespace("refused", baseline.Name)), byPolicy)

	e.startController()
	for _, name := range []string{"annotated", "annotated-too", "plain"} {
		e.awaitReady(name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	}
}

func TestSelectedNamespaceIsPopulatedAtStart(t *testing.T) {
	e := newInstallation(t)
	controller := e.startController()
	e.createBaseline(e.createBackup(e.createSource(configMap("a"))).Name, func(s *v1alpha1.BaselineSpec) {
		s.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"team": "x"}}
	})
	controller.Stop()
	e.createObjects(labelledNamespace("missed", "team", "x"))
	e.startController()
	e.awaitReady("missed", corev1.ConditionTrue, "")
}

func TestDeniedNamespaceLeavesNothing(t *testing.T) {
	e := sharedInstallation(t)
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a"))).Name, nil)
	denied := e.uniqueName("denied")
	e.denyCreating(denied)
	for range 5 {
		e.requireRefused(e.Client.Create(e.ctx(), annotatedNamespace(denied, baseline.Name)), refusal)
	}
	after := e.uniqueName("after")
	e.createObjects(annotatedNamespace(after, baseline.Name))
	e.awaitReady(after, corev1.ConditionTrue, "")
	if e.objectExists(&corev1.Namespace{}, "", denied) {
		t.Error("the denied namespace is there")
	}
	var records v1alpha1.BaselineRecordList
	if err := e.Client.List(e.ctx(), &records, client.InNamespace(denied)); err != nil || len(records.Items) > 0 {
		t.Errorf("%d records in a namespace that was never created (%v)", len(records.Items), err)
	}
	e.eventually(func(ctx context.Context) error { return queueIsEmpty(ctx, running) })
}

// refusal is the message of the webhook that denyCreating starts.
const refusal = "no namespace of this name"

// denyCreating makes another webhook refuse the creation of one namespace.
func (e *env) denyCreating(namespace string) {
	e.t.Helper()
	e.reviewCreations("namespaces", annotatedNamespace(namespace, v1alpha1.NoBaseline), func(request *admissionv1.AdmissionRequest) string {
		if request.Name == namespace {
			return refusal
		}
		return ""
	})
}
