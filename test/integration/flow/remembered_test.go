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

// A reviewed Baseline stays trusted after a change of the leader, while the policies are away and when they are recreated.
// One that was changed or created meanwhile is not trusted until a user who may restore changes it.
func TestReviewedBaselinesSurviveLeaderChange(t *testing.T) {
	e := newInstallation(t)
	leader := e.startController()
	web := e.createWebBaseline()
	byLabel := func(name string) *v1alpha1.Baseline {
		return &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.BaselineSpec{
			Backup: web.Spec.Backup, Enforcement: v1alpha1.EnforcementRequired, NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"of": name}},
		}}
	}
	guard, edited, marked, gone, meanwhile := byLabel("guard"), byLabel("edited"), byLabel("marked"), byLabel("gone"), byLabel("meanwhile")
	for _, baseline := range []*v1alpha1.Baseline{guard, edited, marked, gone} {
		e.createObjects(baseline)
		e.awaitReviewed(baseline)
	}
	e.deleteObjects(gone)
	bob := e.newUser("bob", append(slices.Clone(onNamespaces), newRule("create,get,patch", v1alpha1.GroupName, "baselines"))...)
	namespace := func(label, of string) string {
		name := label + "-" + of
		e.createObjects(labelledNamespace(name, "of", of))
		return name
	}

	leader.Stop()
	e.removePolicies()
	leader = e.startBare()
	e.widenSelector(bob, edited)
	if err := bob.Create(e.ctx(), meanwhile); err != nil {
		t.Fatal(err)
	}
	e.updateObject(marked, func() { metav1.SetMetaDataAnnotation(&marked.ObjectMeta, v1alpha1.AnnotationAdopt, "any") })
	e.awaitConfigMap(namespace("away", "guard"), "a")
	unreviewed := []*v1alpha1.Baseline{edited, marked, meanwhile}
	e.awaitNotRun("not in force", unreviewed...)

	leader.Stop()
	e.installPolicies()
	e.startController()
	e.awaitConfigMap(namespace("back", "guard"), "a")
	e.awaitNotRun("was made or changed before the admission policies", unreviewed...)
	for _, of := range []string{"marked", "meanwhile"} {
		name := namespace("back", of)
		e.awaitReady(name, corev1.ConditionFalse, v1alpha1.ReasonBaselineNotReady)
		e.requireNoConfigMap("a", name)
	}

	for _, baseline := range unreviewed {
		e.widenSelector(e.Client, baseline)
		e.awaitReviewed(baseline)
	}
	e.awaitMemory("has a Baseline that was deleted", func(m *baselineMemory) bool { return m.Reviewed[gone.UID] == "" && m.Unreviewed[gone.UID] == "" })
}

// awaitNotRun waits until Baselines are not run, for a reason with this text in it.
func (e *env) awaitNotRun(text string, baselines ...*v1alpha1.Baseline) {
	e.t.Helper()
	for _, baseline := range baselines {
		e.eventually(func(ctx context.Context) error {
			ready, err := e.getReadiness(ctx, baseline)
			if err == nil && (ready == nil || ready.Reason != v1alpha1.ReasonNotAuthorized || !strings.Contains(ready.Message, text)) {
				err = fmt.Errorf("baseline %s is %v", baseline.Name, ready)
			}
			return err
		})
	}
}

// baselineMemory is the next leader's knowledge of Baselines: their revisions, by UID.
type baselineMemory struct {
	Reviewed   map[types.UID]string `json:"reviewedBaselines"`
	Unreviewed map[types.UID]string `json:"unreviewedBaselines"`
}

// awaitMemory waits until the memory satisfies the check; otherwise it reports this fault.
func (e *env) awaitMemory(fault string, is func(*baselineMemory) bool) {
	e.t.Helper()
	e.eventually(func(ctx context.Context) error {
		secret, memory := &corev1.Secret{}, &baselineMemory{}
		if err := e.Client.Get(ctx, client.ObjectKey{Namespace: seedbed.Namespace, Name: authorization.MemoryName}, secret); err != nil {
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

// awaitReviewed waits until a Baseline is ready, and the next leader would know of its review.
func (e *env) awaitReviewed(baseline *v1alpha1.Baseline) {
	e.t.Helper()
	e.awaitPhase(baseline, &baseline.Status.Conditions, v1alpha1.ReasonBackupReady)
	e.awaitMemory("lacks a reviewed Baseline", func(m *baselineMemory) bool { return m.Reviewed[baseline.UID] != "" })
}
