package cli

import (
	"cmp"
	"errors"
	"fmt"
	"maps"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// restoreCreateOptions are the flags of restore create.
type restoreCreateOptions struct {
	backup   string
	mappings []string
	// selection is the part of the backup to restore.
	selection selectionFlags
	policy    *choice[v1alpha1.ExistingResources]
	metadata  metadataFlags
	wait      waitFlags
	output    *outputFlags
	dryRun    dryRunFlag
}

func newRestoreCreateCommand(t *tool) *cobra.Command {
	o := &restoreCreateOptions{policy: newExistingPolicy(), output: newOutputFlags(false)}
	cmd := &cobra.Command{
		Use:   "create [NAME] --from-backup BACKUP --namespace-mappings SOURCE:TARGET[,SOURCE:TARGET]",
		Short: "Restore a backup into namespaces",
		Long: "Restore a backup into one or more namespaces, each of which is created when it is missing. There is\n" +
			"one restore in each of them, called NAME, or the backup's name and the time when it is left out. You\n" +
			"need the verb \"restore\" on the backup.",
		Example: t.examples(
			"restore create bar-svc --from-backup foo-svc --namespace-mappings foo:bar",
			"restore create --from-backup foo-svc -n bar --wait",
			"restore create --from-backup foo-svc -n bar --dry-run",
			"restore create --from-backup foo-all -n bar --include-resources configmaps,secrets --selector app=web",
		),
		Args:              atMostOneName,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return o.run(cmd, t, args) },
	}
	cmd.Flags().StringVar(&o.backup, "from-backup", "", "`BACKUP` to restore")
	cmd.Flags().StringSliceVar(&o.mappings, "namespace-mappings", nil, "namespaces of the backup and where each goes, as `SOURCE:TARGET`[,SOURCE:TARGET]; or -n TARGET when it holds one")
	o.selection.add(cmd)
	o.policy.add(cmd, "existing-resource-policy", "what happens to an object that is already there: it is left alone (none, also when left out) or made like the backup's (update)")
	o.metadata.add(cmd)
	o.wait.add(cmd, "the restore has ended; exit code 1 unless it is Completed")
	o.output.add(cmd, "create nothing, print the objects")
	o.dryRun.add(cmd)
	cmd.Flags().Lookup("timeout").Usage = "with --wait or --dry-run: stop waiting after this `DURATION`; 0 waits for ever"
	completeFlag(t, cmd, "from-backup", backupKind)
	return cmd
}

// check reads the flags that need no cluster.
func (o *restoreCreateOptions) check(target string, args []string) ([]mapping, error) {
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
		if err := checkTargetName(target); err != nil {
			return nil, err
		}
	}
	if len(args) > 0 {
		if err := checkName("restore", args[0]); err != nil {
			return nil, err
		}
	}
	if err := o.selection.check(mappings); err != nil {
		return nil, err
	}
	if o.dryRun {
		return mappings, o.checkDryRun()
	}
	return mappings, cmp.Or(o.output.check(), o.wait.check())
}

func (o *restoreCreateOptions) run(cmd *cobra.Command, t *tool, args []string) error {
	mappings, err := o.check(t.namespaceFlag(), args)
	if err != nil {
		return err
	}
	c, err := t.client(cmd)
	if err != nil {
		return err
	}
	obj, err := getNamed(cmd.Context(), c, backupKind, o.backup)
	if err != nil {
		return err
	}
	backup := obj.(*v1alpha1.BaselineBackup)
	if mappings, err = mappingsFor(backup, mappings, t.namespaceFlag(), o.selection.without); err != nil {
		return err
	}
	if err := o.selection.resolve(cmd, t, backup); err != nil {
		return err
	}
	if o.dryRun {
		return o.preview(cmd, t, c, backup, mappings)
	}
	name := timedName(o.backup, t.now())
	if len(args) > 0 {
		name = args[0]
	}
	targets, err := findTargets(cmd.Context(), c, mappings, name)
	if err != nil {
		return err
	}
	if o.output.format != "" {
		return o.output.print(cmd.OutOrStdout(), o.printed(targets, name), true)
	}
	if err := checkRestorable(backup); err != nil {
		return err
	}
	return o.create(cmd, t, c, targets, name)
}

// object is the restore into one target.
func (o *restoreCreateOptions) object(name string, into *target) *v1alpha1.BaselineRestore {
	meta := o.metadata.meta(into.namespace.Name, name)
	meta.Labels = excludeFromBackup(meta.Labels)
	return &v1alpha1.BaselineRestore{ObjectMeta: meta, Spec: v1alpha1.BaselineRestoreSpec{
		Backup:            o.backup,
		SourceNamespace:   into.source,
		ExistingResources: o.policy.value,
		RestoreSelection:  o.selection.spec,
		NamespaceUID:      into.namespace.UID,
	}}
}

// excludeFromBackup returns the labels and the one that keeps Velero from backing the restore up: restored with its
// namespace, it would run again.
func excludeFromBackup(labels map[string]string) map[string]string {
	all := map[string]string{v1alpha1.LabelExcludeFromBackup: "true"}
	maps.Copy(all, labels)
	return all
}

// printed are the namespaces that would be created, and the restores.
func (o *restoreCreateOptions) printed(targets []*target, name string) []client.Object {
	var objects []client.Object
	for _, into := range targets {
		if into.missing {
			objects = append(objects, into.namespace)
		}
	}
	for _, into := range targets {
		objects = append(objects, o.object(name, into))
	}
	return objects
}

// create makes the namespaces that are missing and the restores, and waits for these.
func (o *restoreCreateOptions) create(cmd *cobra.Command, t *tool, c client.Client, targets []*target, name string) error {
	ctx := cmd.Context()
	if err := mayRestore(ctx, c, o.backup, targets); err != nil {
		return err
	}
	var requests []request
	for _, into := range targets {
		if into.missing {
			if err := create(ctx, c, namespaceKind, into.namespace); err != nil {
				return err
			}
			say(cmd.OutOrStdout(), "Namespace %q created.\n", into.namespace.Name)
		}
		restore := o.object(name, into)
		if err := create(ctx, c, restoreKind, restore); err != nil {
			return err
		}
		requested := request{title: "Restore", k: restoreKind, obj: restore,
			describe:   fmt.Sprintf("%s restore describe %s -n %s", t.program, name, restore.Namespace),
			conditions: func() []metav1.Condition { return restore.Status.Conditions },
			progress:   func() string { return restoreProgress(&restore.Status.Counts) },
		}
		requested.submitted(cmd, o.wait.wait)
		requests = append(requests, requested)
	}
	var failed []error
	for i := range requests {
		failed = append(failed, requests[i].await(cmd, t, c, &o.wait))
	}
	return errors.Join(failed...)
}

// restoreProgress returns a short line on the progress of a restore.
func restoreProgress(counts *v1alpha1.RestoreCounts) string {
	total := itemsToRestore(counts)
	if total == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d items restored", restoredItems(counts), total)
}
