package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// rolloutHash is the present revision of these tests.
const rolloutHash = "0123456789abcdef"

func rolloutWith(steps ...v1alpha1.RolloutStep) *v1alpha1.BaselineRollout {
	return &v1alpha1.BaselineRollout{Steps: steps}
}

func allowing(failures string, steps ...v1alpha1.RolloutStep) *v1alpha1.BaselineRollout {
	value := intstr.Parse(failures)
	return &v1alpha1.BaselineRollout{Steps: steps, MaxFailures: &value}
}

// countStep returns a step of so many namespaces, or of a share of them.
func countStep(count string) v1alpha1.RolloutStep {
	value := intstr.Parse(count)
	return v1alpha1.RolloutStep{Namespaces: &value}
}

func labelStep(team string) v1alpha1.RolloutStep {
	return v1alpha1.RolloutStep{Name: "team-" + team, NamespaceSelector: labelSelector("team", team)}
}

func soaking(step v1alpha1.RolloutStep, soak time.Duration) v1alpha1.RolloutStep {
	step.Soak = &metav1.Duration{Duration: soak}
	return step
}

func approving(step v1alpha1.RolloutStep) v1alpha1.RolloutStep {
	step.Approval = true
	return step
}

// parseHolders returns holders "name:state:team@ended" of space-separated words. The state is u (updated), k (updated and kept), o
// (outdated), f (failed), O or F (of these, running). ended is in minutes before noon.
func parseHolders(text string) []Holder {
	var holders []Holder
	for word := range strings.FieldsSeq(text) {
		word, ended, hasEnded := strings.Cut(word, "@")
		parts := strings.Split(word+"::", ":")
		holder := Holder{Namespace: parts[0], Labels: map[string]string{"team": parts[2]}, Running: strings.ContainsAny(parts[1], "OF")}
		switch strings.ToLower(parts[1]) {
		case "u":
			holder.State = HolderUpdated
		case "k":
			holder.State, holder.Kept = HolderUpdated, true
		case "o":
			holder.State = HolderOutdated
		case "f":
			holder.State = HolderFailed
		}
		if hasEnded {
			var minutes int
			if _, err := fmt.Sscan(ended, &minutes); err != nil {
				panic(err)
			}
			holder.Ended = noon.Add(-time.Duration(minutes) * time.Minute)
		}
		holders = append(holders, holder)
	}
	return holders
}

// inStep returns the status of a rollout that began step number half an hour ago.
func inStep(number int32) *v1alpha1.RolloutStatus {
	began := metav1.NewTime(noon.Add(-30 * time.Minute))
	return &v1alpha1.RolloutStatus{RevisionHash: rolloutHash, StartTimestamp: &began, Step: number, StepTimestamp: &began}
}

func completed(status *v1alpha1.RolloutStatus) *v1alpha1.RolloutStatus {
	status.CompletionTimestamp = status.StepTimestamp
	return status
}

func ofRevision(hash string, status *v1alpha1.RolloutStatus) *v1alpha1.RolloutStatus {
	status.RevisionHash = hash
	return status
}

type rolloutWant struct {
	Reason string
	// Step is "step/steps"; empty if there is no status.
	Step     string
	Complete bool
	Admit    string
	Failures int
	After    time.Duration
}

type rolloutCase struct {
	view    RolloutView
	holders string
	want    rolloutWant
}

