package cli

import (
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

const (
	olderHash   = "00000000000000aa"
	presentHash = "00000000000000bb"
)

// newRevisedBaseline returns a baseline of the second revision, which ten namespaces hold, changed by the options.
func newRevisedBaseline(options ...func(*v1alpha1.Baseline)) *v1alpha1.Baseline {
	revision := func(number int64, backup, hash string) v1alpha1.BaselineRevision {
		return v1alpha1.BaselineRevision{Revision: number, RolledOutTimestamp: &lossTime, RevisionContent: v1alpha1.RevisionContent{
			Hash: hash, Backup: backup, SourceNamespace: "foo", Mapping: v1alpha1.MappingReferences,
		}}
	}
	baseline := &v1alpha1.Baseline{
		ObjectMeta: metav1.ObjectMeta{Name: "web", UID: "u1", Annotations: map[string]string{}},
		Spec:       v1alpha1.BaselineSpec{Backup: "pull-v2"},
		Status: v1alpha1.BaselineStatus{
			Revision: 2, RevisionHash: presentHash, NamespaceCounts: v1alpha1.NamespaceCounts{Namespaces: 12, UpdatedNamespaces: 10, PendingNamespaces: 2},
			History: []v1alpha1.BaselineRevision{revision(2, "pull-v2", presentHash), revision(1, "pull-v1", olderHash)},
		},
	}
	for _, set := range options {
		set(baseline)
	}
	return baseline
}

// inStep has the baseline be rolled out, with the rollout in a step for a reason.
func inStep(step int32, reason string) func(*v1alpha1.Baseline) {
	return func(b *v1alpha1.Baseline) {
		five := intstr.FromInt32(5)
		b.Spec.Rollout = &v1alpha1.BaselineRollout{Steps: []v1alpha1.RolloutStep{{Name: "five", Namespaces: &five, Approval: true}}}
		b.Status.Rollout = &v1alpha1.RolloutStatus{RevisionHash: presentHash, Step: step, Steps: 2, Total: 5 * step, Updated: 5}
		setReason(b, reason)
	}
}

func setReason(b *v1alpha1.Baseline, reason string) {
	status := metav1.ConditionFalse
	if reason == v1alpha1.ReasonRolledOut {
		status = metav1.ConditionTrue
	}
	b.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionRolledOut, Status: status, Reason: reason, Message: "said so"}}
}

func annotated(key, value string) func(*v1alpha1.Baseline) {
	return func(b *v1alpha1.Baseline) { b.Annotations[key] = value }
}

var (
	emptyRollout = func(b *v1alpha1.Baseline) { b.Spec.Rollout = &v1alpha1.BaselineRollout{} }
	pausedOne    = annotated(v1alpha1.AnnotationRolloutPaused, "true")
	trackedOne   = annotated("argocd.argoproj.io/tracking-id", "platform:seedbed.dev/Baseline:/web")
)

func newCompletedBackup(name string, namespaces ...string) *v1alpha1.BaselineBackup {
	return &v1alpha1.BaselineBackup{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.BaselineBackupSpec{IncludedNamespaces: namespaces},
		Status: v1alpha1.BaselineBackupStatus{Conditions: []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.PhaseCompleted}}},
	}
}

// rolloutTest is a call on a baseline, with the answer of the tool and the patch that it sends.
type rolloutTest struct {
	call        string
	baseline    *v1alpha1.Baseline
	out, errOut string
	code        int
	patch       string // empty if nothing is written
}

func (test *rolloutTest) run(t *testing.T) {
	api := newCannedAPI(t, test.baseline, newCompletedBackup("pull-v1", "foo"), newCompletedBackup("pull-v2", "foo"), newCompletedBackup("pull-v3", "foo"), newCompletedBackup("both", "foo", "bar"))
	out, errOut, code := api.call(t, test.call)
	if out != test.out || errOut != test.errOut || code != test.code {
		t.Errorf("exit code %d\n%s%s\nwant %d\n%s%s", code, out, errOut, test.code, test.out, test.errOut)
	}
	var want []string
	if test.patch != "" {
		want = []string{"PATCH /baselines/web " + test.patch}
	}
	if !slices.Equal(api.writes, want) {
		t.Errorf("written: %q, want %q", api.writes, want)
	}
}

