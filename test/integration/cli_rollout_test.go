package integration

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// createRevised creates a baseline whose second revision is in the first of two steps, which waits for an approval. Three
// namespaces hold it.
func (c *commandLine) createRevised(t *testing.T) *v1alpha1.Baseline {
	t.Helper()
	one := intstr.FromInt32(1)
	for _, backup := range []string{"pull-v1", "pull-v2"} {
		c.createBackup(t, backup, v1alpha1.PhaseCompleted, c.id)
	}
	baseline := &v1alpha1.Baseline{ObjectMeta: namedMeta(c.uniqueName("web")), Spec: v1alpha1.BaselineSpec{
		Backup: c.uniqueName("pull-v2"), Rollout: &v1alpha1.BaselineRollout{Steps: []v1alpha1.RolloutStep{{Name: "first", Namespaces: &one, Approval: true}}},
	}}
	c.createObject(t, baseline)
	c.setRollout(t, baseline, v1alpha1.ReasonAwaitingApproval, 1)
	return baseline
}

// setRollout writes a baseline's status in a step, as a controller that has seen the present spec.
func (c *commandLine) setRollout(t *testing.T, baseline *v1alpha1.Baseline, reason string, step int32) {
	t.Helper()
	revision := func(number int64, backup, hash string) v1alpha1.BaselineRevision {
		now := metav1.Now()
		return v1alpha1.BaselineRevision{Revision: number, Timestamp: now, RolledOutTimestamp: &now, RevisionContent: v1alpha1.RevisionContent{
			Hash: hash, Backup: c.uniqueName(backup), Digest: "sha256:" + hash, SourceNamespace: c.id, Mapping: v1alpha1.MappingReferences, ContentDigest: "sha256:" + hash,
		}}
	}
	const present = "00000000000000bb"
	c.patchStatus(t, client.ObjectKeyFromObject(baseline), baseline, func() {
		status := &baseline.Status
		status.ObservedGeneration, status.Revision, status.RevisionHash = baseline.Generation, 2, present
		status.History = []v1alpha1.BaselineRevision{revision(2, "pull-v2", present), revision(1, "pull-v1", "00000000000000aa")}
		status.Rollout = &v1alpha1.RolloutStatus{RevisionHash: present, Step: step, Steps: 2, Total: 1 + 2*(step-1), Updated: 1 + 2*(step-1)}
		status.NamespaceCounts = v1alpha1.NamespaceCounts{Namespaces: 3, UpdatedNamespaces: status.Rollout.Updated, OutdatedNamespaces: 3 - status.Rollout.Updated}
		rolledOut := metav1.Condition{Type: v1alpha1.ConditionRolledOut, Status: metav1.ConditionFalse, Reason: reason, Message: "said so", ObservedGeneration: baseline.Generation, LastTransitionTime: metav1.Now()}
		if reason == v1alpha1.ReasonRolledOut {
			rolledOut.Status = metav1.ConditionTrue
		}
		status.Conditions = []metav1.Condition{rolledOut}
	})
}

// requireBaseline reads a baseline and requires its backup and its annotations.
func (c *commandLine) requireBaseline(t *testing.T, backup string, annotations map[string]string) {
	t.Helper()
	read := &v1alpha1.Baseline{}
	if err := c.admin.Get(testContext(t), client.ObjectKey{Name: c.uniqueName("web")}, read); err != nil {
		t.Fatal(err)
	}
	if read.Spec.Backup != c.uniqueName(backup) || fmt.Sprint(read.Annotations) != fmt.Sprint(annotations) {
		t.Errorf("backup %s, annotations %v; want %s, %v", read.Spec.Backup, read.Annotations, c.uniqueName(backup), annotations)
	}
}

