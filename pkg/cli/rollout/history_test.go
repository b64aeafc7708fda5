package rollout

import (
	"bytes"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/test/check"
)

func TestHistory(t *testing.T) {
	baseline := newBaseline()
	baseline.Status.History[0].ContentDigest = ""
	for _, format := range []string{"table", "wide", "yaml", "json"} {
		t.Run(format, func(t *testing.T) {
			var out bytes.Buffer
			if err := writeHistory(&out, baseline, &flag.ListOutput{Format: format}); err != nil {
				t.Fatal(err)
			}
			check.Golden(t, out.String(), "history", format+".txt")
		})
	}
}

// rolledOutSince sets the condition of a rollout that ended at a time.
func rolledOutSince(since *metav1.Time) func(*v1alpha1.Baseline) {
	return func(b *v1alpha1.Baseline) {
		withReason(v1alpha1.ReasonRolledOut, "no namespace holds older content")(b)
		b.Status.Conditions[0].LastTransitionTime = *since
	}
}

func TestHistoryHasTheEndOfThePresentRollout(t *testing.T) {
	back := func(b *v1alpha1.Baseline) { b.Status.History[0].RolledOutTimestamp = at(-48 * time.Hour) }
	for name, test := range map[string]struct {
		options []func(*v1alpha1.Baseline)
		want    *metav1.Time
	}{
		"going on":                        {},
		"rolled out":                      {[]func(*v1alpha1.Baseline){rolledOutSince(at(time.Hour))}, at(time.Hour)},
		"as the revision before it":       {[]func(*v1alpha1.Baseline){rolledOutSince(at(-time.Hour))}, at(0)},
		"an earlier one, going on":        {[]func(*v1alpha1.Baseline){back}, at(-48 * time.Hour)},
		"an earlier one, rolled out anew": {[]func(*v1alpha1.Baseline){back, rolledOutSince(at(time.Hour))}, at(time.Hour)},
		"changed since":                   {[]func(*v1alpha1.Baseline){rolledOutSince(at(time.Hour)), func(b *v1alpha1.Baseline) { b.Generation++ }}, at(time.Hour)},
		"no revision now":                 {[]func(*v1alpha1.Baseline){rolledOutSince(at(time.Hour)), func(b *v1alpha1.Baseline) { b.Status.RevisionHash = "" }}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			baseline := newBaseline(test.options...)
			before := baseline.DeepCopy()
			if got := listHistory(baseline)[0].RolledOutTimestamp; !got.Equal(test.want) {
				t.Errorf("%s, want %s", got, test.want)
			}
			if !baseline.Status.History[0].RolledOutTimestamp.Equal(before.Status.History[0].RolledOutTimestamp) {
				t.Error("the baseline was changed")
			}
		})
	}
}

func TestHistoryOfARolledOutRevision(t *testing.T) {
	var out bytes.Buffer
	if err := writeHistory(&out, newBaseline(rolledOutSince(at(time.Hour))), &flag.ListOutput{Format: "table"}); err != nil {
		t.Fatal(err)
	}
	check.Golden(t, out.String(), "history", "rolled-out.txt")
}