func TestNextRolloutSteps(t *testing.T) {
	canary := rolloutWith(labelStep("a"), countStep("50%"))
	runRollouts(t, map[string]rolloutCase{
		"a new revision begins with the first step":        {RolloutView{Rollout: canary}, "a:o b:o:a c:o d:o", rolloutWant{Reason: "Progressing", Step: "1/3", Admit: "b"}},
		"by default one, then a tenth, then all":           {RolloutView{Rollout: rolloutWith()}, "a:o b:o c:o", rolloutWant{Reason: "Progressing", Step: "1/3", Admit: "a"}},
		"a running one is not admitted":                    {RolloutView{Rollout: canary, Status: inStep(1)}, "a:o b:O:a c:o:a", rolloutWant{Reason: "Progressing", Step: "1/3", Admit: "c"}},
		"a running one keeps the step":                     {RolloutView{Rollout: canary, Status: inStep(1)}, "a:o b:O:a c:o", rolloutWant{Reason: "Progressing", Step: "1/3"}},
		"a done step is left":                              {RolloutView{Rollout: canary, Status: inStep(1)}, "a:o b:u:a c:o d:o", rolloutWant{Reason: "Progressing", Step: "2/3", Admit: "a"}},
		"a share is rounded up":                            {RolloutView{Rollout: canary, Status: inStep(2)}, "a:o b:o c:o", rolloutWant{Reason: "Progressing", Step: "2/3", Admit: "a b"}},
		"a count adds to the selectors before":             {RolloutView{Rollout: canary, Status: inStep(2)}, "a:o b:o c:o:a d:o:a", rolloutWant{Reason: "Progressing", Step: "2/3", Admit: "a b c d"}},
		"the last step reaches all":                        {RolloutView{Rollout: canary, Status: inStep(2)}, "a:u b:u:a c:o d:o", rolloutWant{Reason: "Progressing", Step: "3/3", Admit: "c d"}},
		"several done steps are left at once":              {RolloutView{Rollout: canary, Status: inStep(1)}, "a:u b:u c:o d:o", rolloutWant{Reason: "Progressing", Step: "3/3", Admit: "c d"}},
		"a lost status passes the done steps":              {RolloutView{Rollout: canary}, "a:u b:u:a c:o d:o", rolloutWant{Reason: "Progressing", Step: "3/3", Admit: "c d"}},
		"a step that selects none is done":                 {RolloutView{Rollout: rolloutWith(labelStep("z"))}, "a:o", rolloutWant{Reason: "Progressing", Step: "2/2", Admit: "a"}},
		"a selector that does not parse selects none":      {RolloutView{Rollout: rolloutWith(v1alpha1.RolloutStep{NamespaceSelector: brokenSelector()})}, "a:o", rolloutWant{Reason: "Progressing", Step: "2/2", Admit: "a"}},
		"a count that does not parse selects none":         {RolloutView{Rollout: rolloutWith(countStep("x"))}, "a:o", rolloutWant{Reason: "Progressing", Step: "2/2", Admit: "a"}},
		"an empty selector selects all":                    {RolloutView{Rollout: rolloutWith(v1alpha1.RolloutStep{NamespaceSelector: &metav1.LabelSelector{}})}, "a:o b:o", rolloutWant{Reason: "Progressing", Step: "1/2", Admit: "a b"}},
		"a late member of a left step is admitted":         {RolloutView{Rollout: canary, Status: inStep(2)}, "a:u b:u c:u d:u x:o:a", rolloutWant{Reason: "Progressing", Step: "2/3", Admit: "x"}},
		"a late member does not take the step back":        {RolloutView{Rollout: canary, Status: inStep(3)}, "a:u b:u c:o x:o:a", rolloutWant{Reason: "Progressing", Step: "3/3", Admit: "c x"}},
		"fewer steps in the spec clamp it":                 {RolloutView{Rollout: rolloutWith(countStep("1")), Status: inStep(3)}, "a:u b:o", rolloutWant{Reason: "Progressing", Step: "2/2", Admit: "b"}},
		"another revision begins anew":                     {RolloutView{Rollout: canary, Status: completed(ofRevision("old", inStep(3)))}, "a:o b:o:a c:u d:o", rolloutWant{Reason: "Progressing", Step: "1/3", Admit: "b"}},
		"a superseding revision passes updated holders":    {RolloutView{Rollout: canary, Status: ofRevision("old", inStep(1))}, "a:o b:u:a c:o d:o", rolloutWant{Reason: "Progressing", Step: "2/3", Admit: "a"}},
		"all updated: it is complete":                      {RolloutView{Rollout: canary, Status: inStep(3)}, "a:u b:k c:u", rolloutWant{Reason: "RolledOut", Step: "3/3", Complete: true}},
		"a running one delays the completion":              {RolloutView{Rollout: allowing("1", labelStep("a")), Status: inStep(2)}, "a:u b:F", rolloutWant{Reason: "Progressing", Step: "2/2"}},
		"no holders: complete at once":                     {RolloutView{Rollout: canary}, "", rolloutWant{Reason: "RolledOut", Step: "3/3", Complete: true}},
		"none outdated and no status: complete at once":    {RolloutView{Rollout: canary}, "a:u b:u", rolloutWant{Reason: "RolledOut", Step: "3/3", Complete: true}},
		"a late holder of a complete revision is admitted": {RolloutView{Rollout: canary, Status: completed(inStep(3))}, "a:u b:o c:u", rolloutWant{Reason: "Progressing", Step: "3/3", Complete: true, Admit: "b"}},
		"more steps after the completion are done":         {RolloutView{Rollout: canary, Status: completed(inStep(2))}, "a:u b:o c:u", rolloutWant{Reason: "Progressing", Step: "3/3", Complete: true, Admit: "b"}},
		"a retry after the completion changes nothing":     {RolloutView{Rollout: canary, Status: completed(inStep(3))}, "a:u b:F c:u", rolloutWant{Reason: "RolledOut", Step: "3/3", Complete: true}},
		"skipped steps reach all":                          {RolloutView{Rollout: rolloutWith(approving(soaking(labelStep("a"), time.Hour))), SkipSteps: true}, "a:o b:o:a", rolloutWant{Reason: "Progressing", Step: "2/2", Admit: "a b"}},
	})
}