const (
	heldBack   = "10 namespaces keep their content, because the baseline has no spec.rollout; new namespaces get the new one. Update them with `seedbed baseline set web --rollout`.\n"
	followThem = "Watch them with `seedbed baseline rollout status web --watch`.\n"
	followIt   = "Watch it with `seedbed baseline rollout status web --watch`.\n"
	managed    = "error: nothing was changed, because Argo CD (annotation argocd.argoproj.io/tracking-id) manages baseline \"web\" and would revert it: commit the manifest that was printed, or add --force\n"
)

func TestBaselineSet(t *testing.T) {
	for name, test := range map[string]rolloutTest{
		"another backup": {
			call: "baseline set web --backup pull-v3", baseline: newRevisedBaseline(),
			out:   "baseline/web is set to backup pull-v3 (was pull-v2)\n" + heldBack,
			patch: `{"metadata":{"annotations":{},"uid":"u1"},"spec":{"backup":"pull-v3"}}`,
		},
		"with a rollout": {
			call: "baseline set web --backup pull-v3 --rollout", baseline: newRevisedBaseline(),
			out:   "baseline/web is set to backup pull-v3 (was pull-v2)\n10 namespaces hold the baseline: first 1, then 10%, then all. " + followThem,
			patch: `{"metadata":{"annotations":{},"uid":"u1"},"spec":{"backup":"pull-v3","rollout":{}}}`,
		},
		"a rollout that is paused": {
			call: "baseline set web --backup pull-v3 --rollout", baseline: newRevisedBaseline(inStep(1, v1alpha1.ReasonPaused), pausedOne),
			out: "baseline/web is set to backup pull-v3 (was pull-v2)\n10 namespaces hold the baseline: first 5, then all. " + followThem +
				"It is paused: none is updated until `seedbed baseline rollout resume web`.\n",
			patch: `{"metadata":{"annotations":{},"uid":"u1"},"spec":{"backup":"pull-v3"}}`,
		},
		"a rollout alone": {
			call: "baseline set web --rollout", baseline: newRevisedBaseline(func(b *v1alpha1.Baseline) { b.Status.OutdatedNamespaces = 1 }),
			out:   "baseline/web has spec.rollout now\n1 namespace holds older content: first 1, then 10%, then all. " + followThem,
			patch: `{"metadata":{"annotations":{},"uid":"u1"},"spec":{"rollout":{}}}`,
		},
		"held nowhere": {
			call: "baseline set web --backup pull-v3", baseline: newRevisedBaseline(func(b *v1alpha1.Baseline) { b.Status.NamespaceCounts = v1alpha1.NamespaceCounts{} }),
			out:   "baseline/web is set to backup pull-v3 (was pull-v2)\nNo namespace holds it yet: new ones get this content.\n",
			patch: `{"metadata":{"annotations":{},"uid":"u1"},"spec":{"backup":"pull-v3"}}`,
		},
		"as it is": {call: "baseline set web --backup pull-v2", baseline: newRevisedBaseline(), out: "baseline/web is set to backup pull-v2 already\n"},
		"a source": {
			call: "baseline set web --backup both --source-namespace bar", baseline: newRevisedBaseline(),
			out:   "baseline/web is set to backup both (was pull-v2)\n" + heldBack,
			patch: `{"metadata":{"annotations":{},"uid":"u1"},"spec":{"backup":"both","sourceNamespace":"bar"}}`,
		},
		"no source any more": {
			call: "baseline set web --source-namespace=", baseline: newRevisedBaseline(func(b *v1alpha1.Baseline) { b.Spec.SourceNamespace = "foo" }),
			out:   "baseline/web is set to the only namespace of backup pull-v2 (was namespace foo)\n" + heldBack,
			patch: `{"metadata":{"annotations":{},"uid":"u1"},"spec":{"sourceNamespace":null}}`,
		},
		"an unknown baseline": {call: "baseline set wbe --backup pull-v3", baseline: newRevisedBaseline(), errOut: "error: baseline \"wbe\" does not exist: did you mean \"web\"?\n", code: 1},
		"an unknown backup":   {call: "baseline set web --backup plul-v3", baseline: newRevisedBaseline(), errOut: "error: backup \"plul-v3\" does not exist: did you mean \"pull-v3\"?\n", code: 1},
		"which source":        {call: "baseline set web --backup both", baseline: newRevisedBaseline(), errOut: "error: backup \"both\" holds the namespaces bar, foo: say with --source-namespace which one to restore\n", code: 1},
		"under GitOps": {
			call: "baseline set web --backup pull-v3 --rollout", baseline: newRevisedBaseline(trackedOne), errOut: managed, code: 1,
			out: "apiVersion: seedbed.dev/v1alpha1\nkind: Baseline\nmetadata:\n  name: web\nspec:\n  backup: pull-v3\n  rollout: {}\n",
		},
		"under GitOps by force": {
			call: "baseline set web --backup pull-v3 --force", baseline: newRevisedBaseline(trackedOne),
			out:    "baseline/web is set to backup pull-v3 (was pull-v2)\n" + heldBack,
			errOut: "Note: Argo CD (annotation argocd.argoproj.io/tracking-id) manages baseline \"web\": commit the change too, else it is reverted.\n",
			patch:  `{"metadata":{"annotations":{},"uid":"u1"},"spec":{"backup":"pull-v3"}}`,
		},
	} {
		t.Run(name, test.run)
	}
}

