package rollout

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/output"
)

func newHistoryCommand(f *factory.Factory) *cobra.Command {
	o := &flag.ListOutput{}
	cmd := newNamedCommand(f, &cobra.Command{
		Use:   "history NAME",
		Short: "List the revisions of a baseline that an undo can go back to",
		Long: "List the present revision of a baseline and those before it, the newest first. An undo can go back to them, so\n" +
			"their backups cannot be deleted. ROLLED OUT is the time when every namespace had the revision.",
		Example: f.FormatExamples("baseline rollout history web", "baseline rollout history web -o wide"),
	}, o.Validate, func(cmd *cobra.Command, _ client.Client, baseline *v1alpha1.Baseline) error {
		if len(baseline.Status.History) == 0 && o.IsTable() {
			output.Fprintf(cmd.ErrOrStderr(), "Baseline %q has no revision yet: it gets one when its backup is ready.\n", baseline.Name)
			return nil
		}
		return writeHistory(cmd.OutOrStdout(), baseline, o)
	})
	o.AddTo(cmd)
	return cmd
}

var historyColumns = slices.Concat(
	output.NewColumns(0, "Revision", "Backup", "Created", "Rolled Out", "Content"),
	output.NewColumns(1, "Source", "Mapping", "Hash", "Digest"),
)

// writeHistory prints the history of a baseline in a format.
func writeHistory(out io.Writer, baseline *v1alpha1.Baseline, o *flag.ListOutput) error {
	history := listHistory(baseline)
	return o.Print(out, fmt.Sprintf("the history of baseline %q", baseline.Name), history, func() *metav1.Table {
		table := &metav1.Table{ColumnDefinitions: historyColumns}
		for i := range history {
			table.Rows = append(table.Rows, metav1.TableRow{Cells: historyRow(&history[i], history[i].Revision == baseline.Status.Revision)})
		}
		return table
	})
}

// listHistory returns the history of a baseline. The controller sets the time when the present revision was rolled out only once it has
// another one: until then that is the time of the condition, or of the revision if the condition was True for the one before too.
func listHistory(baseline *v1alpha1.Baseline) []v1alpha1.BaselineRevision {
	history := slices.Clone(baseline.Status.History)
	if len(history) == 0 || !baseline.Status.IsRolledOut(history[0].Hash) {
		return history
	}
	since := meta.FindStatusCondition(baseline.Status.Conditions, v1alpha1.ConditionRolledOut).LastTransitionTime
	if since.Before(&history[0].Timestamp) {
		since = history[0].Timestamp
	}
	history[0].RolledOutTimestamp = &since
	return history
}

func historyRow(revision *v1alpha1.BaselineRevision, present bool) []any {
	number := fmt.Sprint(revision.Revision)
	if present {
		number += " (present)"
	}
	return []any{
		number, revision.Backup, output.FormatTime(&revision.Timestamp), output.FormatTime(revision.RolledOutTimestamp), shortDigest(revision.ContentDigest),
		output.OrNone(revision.SourceNamespace), output.OrNone(string(revision.Mapping)), output.OrNone(revision.Hash), output.OrNone(revision.Digest),
	}
}

// shortDigest returns the beginning of a digest, without its algorithm.
func shortDigest(digest string) string {
	_, hex, found := strings.Cut(digest, ":")
	if !found {
		return output.OrNone(digest)
	}
	return hex[:min(len(hex), 12)]
}
