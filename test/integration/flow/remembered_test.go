package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/authorization"
	"seedbed.dev/seedbed/test/seedbed"
)

// A Baseline that was reviewed goes on as it is, whoever leads, while the policies are away and when they are made anew. One
// that was changed meanwhile, or made meanwhile, is not trusted until somebody who may restore changes it.
func TestReviewedBaselinesAreRememberedByAnotherLeader(t *testing.T) {
	w := own(t)
	leader := w.start()
	web := w.web()
	byLabel := func(name string) *v1alpha1.Baseline {
		return &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.BaselineSpec{
			Backup: web.Spec.Backup, Enforcement: v1alpha1.EnforcementRequired, NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"of": name}},
		}}
	}
	guard, edited, marked, gone, meanwhile := byLabel("guard"), byLabel("edited"), byLabel("marked"), byLabel("gone"), byLabel("meanwhile")
	for _, baseline := range []*v1alpha1.Baseline{guard, edited, marked, gone} {
		w.create(baseline)
		w.awaitReviewed(baseline)
	}
	w.remove(gone)
	bob := w.user("bob", append(slices.Clone(onNamespaces), may("create,get,patch", v1alpha1.GroupName, "baselines"))...)
	namespace := func(label, of string) string {
		name := label + "-" + of
		w.create(labelled(name, "of", of))
		return name
	}

	leader.Stop()
	w.removePolicies()
	leader = w.startBare()
	w.widen(bob, edited)
	if err := bob.Create(w.ctx(), meanwhile); err != nil {
		t.Fatal(err)
	}
	w.change(marked, func() { metav1.SetMetaDataAnnotation(&marked.ObjectMeta, v1alpha1.AnnotationAdopt, "any") })
	w.holds(namespace("away", "guard"), "a")
	unreviewed := []*v1alpha1.Baseline{edited, marked, meanwhile}
	w.unreviewed("not in force", unreviewed...)

	leader.Stop()
	w.installPolicies()
	w.start()
	w.holds(namespace("back", "guard"), "a")
	w.unreviewed("was made or changed before the admission policies", unreviewed...)
	for _, of := range []string{"marked", "meanwhile"} {
		name := namespace("back", of)
		w.awaitReady(name, corev1.ConditionFalse, v1alpha1.ReasonBaselineNotReady)
		w.empty("a", name)
	}

	for _, baseline := range unreviewed {
		w.widen(w.Client, baseline)
		w.awaitReviewed(baseline)
	}
	w.awaitMemory("has a Baseline that was deleted", func(m *baselineMemory) bool { return m.Reviewed[gone.UID] == "" && m.Unreviewed[gone.UID] == "" })
}

// unreviewed waits until Baselines are not run, for a reason that has this text in it.
func (w *world) unreviewed(text string, baselines ...*v1alpha1.Baseline) {
	w.t.Helper()
	for _, baseline := range baselines {
		w.eventually(func(ctx context.Context) error {
			ready, err := w.readiness(ctx, baseline)
			if err == nil && (ready == nil || ready.Reason != v1alpha1.ReasonNotAuthorized || !strings.Contains(ready.Message, text)) {
				err = fmt.Errorf("baseline %s is %v", baseline.Name, ready)
			}
			return err
		})
	}
}

// baselineMemory is what the next leader knows of Baselines: their revisions, by UID.
type baselineMemory struct {
	Reviewed   map[types.UID]string `json:"reviewedBaselines"`
	Unreviewed map[types.UID]string `json:"unreviewedBaselines"`
}

// awaitMemory waits until the memory is as it should be; otherwise it has this fault.
func (w *world) awaitMemory(fault string, is func(*baselineMemory) bool) {
	w.t.Helper()
	w.eventually(func(ctx context.Context) error {
		secret, memory := &corev1.Secret{}, &baselineMemory{}
		if err := w.Client.Get(ctx, client.ObjectKey{Namespace: seedbed.Namespace, Name: authorization.MemoryName}, secret); err != nil {
			return err
		}
		for _, content := range secret.Data {
			if err := json.Unmarshal(content, memory); err != nil {
				return err
			}
		}
		if !is(memory) {
			return fmt.Errorf("the memory %s: %+v", fault, memory)
		}
		return nil
	})
}

// awaitReviewed waits until a Baseline is ready, and the next leader would know that it was reviewed.
func (w *world) awaitReviewed(baseline *v1alpha1.Baseline) {
	w.t.Helper()
	w.awaitPhase(baseline, &baseline.Status.Conditions, v1alpha1.ReasonBackupReady)
	w.awaitMemory("lacks a reviewed Baseline", func(m *baselineMemory) bool { return m.Reviewed[baseline.UID] != "" })
}
