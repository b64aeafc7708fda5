package backup

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// checkResources returns an error if backup names a resource that the cluster does not have, or a cluster-scoped one. If the
// cluster cannot list all of its resources, the backup itself reports such names.
func checkResources(cmd *cobra.Command, f *factory.Factory, backup *v1alpha1.BaselineBackup) error {
	named := slices.Concat(backup.Spec.IncludedResources, backup.Spec.ExcludedResources)
	if len(named) == 0 {
		return nil
	}
	lists, complete, err := resource.ListServed(cmd, f)
	if err != nil || !complete {
		return err
	}
	return checkServed(named, lists)
}

// checkServed returns an error for the first of names that is no namespaced resource of lists.
func checkServed(names []string, lists []*metav1.APIResourceList) error {
	found := map[string]bool{} // by each of its names; true for a namespaced resource
	var plurals []string
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			continue
		}
		for _, served := range list.APIResources {
			if strings.Contains(served.Name, "/") {
				continue
			}
			for _, name := range resource.Aliases(served, version) {
				found[name] = found[name] || served.Namespaced
			}
			plurals = append(plurals, served.Name)
		}
	}
	for _, name := range names {
		namespaced, known := found[name]
		switch {
		case !known && output.Nearest(name, plurals) != "":
			return fmt.Errorf("the cluster has no resource %q: did you mean %q?", name, output.Nearest(name, plurals))
		case !known:
			return fmt.Errorf("the cluster has no resource %q: see `kubectl api-resources --namespaced`", name)
		case !namespaced:
			return fmt.Errorf("%q are in no namespace: a backup holds what is in namespaces alone", name)
		}
	}
	return nil
}
