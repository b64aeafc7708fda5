package rollout

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// watcher follows a baseline until its content has reached every namespace, or does not go on by itself.
type watcher struct {
	program string
	api     client.Reader
	show    *output.Progress
	now     func() time.Time
	// baseline is as it was read last.
	baseline *v1alpha1.Baseline
	meter    meter
	shown    int // the step that was shown last
}

// await follows the baseline, with its progress on show. It returns an error unless the baseline is rolled out in the end.
func await(cmd *cobra.Command, f *factory.Factory, api client.Reader, baseline *v1alpha1.Baseline, timeout time.Duration, show *output.Progress) error {
	w := &watcher{program: f.Program, api: api, show: show, now: f.Now, baseline: baseline}
	watched := resource.Watched{Name: fmt.Sprintf("the rollout of baseline %q", baseline.Name), Read: w.read, State: w.state}
	if err := resource.AwaitEnd(cmd.Context(), timeout, watched, show); err != nil {
		return err
	}
	if !isRolledOut(w.baseline) {
		return stopError(f.Program, w.baseline)
	}
	output.Fprintf(cmd.OutOrStdout(), "baseline/%s is rolled out: %s\n", baseline.Name, formatEnd(&w.baseline.Status.NamespaceCounts))
	return nil
}

// formatEnd returns the counts of a rollout that is over.
func formatEnd(counts *v1alpha1.NamespaceCounts) string {
	return fmt.Sprintf("%s updated, %d failed, %d kept", output.CountNamespaces(int(counts.UpdatedNamespaces)), counts.FailedNamespaces, counts.KeptNamespaces)
}

func (w *watcher) read(ctx context.Context) error {
	read := &v1alpha1.Baseline{} // a new one, because decoding keeps the fields that an answer lacks
	if err := w.api.Get(ctx, client.ObjectKeyFromObject(w.baseline), read); err != nil {
		return err
	}
	read.Generation = max(read.Generation, w.baseline.Generation) // a server that lags has not seen the change
	w.baseline = read
	return nil
}

// state returns the line of the present step, and reports whether the wait is over. The lines of earlier steps stay.
func (w *watcher) state() (string, bool) {
	over := isRolledOut(w.baseline) || hasStopped(w.baseline)
	steps, present := listSteps(w.baseline, w.now()), presentStep(w.baseline)
	if condition := conditionOf(w.baseline); present == 0 || present > len(steps) || condition.Reason == reasonUnobserved {
		return condition.Message, over
	}
	for ; w.shown > 0 && w.shown < present; w.shown++ {
		w.show.Keep(formatStep(steps, w.shown, steps[w.shown-1].state))
	}
	w.shown = present
	status := w.baseline.Status.Rollout
	w.meter.observe(status, w.now())
	state := steps[present-1].state
	if conditionOf(w.baseline).Reason == v1alpha1.ReasonProgressing {
		state = formatStepCounts(status) + w.meter.format(status.Total-status.Updated-status.Failed)
	}
	line := formatStep(steps, present, state)
	if over {
		w.show.Keep(line)
	}
	return line, over
}

// formatStep returns the line of a step.
func formatStep(steps []step, number int, state string) string {
	return fmt.Sprintf("step %d of %d, %s: %s", number, len(steps), steps[number-1].title, state)
}
