package namespace

import (
	"maps"
	"slices"

	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/pkg/restore"
)

// setOtherBaselines sets the plans of the namespace's other baselines, whose objects a task keeps.
func setOtherBaselines(task *restore.Task, known *snapshot) {
	task.RequiredBefore = requiredBefore(known, task.Spec.Baseline)
	if task.Prune {
		task.HeldBeside = heldBeside(known, task.Spec.Baseline)
	}
}

// requiredBefore returns the plans of the Required baselines that the namespace got before this one; of all if baseline is "".
func requiredBefore(known *snapshot, baseline string) []plan.Spec {
	var before []plan.Spec
	for _, choice := range known.decision.Choices {
		if choice.Baseline == baseline {
			break
		}
		record, other := known.records[choice.Baseline], known.baselines[choice.Baseline]
		if choice.Required && other != nil && record != nil && record.Result.Digest != "" {
			before = append(before, plan.SpecOf(other, record.HeldRevision()))
		}
	}
	return before
}

// heldBeside returns the plans of the other baselines that the namespace holds, by name.
func heldBeside(known *snapshot, baseline string) []plan.Spec {
	var beside []plan.Spec
	for _, name := range slices.Sorted(maps.Keys(known.records)) {
		record, other := known.records[name], known.baselines[name]
		if name != baseline && other != nil && record.Result.Digest != "" {
			beside = append(beside, plan.SpecOf(other, record.HeldRevision()))
		}
	}
	return beside
}