func TestNextRolloutFailures(t *testing.T) {
	runRollouts(t, map[string]rolloutCase{
		"the first failure of a small step stops it":      {RolloutView{Rollout: rolloutWith(countStep("2")), Status: inStep(1)}, "a:f b:o c:o", rolloutWant{Reason: "TooManyFailures", Step: "1/2"}},
		"a share is rounded down":                         {RolloutView{Rollout: allowing("49%"), Status: inStep(3)}, "a:f b:o", rolloutWant{Reason: "TooManyFailures", Step: "3/3"}},
		"as many as allowed do not stop it":               {RolloutView{Rollout: allowing("50%"), Status: inStep(3)}, "a:f b:o", rolloutWant{Reason: "Progressing", Step: "3/3", Admit: "b"}},
		"further failures that are tolerated":             {RolloutView{Rollout: allowing("3"), Status: inStep(3)}, "a:f b:o c:o", rolloutWant{Reason: "Progressing", Step: "3/3", Admit: "b c", Failures: 2}},
		"failures within the bound let a step be done":    {RolloutView{Rollout: allowing("1", countStep("2")), Status: inStep(1)}, "a:f b:u c:o", rolloutWant{Reason: "Progressing", Step: "2/2", Admit: "c"}},
		"those of later steps do not count":               {RolloutView{Rollout: allowing("0", countStep("2")), Status: inStep(1)}, "a:u b:o c:f", rolloutWant{Reason: "Progressing", Step: "1/2", Admit: "b"}},
		"it continues when they have healed":              {RolloutView{Rollout: allowing("0", countStep("2")), Status: inStep(1)}, "a:u b:u c:o", rolloutWant{Reason: "Progressing", Step: "2/2", Admit: "c"}},
		"it continues when the bound is raised":           {RolloutView{Rollout: allowing("1", countStep("2")), Status: inStep(1)}, "a:f b:o c:o", rolloutWant{Reason: "Progressing", Step: "1/2", Admit: "b"}},
		"complete with failures within the bound":         {RolloutView{Rollout: allowing("1"), Status: inStep(3)}, "a:f b:u", rolloutWant{Reason: "RolledOut", Step: "3/3", Complete: true}},
		"not complete with more":                          {RolloutView{Rollout: allowing("0"), Status: inStep(3)}, "a:f b:u", rolloutWant{Reason: "TooManyFailures", Step: "3/3"}},
		"failures after the completion leave it so":       {RolloutView{Rollout: allowing("0"), Status: completed(inStep(3))}, "a:f b:u", rolloutWant{Reason: "RolledOut", Step: "3/3", Complete: true}},
		"failures after the completion stop late holders": {RolloutView{Rollout: allowing("0"), Status: completed(inStep(3))}, "a:f b:o", rolloutWant{Reason: "TooManyFailures", Step: "3/3", Complete: true}},
		"skipped steps stop, too":                         {RolloutView{Rollout: allowing("0", countStep("1")), SkipSteps: true}, "a:u b:f c:o", rolloutWant{Reason: "TooManyFailures", Step: "2/2"}},
		"a bound that does not parse allows none":         {RolloutView{Rollout: allowing("x"), Status: inStep(3)}, "a:f b:o", rolloutWant{Reason: "TooManyFailures", Step: "3/3"}},
	})
}