func TestRolloutUndo(t *testing.T) {
	const back = "baseline/web goes back to revision 1: backup pull-v1 (was pull-v2)\n"
	for name, test := range map[string]rolloutTest{
		"in steps": {
			call: "baseline rollout undo web", baseline: newRevisedBaseline(emptyRollout),
			out:   back + "10 namespaces hold the baseline: first 1, then 10%, then all. " + followThem,
			patch: `{"metadata":{"annotations":{},"uid":"u1"},"spec":{"backup":"pull-v1"}}`,
		},
		"at once": {
			call: "baseline rollout undo web --to-revision 1 --skip-steps", baseline: newRevisedBaseline(emptyRollout),
			out:   back + "10 namespaces hold the baseline: all are updated at once. " + followThem,
			patch: `{"metadata":{"annotations":{"seedbed.dev/rollout-skip-steps":"` + olderHash + `"},"uid":"u1"},"spec":{"backup":"pull-v1"}}`,
		},
		"of a paused one": {
			call: "baseline rollout undo web", baseline: newRevisedBaseline(inStep(1, v1alpha1.ReasonPaused), pausedOne),
			out:   back + "10 namespaces hold the baseline: first 5, then all. " + followThem + "It is paused: none is updated until `seedbed baseline rollout resume web`.\n",
			patch: `{"metadata":{"annotations":{},"uid":"u1"},"spec":{"backup":"pull-v1"}}`,
		},
		"without a rollout": {call: "baseline rollout undo web", baseline: newRevisedBaseline(), out: back + heldBack, patch: `{"metadata":{"annotations":{},"uid":"u1"},"spec":{"backup":"pull-v1"}}`},
		"and with one":      {call: "baseline rollout undo web --rollout", baseline: newRevisedBaseline(), out: back + "10 namespaces hold the baseline: first 1, then 10%, then all. " + followThem, patch: `{"metadata":{"annotations":{},"uid":"u1"},"spec":{"backup":"pull-v1","rollout":{}}}`},
		"mapping and labels": {
			call: "baseline rollout undo web", baseline: newRevisedBaseline(func(b *v1alpha1.Baseline) {
				b.Spec.SourceNamespace, b.Spec.Mapping = "bar", v1alpha1.MappingReferencesAndText
				b.Status.History[0].SourceNamespace, b.Status.History[0].Mapping = "bar", v1alpha1.MappingReferencesAndText
				b.Status.History[1].NamespaceMetadata = &v1alpha1.NamespaceMetadata{Labels: []string{"team"}}
			}),
			out:   back + heldBack,
			patch: `{"metadata":{"annotations":{},"uid":"u1"},"spec":{"backup":"pull-v1","mapping":"References","namespaceMetadata":{"annotations":null,"labels":["team"]},"sourceNamespace":"foo"}}`,
		},
		"values that came, and an include that went": {
			call: "baseline rollout undo web", baseline: newRevisedBaseline(func(b *v1alpha1.Baseline) {
				secret := v1alpha1.ObjectTarget{Kind: "Secret"}
				b.Spec.Values = []v1alpha1.BaselineValue{{Target: secret, Path: "/data/x", Expression: "target.name"}}
				b.Status.History[0].Values = b.Spec.Values
				b.Status.History[1].Include = []v1alpha1.BaselineInclude{{Target: secret, Expression: "true"}}
			}),
			out:   back + heldBack,
			patch: `{"metadata":{"annotations":{},"uid":"u1"},"spec":{"backup":"pull-v1","include":[{"target":{"kind":"Secret"},"expression":"true"}],"values":null}}`,
		},
		"of the only one of two": {
			call: "baseline rollout undo web", baseline: newRevisedBaseline(func(b *v1alpha1.Baseline) { b.Status.History[1].Backup = "both" }),
			out:   "baseline/web goes back to revision 1: backup both (was pull-v2)\n" + heldBack,
			patch: `{"metadata":{"annotations":{},"uid":"u1"},"spec":{"backup":"both","sourceNamespace":"foo"}}`,
		},
		"to the present one":    {call: "baseline rollout undo web --to-revision 2", baseline: newRevisedBaseline(), errOut: "error: revision 2 is the present one of baseline \"web\": choose another of `seedbed baseline rollout history web`\n", code: 1},
		"to an unknown one":     {call: "baseline rollout undo web --to-revision 5", baseline: newRevisedBaseline(), errOut: "error: baseline \"web\" has no revision 5 in its history: it has 2, 1\n", code: 1},
		"to a backup that went": {call: "baseline rollout undo web", baseline: newRevisedBaseline(func(b *v1alpha1.Baseline) { b.Status.History[1].Backup = "gone" }), errOut: "error: backup \"gone\" does not exist: there is both, pull-v1, pull-v2, pull-v3\n", code: 1},
		"under GitOps": {
			call: "baseline rollout undo web --skip-steps", baseline: newRevisedBaseline(trackedOne, emptyRollout), errOut: managed, code: 1,
			out: "apiVersion: seedbed.dev/v1alpha1\nkind: Baseline\nmetadata:\n  annotations:\n    seedbed.dev/rollout-skip-steps: " + olderHash + "\n  name: web\nspec:\n  backup: pull-v1\n  rollout: {}\n",
		},
	} {
		t.Run(name, test.run)
	}
}

