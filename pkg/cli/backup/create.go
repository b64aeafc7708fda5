package backup

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// createOptions are the flags of backup create.
type createOptions struct {
	namespaces []string
	resources  flag.Resources
	ttl        flag.Duration
	metadata   flag.Metadata
	wait       flag.Wait
	output     *flag.Output
}

func newCreateCommand(f *factory.Factory) *cobra.Command {
	o := &createOptions{output: flag.NewOutput(false)}
	cmd := &cobra.Command{
		Use:   "create [NAME] --include-namespaces NAMESPACE[,NAMESPACE]",
		Short: "Take a backup of one or more namespaces",
		Long: "Take a backup of the objects of one or more namespaces. It cannot be changed afterwards. Its NAME, when left\n" +
			"out, is the first namespace's and the time. Each kind is listed consistently and kinds are listed one after\n" +
			"the other: it is no snapshot of the whole cluster. You must be allowed to list what it selects, in each of\n" +
			"the namespaces.",
		Example: f.FormatExamples(
			"backup create foo --include-namespaces foo --wait",
			"backup create foo-svc --include-namespaces foo --include-resources services,configmaps",
			"backup create foo-web --include-namespaces foo --selector app=web --ttl 30d",
		),
		Args:              flag.AtMostOneName,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return o.runCreate(cmd, f, args) },
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&o.namespaces, "include-namespaces", nil, "`NAMESPACES` to back up; there is no way to say all")
	o.resources.AddTo(cmd, "back up", "to back up")
	flags.Var(&o.ttl, "ttl", "keep the backup for this `DURATION`, for example 30d or 720h (for ever when left out). One that a baseline uses stays")
	flags.Lookup("ttl").DefValue = "" // else help shows (default 0s)
	o.metadata.AddTo(cmd)
	o.wait.AddTo(cmd, "the backup has ended; exit code 1 unless it is Completed")
	o.output.AddTo(cmd, "create nothing, print the object")
	resource.CompleteFlag(f, cmd, "include-namespaces", resource.Namespace)
	return cmd
}

// newBackup returns the backup that the flags describe. Its name is the first of names, or made of the first namespace and the
// time.
func (o *createOptions) newBackup(names []string, now time.Time) (*v1alpha1.BaselineBackup, error) {
	if len(names) > 0 {
		if err := flag.CheckLabelName("backup", names[0]); err != nil {
			return nil, err
		}
	}
	namespaces, err := parseNamespaces(o.namespaces)
	if err != nil {
		return nil, err
	}
	name := resource.TimedName(namespaces[0], now)
	if len(names) > 0 {
		name = names[0]
	}
	backup := &v1alpha1.BaselineBackup{ObjectMeta: o.metadata.ObjectMeta("", name), Spec: v1alpha1.BaselineBackupSpec{IncludedNamespaces: namespaces}}
	spec := &backup.Spec
	if spec.IncludedResources, spec.ExcludedResources, spec.LabelSelector, err = o.resources.Parse("back up"); err != nil {
		return nil, err
	}
	if o.ttl < 0 {
		return nil, fmt.Errorf("--ttl %s is negative: give a duration such as 30d, or leave it out to keep the backup for ever", &o.ttl)
	}
	if o.ttl > 0 {
		spec.TTL = &metav1.Duration{Duration: time.Duration(o.ttl)}
	}
	return backup, nil
}

// parseNamespaces returns the values of --include-namespaces, each once.
func parseNamespaces(typed []string) ([]string, error) {
	if len(typed) == 0 {
		return nil, fmt.Errorf("--include-namespaces is missing: say which namespaces to back up")
	}
	var namespaces []string
	for _, name := range typed {
		if name = strings.TrimSpace(name); name == flag.AllResources {
			return nil, fmt.Errorf("--include-namespaces %q is not possible: a baseline is made of namespaces that somebody chose, so name them", flag.AllResources)
		}
		if err := flag.CheckNamespaceName(name); err != nil {
			return nil, fmt.Errorf("--include-namespaces: %w", err)
		}
		if !slices.Contains(namespaces, name) {
			namespaces = append(namespaces, name)
		}
	}
	return namespaces, nil
}

func (o *createOptions) runCreate(cmd *cobra.Command, f *factory.Factory, names []string) error {
	backup, err := o.newBackup(names, f.Now())
	if err != nil {
		return err
	}
	c, err := resource.PrepareCreate(cmd, f, backup, o.output, &o.wait)
	if c == nil {
		return err
	}
	// The backup itself reports namespaces that the user may not read.
	if err := resource.CheckExist(cmd.Context(), c, resource.Namespace, backup.Spec.IncludedNamespaces...); err != nil {
		return err
	}
	if err := checkResources(cmd, f, backup); err != nil {
		return err
	}
	if err := resource.Create(cmd.Context(), c, resource.Backup, backup); err != nil {
		return err
	}
	requested := resource.Request{Title: "Backup", Descriptor: resource.Backup, Obj: backup, Describe: f.Program + " backup describe " + backup.Name,
		Conditions: func() []metav1.Condition { return backup.Status.Conditions },
		Progress:   func() string { return progressText(backup.Status.Progress) },
	}
	requested.PrintSubmitted(cmd, o.wait.Wait)
	return requested.AwaitEnd(cmd, f, c, &o.wait)
}

// progressText returns the progress of a backup in a short line.
func progressText(progress *v1alpha1.BackupProgress) string {
	if progress == nil {
		return ""
	}
	return fmt.Sprintf("%d of %d items backed up", progress.ItemsBackedUp, progress.TotalItems)
}
