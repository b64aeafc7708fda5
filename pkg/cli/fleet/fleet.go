package fleet

import (
	"fmt"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// NewCommand returns the command that counts the namespaces of all baselines, and the one that lists them.
func NewCommand(f *factory.Factory) *cobra.Command {
	o := &flag.ListOutput{}
	cmd := factory.NewRunnableGroup(&cobra.Command{
		Use:   "fleet",
		Short: "Count the namespaces that hold baselines, and list those that lag behind",
		Long: "Count the namespaces of each baseline by their state, and show how far its present content has got. The numbers are\n" +
			"those of the baselines' status: NAMESPACES should hold the baseline, and are UPDATED, OUTDATED (they hold other\n" +
			"content), FAILED (their restore or update is incomplete and retried) or PENDING (they do not hold it yet). KEPT are\n" +
			"updated or outdated ones with an object that was left alone. DRIFTED are those in which the last audit found an object\n" +
			"that was changed or deleted and not put back. RELEASED are beside them: they hold the baseline, would not get it today,\n" +
			"and are never updated.\n\n" +
			"-o wide adds the counts of the present step, the bytes of the backups that the history keeps, and the age of the\n" +
			"rollout. -o json and -o yaml print a list of objects with the fields baseline, backup, revision, namespaces, updated,\n" +
			"outdated, failed, kept, drifted, pending, released, pinnedBytes and rollout (reason, progress, step, steps, stepName, total,\n" +
			"updated, failed, kept, startTimestamp, completionTimestamp, soakEndTimestamp).",
		Example: f.FormatExamples("fleet", "fleet -o wide", "fleet namespaces --baseline web --kept --failed"),
	}, func(cmd *cobra.Command) error { return runFleet(cmd, f, o) }, newNamespacesCommand(f))
	o.AddTo(cmd)
	o.AddNoHeaders(cmd)
	return cmd
}

func runFleet(cmd *cobra.Command, f *factory.Factory, o *flag.ListOutput) error {
	if err := o.Validate(); err != nil {
		return err
	}
	api, err := f.NewClient(cmd)
	if err != nil {
		return err
	}
	baselines, err := resource.List(cmd.Context(), api, resource.Baseline)
	if err != nil {
		return explainList("baselines", "baselines.seedbed.dev", "", err)
	}
	if len(baselines) == 0 && o.IsTable() {
		output.Fprintf(cmd.ErrOrStderr(), "No baselines found.\n")
		return nil
	}
	var sizes map[string]storedContent
	if o.Format != "" && o.Format != flag.FormatTable {
		if sizes, err = readSizes(cmd, api); err != nil {
			return err
		}
	}
	summaries := make([]baselineSummary, 0, len(baselines))
	for _, obj := range baselines {
		summaries = append(summaries, newSummary(obj.(*v1alpha1.Baseline), sizes, f.Now()))
	}
	return o.Print(cmd.OutOrStdout(), "the fleet", summaries, func() *metav1.Table { return summaryTable(summaries, f.Now()) })
}

// readSizes returns the stored content of the backups by name. It is nil, with a note, for users who may not list them.
func readSizes(cmd *cobra.Command, api client.Reader) (map[string]storedContent, error) {
	sizes := map[string]storedContent{}
	err := resource.VisitPages(cmd.Context(), api, resource.Backup, func(page []client.Object) {
		for _, obj := range page {
			status := &obj.(*v1alpha1.BaselineBackup).Status
			sizes[obj.GetName()] = storedContent{digest: status.Digest, bytes: status.SizeBytes}
		}
	})
	if apierrors.IsForbidden(err) {
		output.Fprintf(cmd.ErrOrStderr(), "Note: the bytes that histories keep are left out: you may not list baselinebackups.seedbed.dev, "+
			"so ask whoever administers the cluster for the verb \"list\" on it.\n")
		return nil, nil
	}
	if err != nil {
		return nil, output.Explain("list backups", err)
	}
	return sizes, nil
}

// explainList returns the error of a list. For a user who may not list, it names the permission and another way, which may be empty.
func explainList(plural, permission, instead string, err error) error {
	if !apierrors.IsForbidden(err) {
		return output.Explain("list "+plural, err)
	}
	text := fmt.Sprintf("you may not list %s: ask whoever administers the cluster for the verb \"list\" on it", permission)
	if instead != "" {
		text += ", or " + instead
	}
	return &output.Explained{Text: text, Cause: err}
}