func TestNextRolloutHolds(t *testing.T) {
	approval, soak := rolloutWith(approving(countStep("1"))), rolloutWith(soaking(countStep("1"), time.Hour))
	both := rolloutWith(approving(soaking(countStep("1"), time.Hour)))
	runRollouts(t, map[string]rolloutCase{
		"paused":                                     {RolloutView{Rollout: soak, Status: inStep(1), Paused: true}, "a:o b:o", rolloutWant{Reason: "Paused", Step: "1/2"}},
		"paused: a done step is not left":            {RolloutView{Rollout: rolloutWith(countStep("1")), Status: inStep(1), Paused: true}, "a:u b:o", rolloutWant{Reason: "Paused", Step: "1/2"}},
		"paused: all that ran have ended":            {RolloutView{Rollout: soak, Status: inStep(2), Paused: true}, "a:u b:u", rolloutWant{Reason: "RolledOut", Step: "2/2", Complete: true}},
		"paused with skipped steps":                  {RolloutView{Rollout: soak, Paused: true, SkipSteps: true}, "a:o b:o", rolloutWant{Reason: "Paused", Step: "2/2"}},
		"not ready":                                  {RolloutView{Rollout: soak, Status: inStep(1), NotReady: "backup gone"}, "a:o b:o", rolloutWant{Reason: "BaselineNotReady", Step: "1/2"}},
		"not ready: a done step is not left":         {RolloutView{Rollout: rolloutWith(countStep("1")), Status: inStep(1), NotReady: "backup gone"}, "a:u b:o", rolloutWant{Reason: "BaselineNotReady", Step: "1/2"}},
		"not ready and none outdated":                {RolloutView{Rollout: soak, Status: completed(inStep(2)), NotReady: "backup gone"}, "a:u", rolloutWant{Reason: "RolledOut", Step: "2/2", Complete: true}},
		"awaits an approval":                         {RolloutView{Rollout: approval, Status: inStep(1)}, "a:u b:o", rolloutWant{Reason: "AwaitingApproval", Step: "1/2"}},
		"awaits it after the step":                   {RolloutView{Rollout: approval, Status: inStep(1)}, "a:o b:o", rolloutWant{Reason: "Progressing", Step: "1/2", Admit: "a"}},
		"approved":                                   {RolloutView{Rollout: approval, Status: inStep(1), Approved: rolloutHash + "/1"}, "a:u b:o", rolloutWant{Reason: "Progressing", Step: "2/2", Admit: "b"}},
		"approved before it is done":                 {RolloutView{Rollout: approval, Status: inStep(1), Approved: rolloutHash + "/1"}, "a:o b:o", rolloutWant{Reason: "Progressing", Step: "1/2", Admit: "a"}},
		"all approved":                               {RolloutView{Rollout: approval, Status: inStep(1), Approved: rolloutHash + "/all"}, "a:u b:o", rolloutWant{Reason: "Progressing", Step: "2/2", Admit: "b"}},
		"another step approved":                      {RolloutView{Rollout: approval, Status: inStep(1), Approved: rolloutHash + "/2"}, "a:u b:o", rolloutWant{Reason: "AwaitingApproval", Step: "1/2"}},
		"another revision approved":                  {RolloutView{Rollout: approval, Status: inStep(1), Approved: "fedcba9876543210/all"}, "a:u b:o", rolloutWant{Reason: "AwaitingApproval", Step: "1/2"}},
		"text is no approval":                        {RolloutView{Rollout: approval, Status: inStep(1), Approved: "yes"}, "a:u b:o", rolloutWant{Reason: "AwaitingApproval", Step: "1/2"}},
		"a lost status awaits the same approval":     {RolloutView{Rollout: approval, Approved: rolloutHash + "/1"}, "a:u b:o", rolloutWant{Reason: "Progressing", Step: "2/2", Admit: "b"}},
		"a late member during an approval":           {RolloutView{Rollout: rolloutWith(approving(labelStep("a"))), Status: inStep(1)}, "a:u:a b:o x:o:a", rolloutWant{Reason: "Progressing", Step: "1/2", Admit: "x"}},
		"a skipped approval":                         {RolloutView{Rollout: approval, Status: inStep(1), SkipSteps: true}, "a:u b:o", rolloutWant{Reason: "Progressing", Step: "2/2", Admit: "b"}},
		"soaks from the last update":                 {RolloutView{Rollout: soak, Status: inStep(1)}, "a:u@20 b:o", rolloutWant{Reason: "Soaking", Step: "1/2", After: 40 * time.Minute}},
		"updates of later steps do not count":        {RolloutView{Rollout: soak, Status: inStep(1)}, "a:u@50 b:u@1 c:o", rolloutWant{Reason: "Soaking", Step: "1/2", After: 10 * time.Minute}},
		"updates of earlier steps count":             {RolloutView{Rollout: rolloutWith(labelStep("a"), soaking(countStep("1"), time.Hour)), Status: inStep(2)}, "a:u@50 b:o z:u:a@20", rolloutWant{Reason: "Soaking", Step: "2/3", After: 40 * time.Minute}},
		"an edited status without times":             {RolloutView{Rollout: soak, Status: &v1alpha1.RolloutStatus{RevisionHash: rolloutHash, Step: 1}}, "a:u b:o", rolloutWant{Reason: "Soaking", Step: "1/2", After: time.Hour}},
		"the soak has ended":                         {RolloutView{Rollout: soak, Status: inStep(1)}, "a:u@60 b:o", rolloutWant{Reason: "Progressing", Step: "2/2", Admit: "b"}},
		"the records prove the soak: status lost":    {RolloutView{Rollout: soak}, "a:u@70 b:o", rolloutWant{Reason: "Progressing", Step: "2/2", Admit: "b"}},
		"soaks from the step's begin without update": {RolloutView{Rollout: soak, Status: inStep(1)}, "a:u b:o", rolloutWant{Reason: "Soaking", Step: "1/2", After: 30 * time.Minute}},
		"without update and status it soaks again":   {RolloutView{Rollout: soak}, "a:u b:o", rolloutWant{Reason: "Soaking", Step: "1/2", After: time.Hour}},
		"a clock that is ahead: one soak at most":    {RolloutView{Rollout: soak, Status: inStep(1)}, "a:u@-90 b:o", rolloutWant{Reason: "Soaking", Step: "1/2", After: time.Hour}},
		"a step without holders does not soak":       {RolloutView{Rollout: rolloutWith(soaking(labelStep("z"), time.Hour)), Status: inStep(1)}, "a:o", rolloutWant{Reason: "Progressing", Step: "2/2", Admit: "a"}},
		"a late member during the soak":              {RolloutView{Rollout: rolloutWith(soaking(labelStep("a"), time.Hour)), Status: inStep(1)}, "a:u:a@20 b:o x:o:a", rolloutWant{Reason: "Progressing", Step: "1/2", Admit: "x"}},
		"the soak comes before the approval":         {RolloutView{Rollout: both, Status: inStep(1)}, "a:u@20 b:o", rolloutWant{Reason: "Soaking", Step: "1/2", After: 40 * time.Minute}},
		"an approval does not end the soak":          {RolloutView{Rollout: both, Status: inStep(1), Approved: rolloutHash + "/1"}, "a:u@20 b:o", rolloutWant{Reason: "Soaking", Step: "1/2", After: 40 * time.Minute}},
		"after the soak it awaits the approval":      {RolloutView{Rollout: both, Status: inStep(1)}, "a:u@70 b:o", rolloutWant{Reason: "AwaitingApproval", Step: "1/2"}},
		"none is left to wait for":                   {RolloutView{Rollout: both, Status: inStep(1)}, "a:u@20 b:u", rolloutWant{Reason: "RolledOut", Step: "2/2", Complete: true}},
	})
}