func TestRolloutAnnotations(t *testing.T) {
	const (
		onward    = "Let it go on with `seedbed baseline rollout resume web`, or go back with `seedbed baseline rollout undo web`.\n"
		pause     = `{"metadata":{"annotations":{"seedbed.dev/rollout-paused":"true"},"uid":"u1"}}`
		approve   = `{"metadata":{"annotations":{"seedbed.dev/rollout-approved":"` + presentHash + `/1"},"uid":"u1"}}`
		notPaused = "baseline/web is not paused any more\n"
		approved  = "baseline/web is approved to go on after step 1\n"
	)
	approvedOne := annotated(v1alpha1.AnnotationRolloutApproved, presentHash+"/1")
	for name, test := range map[string]rolloutTest{
		"pause":              {call: "baseline rollout pause web", baseline: newRevisedBaseline(), out: "baseline/web is paused: updates that have begun end, and no other begins\n" + onward, patch: pause},
		"pause once more":    {call: "baseline rollout pause web", baseline: newRevisedBaseline(pausedOne), out: "baseline/web is paused already\n" + onward},
		"pause under GitOps": {call: "baseline rollout pause web", baseline: newRevisedBaseline(trackedOne), out: "baseline/web is paused: updates that have begun end, and no other begins\n" + onward, patch: pause},
		"resume":             {call: "baseline rollout resume web", baseline: newRevisedBaseline(pausedOne), out: notPaused + followIt, patch: `{"metadata":{"annotations":{"seedbed.dev/rollout-paused":null},"uid":"u1"}}`},
		"resume in the middle of a step": {
			call: "baseline rollout resume web", baseline: newRevisedBaseline(inStep(1, v1alpha1.ReasonPaused), pausedOne, func(b *v1alpha1.Baseline) { b.Status.Rollout.Updated = 3 }),
			out: notPaused + followIt, patch: `{"metadata":{"annotations":{"seedbed.dev/rollout-paused":null},"uid":"u1"}}`,
		},
		"resume after a step": {
			call: "baseline rollout resume web", baseline: newRevisedBaseline(inStep(1, v1alpha1.ReasonPaused), pausedOne), out: notPaused + approved + followIt,
			patch: `{"metadata":{"annotations":{"seedbed.dev/rollout-approved":"` + presentHash + `/1","seedbed.dev/rollout-paused":null},"uid":"u1"}}`,
		},
		"resume one that waits":    {call: "baseline rollout resume web", baseline: newRevisedBaseline(inStep(1, v1alpha1.ReasonAwaitingApproval)), out: approved + followIt, patch: approve},
		"resume one that goes on":  {call: "baseline rollout resume web", baseline: newRevisedBaseline(inStep(1, v1alpha1.ReasonAwaitingApproval), approvedOne), out: "baseline/web is not paused and waits for no approval: nothing was changed\nTo go on: watch it with `seedbed baseline rollout status web --watch`, stop it with `seedbed baseline rollout pause web`.\n"},
		"approve":                  {call: "baseline rollout approve web", baseline: newRevisedBaseline(inStep(1, v1alpha1.ReasonAwaitingApproval)), out: "baseline/web: step 1 of revision 2 is approved\n" + followIt, patch: approve},
		"approve once more":        {call: "baseline rollout approve web", baseline: newRevisedBaseline(inStep(1, v1alpha1.ReasonProgressing), approvedOne), out: "baseline/web: step 1 of revision 2 is approved already\n" + followIt},
		"approve after all":        {call: "baseline rollout approve web --step 1", baseline: newRevisedBaseline(inStep(1, v1alpha1.ReasonProgressing), annotated(v1alpha1.AnnotationRolloutApproved, presentHash+"/all")), out: "baseline/web: step 1 of revision 2 is approved already\n" + followIt},
		"approve all":              {call: "baseline rollout approve web --all", baseline: newRevisedBaseline(inStep(1, v1alpha1.ReasonProgressing), approvedOne), out: "baseline/web: every step of revision 2 is approved\n" + followIt, patch: `{"metadata":{"annotations":{"seedbed.dev/rollout-approved":"` + presentHash + `/all"},"uid":"u1"}}`},
		"approve another revision": {call: "baseline rollout approve web", baseline: newRevisedBaseline(inStep(1, v1alpha1.ReasonAwaitingApproval), annotated(v1alpha1.AnnotationRolloutApproved, olderHash+"/all")), out: "baseline/web: step 1 of revision 2 is approved\n" + followIt, patch: approve},
		"approve a paused one":     {call: "baseline rollout approve web", baseline: newRevisedBaseline(inStep(1, v1alpha1.ReasonPaused), pausedOne), out: "baseline/web: step 1 of revision 2 is approved\nIt is paused: none is updated until `seedbed baseline rollout resume web`.\n", patch: approve},
		"approve the last step":    {call: "baseline rollout approve web", baseline: newRevisedBaseline(inStep(2, v1alpha1.ReasonProgressing)), errOut: "error: step 2 of baseline \"web\" needs no approval: say with --step which one to approve: 1\n", code: 1},
		"approve an unknown step":  {call: "baseline rollout approve web --step 7", baseline: newRevisedBaseline(inStep(1, v1alpha1.ReasonProgressing)), errOut: "error: step 7 of baseline \"web\" needs no approval: say with --step which one to approve: 1\n", code: 1},
		"approve without steps":    {call: "baseline rollout approve web", baseline: newRevisedBaseline(emptyRollout), errOut: "error: no step of baseline \"web\" needs an approval: set approval in spec.rollout.steps where one should\n", code: 1},
		"approve without rollout":  {call: "baseline rollout approve web", baseline: newRevisedBaseline(), errOut: "error: baseline \"web\" has no spec.rollout, so there is nothing to approve: add it with --rollout of baseline set\n", code: 1},
		"approve before a step": {
			call: "baseline rollout approve web", baseline: newRevisedBaseline(inStep(1, v1alpha1.ReasonProgressing), func(b *v1alpha1.Baseline) { b.Status.Rollout = nil }),
			errOut: "error: baseline \"web\" has no step that is going on: say with --step which one to approve: 1\n", code: 1,
		},
		"history of none": {
			call: "baseline rollout history web", baseline: newRevisedBaseline(func(b *v1alpha1.Baseline) { b.Status.History = nil }),
			errOut: "Baseline \"web\" has no revision yet: it gets one when its backup is ready.\n",
		},
	} {
		t.Run(name, test.run)
	}
}