func testRollout(t *testing.T, c *commandLine) {
	baseline := c.createRevised(t)
	const watch = "Watch it with `seedbed baseline rollout status web-% --watch`.\n"
	approved := map[string]string{v1alpha1.AnnotationRolloutApproved: "00000000000000bb/1"}

	wantLines(t, c.mustSucceed(t, "baseline rollout status web-%"), "  1  first (1):  1 of 1 updated, 0 failed, 0 kept; waiting for approval", "  2  all:        to come",
		c.expandID("Next:  let it go on with `seedbed baseline rollout approve web-%`, or go back with `seedbed baseline rollout undo web-%`"))
	if out := c.mustSucceed(t, "baseline rollout history web-%"); !strings.Contains(out, c.expandID("\n2 (present)   pull-v2-% ")) || !strings.Contains(out, c.expandID("\n1             pull-v1-% ")) {
		t.Errorf("history\n%s", out)
	}
	c.requireOutput(t, "baseline rollout approve web-%", "baseline/web-%: step 1 of revision 2 is approved\n"+watch)
	c.requireBaseline(t, "pull-v2", approved)
	c.requireOutput(t, "baseline rollout approve web-%", "baseline/web-%: step 1 of revision 2 is approved already\n"+watch)

	const onward = "Let it go on with `seedbed baseline rollout resume web-%`, or go back with `seedbed baseline rollout undo web-%`.\n"
	c.requireOutput(t, "baseline rollout pause web-%", "baseline/web-% is paused: updates that have begun end, and no other begins\n"+onward)
	c.requireBaseline(t, "pull-v2", map[string]string{v1alpha1.AnnotationRolloutApproved: "00000000000000bb/1", v1alpha1.AnnotationRolloutPaused: "true"})
	c.requireOutput(t, "baseline rollout undo web-% --skip-steps", "baseline/web-% goes back to revision 1: backup pull-v1-% (was pull-v2-%)\n"+
		"3 namespaces hold the baseline: all are updated at once. Watch them with `seedbed baseline rollout status web-% --watch`.\n"+
		"It is paused: none is updated until `seedbed baseline rollout resume web-%`.\n")
	c.requireBaseline(t, "pull-v1", map[string]string{
		v1alpha1.AnnotationRolloutApproved: "00000000000000bb/1", v1alpha1.AnnotationRolloutPaused: "true", v1alpha1.AnnotationRolloutSkipSteps: "00000000000000aa",
	})
	c.requireOutput(t, "baseline rollout resume web-%", "baseline/web-% is not paused any more\n"+watch)

	c.requireRefused(t, "baseline set web-% --backup plul-v2-%", "backup \"plul-v2-%\" does not exist: did you mean \"pull-v2-%\"?")
	e := c.startCall(t, "baseline set web-% --backup pull-v2-% --wait")
	e.awaitLine(t, "Waiting for the controller to see the change")
	c.setRollout(t, baseline, v1alpha1.ReasonProgressing, 1)
	e.awaitLine(t, "step 1 of 2, first (1): 1 of 1 updated, 0 failed, 0 kept")
	c.setRollout(t, baseline, v1alpha1.ReasonRolledOut, 2)
	out, errOut, code := e.awaitExit(t)
	want := c.expandID("baseline/web-% is set to backup pull-v2-% (was pull-v1-%)\n3 namespaces hold the baseline: first 1, then all. Watch them with `seedbed baseline rollout status web-% --watch`.\n" +
		"baseline/web-% is rolled out: 3 namespaces updated, 0 failed, 0 kept\n")
	if code != 0 || out != want || !strings.HasSuffix(errOut, "step 1 of 2, first (1): done\nstep 2 of 2, all: done\n") {
		t.Errorf("exit code %d\n%s%s\nwant\n%s", code, out, errOut, want)
	}
}

// A tool of GitOps that applies the spec would revert a change of it, and not one of Seedbed's annotations. The manifest that
// is printed is the change: applied by the tool, it is accepted as it is.
func testGitOps(t *testing.T, c *commandLine) {
	baseline := c.createRevised(t)
	apply := func(spec map[string]any) {
		t.Helper()
		manifest := &unstructured.Unstructured{Object: map[string]any{"spec": spec}}
		manifest.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("Baseline"))
		manifest.SetName(baseline.Name)
		if err := c.admin.Apply(testContext(t), client.ApplyConfigurationFromUnstructured(manifest), client.FieldOwner("argocd-controller"), client.ForceOwnership); err != nil {
			t.Fatal(err)
		}
	}
	apply(map[string]any{"backup": c.uniqueName("pull-v2")})
	refusal := c.expandID("error: nothing was changed, because Argo CD (field manager argocd-controller) manages baseline \"web-%\" and would revert it: " +
		"commit the manifest that was printed, or add --force\n")
	for _, call := range []string{"baseline set web-% --backup pull-v1-%", "baseline rollout undo web-%"} {
		out, errOut, code := c.runCLI(t, call)
		if code != 1 || errOut != refusal {
			t.Errorf("%s: exit code %d\n%s%s", call, code, out, errOut)
		}
		c.requireBaseline(t, "pull-v2", nil)
		manifest := map[string]any{}
		if err := yaml.UnmarshalStrict([]byte(out), &manifest); err != nil {
			t.Fatalf("%v in\n%s", err, out)
		}
		apply(manifest["spec"].(map[string]any))
		c.requireBaseline(t, "pull-v1", nil)
		apply(map[string]any{"backup": c.uniqueName("pull-v2")})
	}
	c.mustSucceed(t, "baseline rollout pause web-%")
	c.requireBaseline(t, "pull-v2", map[string]string{v1alpha1.AnnotationRolloutPaused: "true"})
	c.mustSucceed(t, "baseline rollout resume web-%")
	if _, errOut, code := c.runCLI(t, "baseline rollout undo web-% --force"); code != 0 || !strings.HasPrefix(errOut, "Note: Argo CD (field manager argocd-controller) manages baseline ") {
		t.Errorf("exit code %d, %s", code, errOut)
	}
	// resume approved the step that waited for it.
	c.requireBaseline(t, "pull-v1", map[string]string{v1alpha1.AnnotationRolloutApproved: "00000000000000bb/1"})
}