func TestSoakEndIsStable(t *testing.T) {
	view := RolloutView{
		Rollout: rolloutWith(soaking(labelStep("a"), 90*time.Minute+time.Millisecond)), Hash: rolloutHash, Status: inStep(1), Holders: parseHolders("a:u:a@20 b:o"), Now: noon,
	}
	want := noon.Add(70 * time.Minute)
	for range 2 {
		status := NextRollout(view).Status
		if end := status.SoakEndTimestamp; end == nil || !end.Time.Equal(want) {
			t.Fatalf("the soak ends at %v, want %s in whole seconds", end, want)
		}
		view.Status, view.Now = status, view.Now.Add(time.Minute)
	}
	view.Now = want.Add(time.Second)
	if status := NextRollout(view).Status; status.SoakEndTimestamp != nil {
		t.Errorf("the soak has ended, and still ends at %s", status.SoakEndTimestamp)
	}
}

func TestNextRolloutWithoutRollout(t *testing.T) {
	runRollouts(t, map[string]rolloutCase{
		"outdated holders":                {RolloutView{}, "a:o b:u", rolloutWant{Reason: "NotRequested"}},
		"outdated holders, not ready":     {RolloutView{NotReady: "gone"}, "a:o b:u", rolloutWant{Reason: "NotRequested"}},
		"none outdated":                   {RolloutView{}, "a:f b:u", rolloutWant{Reason: "RolledOut"}},
		"an earlier status stays":         {RolloutView{Status: inStep(2)}, "a:o", rolloutWant{Reason: "NotRequested", Step: "2/0"}},
		"the revision is not known yet":   {RolloutView{Rollout: rolloutWith(), Hash: "-"}, "a:o", rolloutWant{Reason: "BaselineNotReady"}},
		"no revision and the reason":      {RolloutView{Rollout: rolloutWith(), Hash: "-", NotReady: "gone"}, "a:o", rolloutWant{Reason: "BaselineNotReady"}},
		"no revision and none outdated":   {RolloutView{Rollout: rolloutWith(), Hash: "-", NotReady: "gone"}, "a:u", rolloutWant{Reason: "RolledOut"}},
		"no revision and an older status": {RolloutView{Rollout: rolloutWith(), Hash: "-", Status: completed(inStep(2))}, "a:u", rolloutWant{Reason: "RolledOut", Step: "2/0", Complete: true}},
	})
}

