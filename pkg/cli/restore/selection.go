package restore

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// selectionFlags are Velero's flags for the part of a backup to restore.
type selectionFlags struct {
	resources flag.Resources
	// without are the namespaces of the backup to leave out.
	without []string
	// spec is the selection. parse sets it, and resolveResources replaces the names of resources by the backup's.
	spec v1alpha1.RestoreSelection
}

func (s *selectionFlags) addTo(cmd *cobra.Command) {
	s.resources.AddTo(cmd, "restore", "of the backup to restore")
	cmd.Flags().StringSliceVar(&s.without, "exclude-namespaces", nil, "`NAMESPACES` of the backup to leave out")
}

// parse parses the flags. mappings are the typed ones.
func (s *selectionFlags) parse(mappings []mapping) (err error) {
	if s.spec.IncludedResources, s.spec.ExcludedResources, s.spec.LabelSelector, err = s.resources.Parse("restore"); err != nil {
		return err
	}
	if s.without, err = flag.UniqueValues("--exclude-namespaces", "foo,bar", s.without); err != nil {
		return err
	}
	for _, m := range mappings {
		if slices.Contains(s.without, m.source) {
			return fmt.Errorf("namespace %q is in --namespace-mappings and in --exclude-namespaces: leave it out of one", m.source)
		}
	}
	return nil
}

// resolveResources replaces the names of resources by those that the backup uses, and returns an error for one that the backup
// does not hold.
func (s *selectionFlags) resolveResources(cmd *cobra.Command, f *factory.Factory, backup *v1alpha1.BaselineBackup) error {
	if len(s.spec.IncludedResources)+len(s.spec.ExcludedResources) == 0 {
		return nil
	}
	lists, _, err := resource.ListServed(cmd, f)
	if err != nil {
		return err
	}
	held := make([]string, len(backup.Status.ItemCounts))
	for i, count := range backup.Status.ItemCounts {
		held[i] = count.Resource
	}
	for _, names := range [][]string{s.spec.IncludedResources, s.spec.ExcludedResources} {
		for i, name := range names {
			found := heldResource(name, held, lists)
			if found == "" {
				return fmt.Errorf("backup %q holds no %q: %s", backup.Name, name, output.Suggest(name, held))
			}
			names[i] = found
		}
	}
	return nil
}

// heldResource returns the resource of a backup for a name: the backup's own name for it, with or without its group, or one of
// the cluster's names. It is empty if there is none.
func heldResource(name string, held []string, lists []*metav1.APIResourceList) string {
	for _, resource := range held {
		if name == resource || name == schema.ParseGroupResource(resource).Resource {
			return resource
		}
	}
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			continue
		}
		for _, served := range list.APIResources {
			group := schema.GroupResource{Group: version.Group, Resource: served.Name}.String()
			if slices.Contains(held, group) && slices.Contains(resource.Aliases(served, version), name) {
				return group
			}
		}
	}
	return ""
}
