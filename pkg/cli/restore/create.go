package restore

import (
	"cmp"
	"errors"
	"fmt"
	"maps"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// createOptions are the flags of restore create.
type createOptions struct {
	backup   string
	mappings []string
	// selection is the part of the backup to restore.
	selection selectionFlags
	policy    *flag.Enum[v1alpha1.ExistingResources]
	metadata  flag.Metadata
	wait      flag.Wait
	output    *flag.Output
	dryRun    dryRunFlag
}

func newCreateCommand(f *factory.Factory) *cobra.Command {
	o := &createOptions{policy: flag.NewExistingPolicy(), output: flag.NewOutput(false)}
	cmd := &cobra.Command{
		Use:   "create [NAME] --from-backup BACKUP --namespace-mappings SOURCE:TARGET[,SOURCE:TARGET]",
		Short: "Restore a backup into namespaces",
		Long: "Restore a backup into one or more namespaces, each of which is created when it is missing. There is\n" +
			"one restore in each of them, called NAME, or the backup's name and the time when it is left out. You\n" +
			"need the verb \"restore\" on the backup.",
		Example: f.FormatExamples(
			"restore create bar-svc --from-backup foo-svc --namespace-mappings foo:bar",
			"restore create --from-backup foo-svc -n bar --wait",
			"restore create --from-backup foo-svc -n bar --dry-run",
			"restore create --from-backup foo-all -n bar --include-resources configmaps,secrets --selector app=web",
		),
		Args:              flag.AtMostOneName,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return o.runCreate(cmd, f, args) },
	}
	cmd.Flags().StringVar(&o.backup, "from-backup", "", "`BACKUP` to restore")
	cmd.Flags().StringSliceVar(&o.mappings, "namespace-mappings", nil, "namespaces of the backup and where each goes, as `SOURCE:TARGET`[,SOURCE:TARGET]; or -n TARGET when it holds one")
	o.selection.addTo(cmd)
	o.policy.AddTo(cmd, "existing-resource-policy", "what happens to an object that is already there: it is left alone (none, also when left out) or made like the backup's (update)")
	o.metadata.AddTo(cmd)
	o.wait.AddTo(cmd, "the restore has ended; exit code 1 unless it is Completed")
	o.output.AddTo(cmd, "create nothing, print the objects")
	o.dryRun.addTo(cmd)
	cmd.Flags().Lookup("timeout").Usage = "with --wait or --dry-run: stop waiting after this `DURATION`; 0 waits for ever"
	resource.CompleteFlag(f, cmd, "from-backup", resource.Backup)
	return cmd
}

// validate checks the flags that need no cluster, and returns the mappings.
func (o *createOptions) validate(target string, args []string) ([]mapping, error) {
	if o.backup == "" {
		return nil, fmt.Errorf("--from-backup is missing: say which backup to restore")
	}
	mappings, err := parseMappings(o.mappings)
	if err != nil {
		return nil, err
	}
	switch {
	case len(mappings) == 0 && target == "":
		return nil, fmt.Errorf("say where to restore to: --namespace-mappings SOURCE:TARGET, or -n TARGET when the backup holds one namespace")
	case len(mappings) > 0 && target != "":
		return nil, fmt.Errorf("--namespace-mappings says where to restore to: leave -n %s out", target)
	case target != "":
		if err := flag.CheckTargetName(target); err != nil {
			return nil, err
		}
	}
	if len(args) > 0 {
		if err := flag.CheckName("restore", args[0]); err != nil {
			return nil, err
		}
	}
	if err := o.selection.parse(mappings); err != nil {
		return nil, err
	}
	if o.dryRun {
		return mappings, o.checkDryRun()
	}
	return mappings, cmp.Or(o.output.Validate(), o.wait.Validate())
}