func runRollouts(t *testing.T, cases map[string]rolloutCase) {
	t.Helper()
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			test.view.Holders, test.view.Now = parseHolders(test.holders), noon
			switch test.view.Hash {
			case "":
				test.view.Hash = rolloutHash
			case "-":
				test.view.Hash = ""
			}
			before := test.view.Status.DeepCopy()
			decision := NextRollout(test.view)
			if diff := cmp.Diff(test.want, summarizeRollout(decision)); diff != "" {
				t.Errorf("%s: %s", decision.Condition.Message, diff)
			}
			if diff := cmp.Diff(before, test.view.Status); diff != "" {
				t.Errorf("the given status was changed: %s", diff)
			}
			if (decision.Condition.Status == metav1.ConditionTrue) != (decision.Condition.Reason == v1alpha1.ReasonRolledOut) {
				t.Errorf("%s has the reason %s", decision.Condition.Status, decision.Condition.Reason)
			}
			if soaks := decision.Status != nil && decision.Status.SoakEndTimestamp != nil; soaks != (decision.Condition.Reason == v1alpha1.ReasonSoaking) {
				t.Errorf("the soak ends at %v, and the reason is %s", decision.Status.SoakEndTimestamp, decision.Condition.Reason)
			}
		})
	}
}

func summarizeRollout(decision RolloutDecision) rolloutWant {
	got := rolloutWant{
		Reason: decision.Condition.Reason, Admit: strings.Join(decision.Admit, " "), Failures: decision.Failures, After: decision.After,
	}
	if status := decision.Status; status != nil {
		got.Step, got.Complete = fmt.Sprintf("%d/%d", status.Step, status.Steps), status.CompletionTimestamp != nil
	}
	return got
}

