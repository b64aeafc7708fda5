package policy

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// maxSoak is the longest soak of a random rollout.
const maxSoak = 3 * time.Hour

func TestNextRolloutProperties(t *testing.T) {
	for seed := range uint64(2000) {
		checkRandomView(t, seed)
		simulateRollout(t, seed)
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
}

func FuzzNextRollout(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		checkRandomView(t, seed)
		simulateRollout(t, seed)
	})
}

// checkRandomView checks the decision of a view in which anything can be.
func checkRandomView(t *testing.T, seed uint64) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 1))
	view := RolloutView{
		Rollout: randomRollout(random), Hash: rolloutHash, Now: noon, Holders: randomHolders(random),
		Paused: random.IntN(5) == 0, SkipSteps: random.IntN(8) == 0,
		Approved: []string{"", "old/all", rolloutHash + "/1", rolloutHash + "/2", rolloutHash + "/all"}[random.IntN(5)],
		NotReady: []string{"", "", "", "gone"}[random.IntN(4)],
		Status:   []*v1alpha1.RolloutStatus{nil, inStep(1), inStep(2), inStep(9), completed(inStep(2)), ofRevision("old", inStep(2))}[random.IntN(6)],
	}
	decision := NextRollout(view)
	checkDecision(t, &view, &decision)
	view.Status = decision.Status
	if diff := cmp.Diff(decision, NextRollout(view)); diff != "" {
		t.Errorf("the same view is decided in another way: %s", diff)
	}
}

// simulateRollout updates the admitted holders until the revision is rolled out. Nothing fails, and each approval is given when it
// is asked for. Meanwhile some holders are labelled, paused rollouts are resumed and statuses are lost.
func simulateRollout(t *testing.T, seed uint64) {
	t.Helper()
	const parallel, maxRounds = 8, 2000
	random := rand.New(rand.NewPCG(seed, 2))
	view := RolloutView{Rollout: randomRollout(random), Hash: rolloutHash, Now: noon, Holders: randomHolders(random)}
	for i := range view.Holders {
		view.Holders[i].State, view.Holders[i].Running, view.Holders[i].Ended = HolderOutdated, false, time.Time{}
	}
	for range maxRounds {
		decision := NextRollout(view)
		checkDecision(t, &view, &decision)
		view.Status = decision.Status
		view.Now = view.Now.Add(max(decision.After, time.Second))
		view.Paused = false
		switch reason := decision.Condition.Reason; {
		case t.Failed():
			return
		case reason == v1alpha1.ReasonRolledOut:
			return
		case reason == v1alpha1.ReasonAwaitingApproval:
			view.Approved = fmt.Sprintf("%s/%d", rolloutHash, decision.Status.Step)
		case random.IntN(20) == 0:
			view.Paused = true
		case random.IntN(50) == 0:
			view.Status = nil // approvals of earlier steps are asked for again
		case random.IntN(20) == 0 && len(view.Holders) > 0:
			view.Holders[random.IntN(len(view.Holders))].Labels = map[string]string{"team": "a"}
		}
		endUpdates(random, &view)
		beginUpdates(&view, decision.Admit[:min(parallel, len(decision.Admit))])
	}
	t.Errorf("the rollout has not ended after %d rounds: %v", maxRounds, view.Status)
}

func endUpdates(random *rand.Rand, view *RolloutView) {
	for i := range view.Holders {
		if holder := &view.Holders[i]; holder.Running && random.IntN(2) == 0 {
			holder.Running, holder.State, holder.Ended = false, HolderUpdated, view.Now
		}
	}
}

func beginUpdates(view *RolloutView, names []string) {
	for i := range view.Holders {
		if _, admitted := slices.BinarySearch(names, view.Holders[i].Namespace); admitted {
			view.Holders[i].Running = true
		}
	}
}

func checkDecision(t *testing.T, view *RolloutView, decision *RolloutDecision) {
	t.Helper()
	status, condition := decision.Status, decision.Condition
	outdated := map[string]bool{}
	for i, holder := range view.Holders {
		if holder.State == HolderOutdated {
			outdated[holder.Namespace] = !holder.Running && isReached(view, i, status.Step)
		}
	}
	stopped := view.Paused || view.NotReady != "" || condition.Reason == v1alpha1.ReasonTooManyFailures
	switch {
	case !slices.IsSorted(decision.Admit) || len(slices.Compact(slices.Clone(decision.Admit))) != len(decision.Admit):
		t.Errorf("%q are admitted", decision.Admit)
	case slices.ContainsFunc(decision.Admit, func(name string) bool { return !outdated[name] }):
		t.Errorf("%q are admitted, of %v in step %d", decision.Admit, outdated, status.Step)
	case stopped && (len(decision.Admit) > 0 || decision.Failures != 0):
		t.Errorf("%q are admitted while %s", decision.Admit, condition.Reason)
	case decision.Failures < 0 || decision.After < 0 || decision.After > maxSoak:
		t.Errorf("%d failures, after %s", decision.Failures, decision.After)
	case status.Step < 1 || status.Step > status.Steps || len(condition.Message) > v1alpha1.MaxMessageLength:
		t.Errorf("step %d of %d: %q", status.Step, status.Steps, condition.Message)
	case view.Status != nil && view.Status.RevisionHash == view.Hash && status.Step < min(view.Status.Step, status.Steps):
		t.Errorf("step %d after %d", status.Step, view.Status.Step)
	case condition.Status == metav1.ConditionTrue && len(outdated) > 0:
		t.Errorf("rolled out with %d outdated", len(outdated))
	}
}

// isReached reports whether a step up to number reaches a holder.
func isReached(view *RolloutView, holder int, number int32) bool {
	steps := view.Rollout.EffectiveSteps()
	for i := range min(int(number), len(steps)) {
		if steps[i].Namespaces != nil && holder < scale(steps[i].Namespaces, len(view.Holders), true) {
			return true
		}
		selector, err := metav1.LabelSelectorAsSelector(steps[i].NamespaceSelector) // nil selects nothing
		if err == nil && selector.Matches(labels.Set(view.Holders[holder].Labels)) {
			return true
		}
	}
	return int(number) > len(steps)
}

func randomRollout(random *rand.Rand) *v1alpha1.BaselineRollout {
	rollout := allowing([]string{"0", "1", "5%", "50%", "100%"}[random.IntN(5)])
	for range random.IntN(5) {
		step := []v1alpha1.RolloutStep{
			labelStep("a"), labelStep("b"), labelStep("z"), countStep("1"), countStep("3"), countStep("10%"), countStep("100%"),
			{NamespaceSelector: brokenSelector()},
		}[random.IntN(8)]
		step.Approval = random.IntN(3) == 0
		rollout.Steps = append(rollout.Steps, soaking(step, time.Duration(random.Int64N(int64(maxSoak)))))
	}
	return rollout
}

func randomHolders(random *rand.Rand) []Holder {
	holders := make([]Holder, random.IntN(40))
	for i := range holders {
		holders[i] = Holder{
			Namespace: fmt.Sprintf("ns-%02d", i), Labels: map[string]string{"team": []string{"a", "b", "c"}[random.IntN(3)]},
			State:   []HolderState{HolderUpdated, HolderUpdated, HolderOutdated, HolderFailed}[random.IntN(4)],
			Running: random.IntN(4) == 0, Kept: random.IntN(4) == 0,
		}
		if random.IntN(2) == 0 {
			holders[i].Ended = noon.Add(-time.Duration(random.Int64N(int64(2*maxSoak))) + maxSoak/2)
		}
	}
	return holders
}
