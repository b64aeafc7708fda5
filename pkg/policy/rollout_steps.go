package policy

import (
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// compiledStep is a step whose selector is parsed.
type compiledStep struct {
	v1alpha1.RolloutStep
	selects labels.Selector // nil matches no holder
}

// compileSteps returns the steps of a rollout before the last one. A selector that does not parse matches no holder.
func compileSteps(rollout *v1alpha1.BaselineRollout) []compiledStep {
	steps := rollout.EffectiveSteps()
	compiled := make([]compiledStep, len(steps))
	for i := range steps {
		compiled[i].RolloutStep = steps[i]
		if selects, err := parseSelector(steps[i].NamespaceSelector); err == nil {
			compiled[i].selects = selects
		}
	}
	return compiled
}

// selectsLabels reports whether the step selects by label, and selects these.
func (s *compiledStep) selectsLabels(set map[string]string) bool {
	return s.selects != nil && s.selects.Matches(labels.Set(set))
}

// firstSteps returns the number of the first step of each holder. A step of so many holders has the first ones by name, whether
// or not an earlier step selects some of them.
func firstSteps(steps []compiledStep, holders []Holder) []int {
	reached := make([]int, len(steps))
	for i := range steps {
		reached[i] = scale(steps[i].Namespaces, len(holders), true)
	}
	first := make([]int, len(holders))
	for i := range holders {
		number := 1
		for number <= len(steps) && i >= reached[number-1] && !steps[number-1].selectsLabels(holders[i].Labels) {
			number++
		}
		first[i] = number
	}
	return first
}

// scale returns a number, or a share of total; none if it does not parse.
func scale(value *intstr.IntOrString, total int, roundUp bool) int {
	if value == nil {
		return 0
	}
	scaled, err := intstr.GetScaledValueFromIntOrPercent(value, total, roundUp)
	if err != nil {
		return 0
	}
	return scaled
}

// stepCounts counts the holders in a step and those before it.
type stepCounts struct {
	total, updated, outdated, failed, kept int
	// unfinished are those that are outdated or running.
	unfinished int
	// allowed is the number of holders that may have failed.
	allowed int
	// ended is the time of the last update; zero if there was none.
	ended time.Time
}

// isDone reports whether the step may be left.
func (c *stepCounts) isDone() bool { return c.unfinished == 0 && c.failed <= c.allowed }

func (c *stepCounts) addHolder(holder *Holder) {
	c.total++
	if !holder.ValuesOnly && (holder.State == HolderOutdated || holder.Running) {
		c.unfinished++
	}
	switch holder.State {
	case HolderOutdated:
		c.outdated++
	case HolderFailed:
		if !holder.ValuesOnly {
			c.failed++
		}
	case HolderUpdated:
		c.updated++
		if holder.Kept {
			c.kept++
		}
	}
	if holder.Ended.After(c.ended) {
		c.ended = holder.Ended
	}
}

// addCounts adds the counts of the steps before.
func (c *stepCounts) addCounts(before stepCounts) {
	c.total += before.total
	c.updated += before.updated
	c.outdated += before.outdated
	c.failed += before.failed
	c.kept += before.kept
	c.unfinished += before.unfinished
	if before.ended.After(c.ended) {
		c.ended = before.ended
	}
}

// countSteps returns the counts of each step together with those before it.
func countSteps(steps int, first []int, view *RolloutView) []stepCounts {
	counts := make([]stepCounts, steps)
	for i := range view.Holders {
		counts[first[i]-1].addHolder(&view.Holders[i])
	}
	maxFailures := view.Rollout.EffectiveMaxFailures()
	for i := range counts {
		if i > 0 {
			counts[i].addCounts(counts[i-1])
		}
		counts[i].allowed = scale(&maxFailures, counts[i].total, false)
	}
	return counts
}