func TestNextRolloutStatus(t *testing.T) {
	now, began := metav1.NewTime(noon), inStep(1).StepTimestamp
	steps := rolloutWith(labelStep("a"), countStep("2"))
	tests := map[string]struct {
		status  *v1alpha1.RolloutStatus
		holders string
		want    *v1alpha1.RolloutStatus
	}{
		"a rollout begins":      {nil, "a:o b:o:a c:o", &v1alpha1.RolloutStatus{RevisionHash: rolloutHash, StartTimestamp: &now, Step: 1, Steps: 3, StepName: "team-a", StepTimestamp: &now, Total: 1}},
		"another one begins":    {completed(ofRevision("old", inStep(3))), "a:o b:o:a c:o", &v1alpha1.RolloutStatus{RevisionHash: rolloutHash, StartTimestamp: &now, Step: 1, Steps: 3, StepName: "team-a", StepTimestamp: &now, Total: 1}},
		"a step continues":      {inStep(1), "a:o b:o:a c:k:a d:f:a", &v1alpha1.RolloutStatus{RevisionHash: rolloutHash, StartTimestamp: began, Step: 1, Steps: 3, StepName: "team-a", StepTimestamp: began, Total: 3, Updated: 1, Failed: 1, Kept: 1}},
		"the next step begins":  {inStep(1), "a:o b:o c:u:a", &v1alpha1.RolloutStatus{RevisionHash: rolloutHash, StartTimestamp: began, Step: 2, Steps: 3, StepTimestamp: &now, Total: 3, Updated: 1}},
		"the rollout completes": {inStep(3), "a:u b:k c:u", &v1alpha1.RolloutStatus{RevisionHash: rolloutHash, StartTimestamp: began, CompletionTimestamp: &now, Step: 3, Steps: 3, StepTimestamp: began, Total: 3, Updated: 3, Kept: 1}},
		"it stays complete":     {completed(inStep(3)), "a:u", &v1alpha1.RolloutStatus{RevisionHash: rolloutHash, StartTimestamp: began, CompletionTimestamp: began, Step: 3, Steps: 3, StepTimestamp: began, Total: 1, Updated: 1}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			decision := NextRollout(RolloutView{Rollout: steps, Hash: rolloutHash, Status: test.status, Holders: parseHolders(test.holders), Now: noon.Add(300 * time.Millisecond)})
			if diff := cmp.Diff(test.want, decision.Status); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRolloutMessages(t *testing.T) {
	steps := allowing("0", approving(soaking(labelStep("a"), time.Hour)))
	tests := map[string]struct {
		view    RolloutView
		holders string
		want    string
	}{
		"rolled out":        {RolloutView{Rollout: steps}, "a:u", "no namespace holds older content"},
		"some failed":       {RolloutView{}, "a:f b:f", "no namespace holds older content; 2 namespaces are incomplete and retried: their BaselineRecords have the errors"},
		"not requested":     {RolloutView{}, "a:o", "1 namespace holds older content: set spec.rollout to update them ({} updates one, then a tenth, then all)"},
		"progressing":       {RolloutView{Rollout: steps}, "a:o:a b:u:a", "step 1 of 2 (team-a): 1 of 2 namespaces are updated"},
		"soaking":           {RolloutView{Rollout: steps}, "a:u:a@20 b:o", "step 1 of 2 (team-a): 1 of 1 namespace is updated: soaks until 2026-11-22T12:40:00Z"},
		"awaiting approval": {RolloutView{Rollout: steps}, "a:u:a@70 b:o", "step 1 of 2 (team-a): 1 of 1 namespace is updated: set the annotation seedbed.dev/rollout-approved to 0123456789abcdef/1 to continue"},
		"paused":            {RolloutView{Rollout: steps, Status: inStep(2), Paused: true}, "a:o b:o", "step 2 of 2: 0 of 2 namespaces are updated: remove the annotation seedbed.dev/rollout-paused to continue"},
		"too many failures": {RolloutView{Rollout: steps}, "a:f:a b:o:a", "step 1 of 2 (team-a): 0 of 2 namespaces are updated, 1 failed and spec.rollout.maxFailures allows 0: fix the cause that their BaselineRecords name, or set spec.backup to an earlier one"},
		"not ready":         {RolloutView{Rollout: steps, NotReady: "backup web: not found"}, "a:o b:o", "2 namespaces hold older content, and none is updated until the Baseline is Ready: backup web: not found"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.view.Hash, test.view.Holders, test.view.Now = rolloutHash, parseHolders(test.holders), noon
			if diff := cmp.Diff(test.want, NextRollout(test.view).Condition.Message); diff != "" {
				t.Error(diff)
			}
		})
	}
	long := NextRollout(RolloutView{
		Rollout: rolloutWith(), Hash: rolloutHash, Holders: parseHolders("a:o"), NotReady: strings.Repeat("é", 10_000), Now: noon,
	}).Condition.Message
	if len(long) > v1alpha1.MaxMessageLength {
		t.Errorf("a message has %d bytes", len(long))
	}
}

func BenchmarkNextRollout(b *testing.B) {
	view := RolloutView{Rollout: rolloutWith(labelStep("a"), labelStep("b"), countStep("10%")), Hash: rolloutHash, Status: inStep(3), Now: noon}
	for i := range 10_000 {
		view.Holders = append(view.Holders, Holder{
			Namespace: fmt.Sprintf("ns-%05d", i), State: HolderOutdated,
			Labels: map[string]string{"team": fmt.Sprint(i % 100), "kubernetes.io/metadata.name": "x"},
		})
	}
	b.ReportAllocs()
	for b.Loop() {
		if got := NextRollout(view).Admit; len(got) != 1000 || !slices.IsSorted(got) {
			b.Fatalf("%d admitted", len(got))
		}
	}
}
