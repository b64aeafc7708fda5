package cli

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// selectionFlags are Velero's flags for the part of a backup to restore.
type selectionFlags struct {
	included, excluded []string
	selector           string
	// without are the namespaces of the backup to leave out.
	without []string
	// spec is the selection: check sets it, and resolve makes the names of resources those of the backup.
	spec v1alpha1.RestoreSelection
}

func (f *selectionFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.included, "include-resources", nil, "`RESOURCES` of the backup to restore, for example services,deployments.apps (all when left out)")
	flags.StringSliceVar(&f.excluded, "exclude-resources", nil, "`RESOURCES` to leave out")
	flags.StringVarP(&f.selector, "selector", "l", "", "restore only objects whose labels match `SELECTOR`, for example app=web")
	flags.StringSliceVar(&f.without, "exclude-namespaces", nil, "`NAMESPACES` of the backup to leave out")
}

// check reads the flags. mappings are those that were typed.
func (f *selectionFlags) check(mappings []mapping) (err error) {
	if f.spec.IncludedResources, err = eachOnce("--include-resources", "services,deployments.apps", f.included); err != nil {
		return err
	}
	if slices.Contains(f.spec.IncludedResources, everything) {
		f.spec.IncludedResources = nil
	}
	if f.spec.ExcludedResources, err = eachOnce("--exclude-resources", "services,deployments.apps", f.excluded); err != nil {
		return err
	}
	if slices.Contains(f.spec.ExcludedResources, everything) {
		return fmt.Errorf("--exclude-resources %q leaves nothing to restore: name the resources to leave out", everything)
	}
	if f.selector != "" {
		if f.spec.LabelSelector, err = parseSelector("--selector", f.selector); err != nil {
			return err
		}
	}
	if f.without, err = eachOnce("--exclude-namespaces", "foo,bar", f.without); err != nil {
		return err
	}
	for _, m := range mappings {
		if slices.Contains(f.without, m.source) {
			return fmt.Errorf("namespace %q is in --namespace-mappings and in --exclude-namespaces: leave it out of one", m.source)
		}
	}
	return nil
}

// resolve makes the names of resources those that the backup uses, and returns an error for one that the backup does not hold.
func (f *selectionFlags) resolve(cmd *cobra.Command, t *tool, backup *v1alpha1.BaselineBackup) error {
	if len(f.spec.IncludedResources)+len(f.spec.ExcludedResources) == 0 {
		return nil
	}
	discoverer, err := t.discovery(cmd)
	if err != nil {
		return err
	}
	_, lists, err := discoverer.ServerGroupsAndResourcesWithContext(cmd.Context())
	if err != nil && !discovery.IsGroupDiscoveryFailedError(err) && !apierrors.IsForbidden(err) {
		return explain("list the cluster's resources", err)
	}
	held := make([]string, len(backup.Status.ItemCounts))
	for i, count := range backup.Status.ItemCounts {
		held[i] = count.Resource
	}
	for _, names := range [][]string{f.spec.IncludedResources, f.spec.ExcludedResources} {
		for i, name := range names {
			found := heldResource(name, held, lists)
			if found == "" {
				return fmt.Errorf("backup %q holds no %q: %s", backup.Name, name, suggestion(name, held))
			}
			names[i] = found
		}
	}
	return nil
}

// heldResource returns the resource of a backup that a name stands for: as the backup calls it, without its group, or one of
// the names that the cluster has for it. It is empty if there is none.
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
		for _, resource := range list.APIResources {
			group := schema.GroupResource{Group: version.Group, Resource: resource.Name}.String()
			if slices.Contains(held, group) && slices.Contains(resourceAliases(resource, version), name) {
				return group
			}
		}
	}
	return ""
}