func (o *createOptions) runCreate(cmd *cobra.Command, f *factory.Factory, args []string) error {
	mappings, err := o.validate(f.NamespaceFlag(), args)
	if err != nil {
		return err
	}
	c, err := f.NewClient(cmd)
	if err != nil {
		return err
	}
	obj, err := resource.GetNamed(cmd.Context(), c, resource.Backup, o.backup)
	if err != nil {
		return err
	}
	backup := obj.(*v1alpha1.BaselineBackup)
	if mappings, err = mappingsFor(backup, mappings, f.NamespaceFlag(), o.selection.without); err != nil {
		return err
	}
	if err := o.selection.resolveResources(cmd, f, backup); err != nil {
		return err
	}
	if o.dryRun {
		return o.previewAll(cmd, f, c, backup, mappings)
	}
	name := resource.TimedName(o.backup, f.Now())
	if len(args) > 0 {
		name = args[0]
	}
	targets, err := findTargets(cmd.Context(), c, mappings, name)
	if err != nil {
		return err
	}
	if o.output.Format != "" {
		return o.output.PrintObjects(cmd.OutOrStdout(), o.objectsToCreate(targets, name), true)
	}
	if err := resource.CheckRestorable(backup); err != nil {
		return err
	}
	return o.createAll(cmd, f, c, targets, name)
}

// newRestore returns the restore into one target.
func (o *createOptions) newRestore(name string, into *target) *v1alpha1.BaselineRestore {
	meta := o.metadata.ObjectMeta(into.namespace.Name, name)
	meta.Labels = excludeFromBackup(meta.Labels)
	return &v1alpha1.BaselineRestore{ObjectMeta: meta, Spec: v1alpha1.BaselineRestoreSpec{
		Backup:            o.backup,
		SourceNamespace:   into.source,
		ExistingResources: o.policy.Value,
		RestoreSelection:  o.selection.spec,
		NamespaceUID:      into.namespace.UID,
	}}
}

// excludeFromBackup returns the labels and the one that keeps Velero from backing the restore up: restored with its namespace,
// it would run again.
func excludeFromBackup(labels map[string]string) map[string]string {
	all := map[string]string{v1alpha1.LabelExcludeFromBackup: "true"}
	maps.Copy(all, labels)
	return all
}

// objectsToCreate returns the missing namespaces and the restores.
func (o *createOptions) objectsToCreate(targets []*target, name string) []client.Object {
	var objects []client.Object
	for _, into := range targets {
		if into.missing {
			objects = append(objects, into.namespace)
		}
	}
	for _, into := range targets {
		objects = append(objects, o.newRestore(name, into))
	}
	return objects
}

// createAll creates the missing namespaces and the restores, and waits for the restores.
func (o *createOptions) createAll(cmd *cobra.Command, f *factory.Factory, c client.Client, targets []*target, name string) error {
	ctx := cmd.Context()
	if err := checkMayRestore(ctx, c, o.backup, targets); err != nil {
		return err
	}
	var requests []resource.Request
	for _, into := range targets {
		if into.missing {
			if err := resource.Create(ctx, c, resource.Namespace, into.namespace); err != nil {
				return err
			}
			output.Fprintf(cmd.OutOrStdout(), "Namespace %q created.\n", into.namespace.Name)
		}
		restore := o.newRestore(name, into)
		if err := resource.Create(ctx, c, resource.Restore, restore); err != nil {
			return err
		}
		requested := resource.Request{Title: "Restore", Descriptor: resource.Restore, Obj: restore,
			Describe:   fmt.Sprintf("%s restore describe %s -n %s", f.Program, name, restore.Namespace),
			Conditions: func() []metav1.Condition { return restore.Status.Conditions },
			Progress:   func() string { return progressText(&restore.Status.Counts) },
		}
		requested.PrintSubmitted(cmd, o.wait.Wait)
		requests = append(requests, requested)
	}
	var failed []error
	for i := range requests {
		failed = append(failed, requests[i].AwaitEnd(cmd, f, c, &o.wait))
	}
	return errors.Join(failed...)
}

// progressText returns the progress of a restore in a short line.
func progressText(counts *v1alpha1.RestoreCounts) string {
	total := itemsToRestore(counts)
	if total == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d items restored", restoredItems(counts), total)
}