// rolloutStates are the states of a baseline in the order of the reads of a wait.
type rolloutStates []func(*v1alpha1.Baseline)

func TestRolloutWatch(t *testing.T) {
	step := func(number, updated int32, reason string) func(*v1alpha1.Baseline) {
		return func(b *v1alpha1.Baseline) {
			inStep(number, reason)(b)
			b.Status.Rollout.Updated = updated
		}
	}
	done := func(b *v1alpha1.Baseline) {
		step(2, 10, v1alpha1.ReasonRolledOut)(b)
		b.Status.NamespaceCounts = v1alpha1.NamespaceCounts{Namespaces: 10, UpdatedNamespaces: 10, KeptNamespaces: 1}
	}
	const (
		ended   = "baseline/web is rolled out: 10 namespaces updated, 0 failed, 1 kept\n"
		stopped = "error: baseline \"web\" is not rolled out: "
	)
	for name, test := range map[string]struct {
		call        string
		states      rolloutStates
		out, errOut string
		code        int
	}{
		"to the end": {
			call: "baseline rollout status web --watch", states: rolloutStates{step(1, 2, v1alpha1.ReasonProgressing), step(1, 2, v1alpha1.ReasonProgressing), step(2, 5, v1alpha1.ReasonProgressing), done},
			out: "step 1 of 2, five (5): 2 of 5 updated, 0 failed, 0 kept\nstep 1 of 2, five (5): done\nstep 2 of 2, all: 5 of 10 updated, 0 failed, 0 kept\nstep 2 of 2, all: done\n" + ended,
		},
		"over at once": {call: "baseline rollout status web --watch", states: rolloutStates{done}, out: "step 2 of 2, all: done\n" + ended},
		"to an approval": {
			call: "baseline rollout status web --watch", states: rolloutStates{step(1, 2, v1alpha1.ReasonProgressing), step(1, 5, v1alpha1.ReasonAwaitingApproval)},
			out:    "step 1 of 2, five (5): 2 of 5 updated, 0 failed, 0 kept\nstep 1 of 2, five (5): 5 of 5 updated, 0 failed, 0 kept; waiting for approval\n",
			errOut: stopped + "AwaitingApproval: let it go on with `seedbed baseline rollout approve web`, or go back with `seedbed baseline rollout undo web`\n", code: 1,
		},
		"to failures": {
			call: "baseline set web --backup pull-v2 --wait", states: rolloutStates{step(1, 2, v1alpha1.ReasonTooManyFailures)},
			out: "baseline/web is set to backup pull-v2 already\n",
			errOut: "step 1 of 2, five (5): 2 of 5 updated, 0 failed, 0 kept; stopped by failures\n" + stopped + "TooManyFailures: mend the namespaces that failed and it goes on by itself, " +
				"take another backup with `seedbed baseline set web --backup BACKUP`, allow more in spec.rollout.maxFailures, or go back with `seedbed baseline rollout undo web`\n", code: 1,
		},
		"a soak": {
			call: "baseline rollout status web --watch", states: rolloutStates{func(b *v1alpha1.Baseline) {
				step(1, 5, v1alpha1.ReasonSoaking)(b)
				b.Spec.Rollout.Steps[0].Soak = &metav1.Duration{Duration: time.Hour}
			}, done},
			out: "step 1 of 2, five (5): 5 of 5 updated, 0 failed, 0 kept; soaking for 1h0m0s\nstep 1 of 2, five (5): done\nstep 2 of 2, all: done\n" + ended,
		},
		"nobody asked for it": {
			call: "baseline rollout status web --watch", states: rolloutStates{func(b *v1alpha1.Baseline) { setReason(b, v1alpha1.ReasonNotRequested) }},
			out: "said so\n", errOut: stopped + "NotRequested: let the content reach them with `seedbed baseline set web --rollout`\n", code: 1,
		},
		"a backup that is gone": {
			call: "baseline rollout status web --watch", states: rolloutStates{func(b *v1alpha1.Baseline) {
				step(1, 2, v1alpha1.ReasonBaselineNotReady)(b)
				b.Status.Conditions = append(b.Status.Conditions, metav1.Condition{Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonBackupNotFound})
			}},
			out:    "step 1 of 2, five (5): 2 of 5 updated, 0 failed, 0 kept; waiting for the baseline to be ready\n",
			errOut: stopped + "BaselineNotReady: said so: see the cause with `seedbed baseline describe web`\n", code: 1,
		},
		"not in time": {
			call: "baseline rollout status web --watch --timeout 50ms", states: rolloutStates{step(1, 2, v1alpha1.ReasonProgressing)},
			out: "step 1 of 2, five (5): 2 of 5 updated, 0 failed, 0 kept\n",
			errOut: "error: the rollout of baseline \"web\" is still step 1 of 2, five (5): 2 of 5 updated, 0 failed, 0 kept after 50ms; it goes on in the background. " +
				"If nothing moves, see whether Seedbed's controller runs: `kubectl -n seedbed-system get pods`\n", code: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			baseline := newRevisedBaseline()
			test.states[0](baseline)
			api := newCannedAPI(t, baseline, newCompletedBackup("pull-v2", "foo"))
			reads := 0
			api.onRead = func() {
				if reads > 0 { // the command's own read is of the first state
					test.states[min(reads, len(test.states))-1](baseline)
				}
				reads++
			}
			out, errOut, code := api.call(t, test.call)
			if out != test.out || errOut != test.errOut || code != test.code {
				t.Errorf("exit code %d\n%s%s\nwant %d\n%s%s", code, out, errOut, test.code, test.out, test.errOut)
			}
		})
	}
}
