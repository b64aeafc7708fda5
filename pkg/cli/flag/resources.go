package flag

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// AllResources is Velero's word for all resources.
const AllResources = "*"

// Resources has Velero's flags that select objects: --include-resources, --exclude-resources and --selector.
type Resources struct {
	included, excluded []string
	selector           string
}

// AddTo adds the flags. action is the verb of the command: "back up"; object describes the resources of --include-resources.
func (f *Resources) AddTo(cmd *cobra.Command, action, object string) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.included, "include-resources", nil, "`RESOURCES` "+object+", for example services,deployments.apps (all when left out)")
	flags.StringSliceVar(&f.excluded, "exclude-resources", nil, "`RESOURCES` to leave out")
	flags.StringVarP(&f.selector, "selector", "l", "", action+" only objects whose labels match `SELECTOR`, for example app=web")
}

// Parse returns the selected resources, each once, and the label selector. No included resources are all.
func (f *Resources) Parse(action string) (included, excluded []string, selector *metav1.LabelSelector, err error) {
	if included, err = UniqueValues("--include-resources", "services,deployments.apps", f.included); err != nil {
		return nil, nil, nil, err
	}
	if slices.Contains(included, AllResources) {
		included = nil
	}
	if excluded, err = UniqueValues("--exclude-resources", "services,deployments.apps", f.excluded); err != nil {
		return nil, nil, nil, err
	}
	if slices.Contains(excluded, AllResources) {
		return nil, nil, nil, fmt.Errorf("--exclude-resources %q leaves nothing to %s: name the resources to leave out", AllResources, action)
	}
	if f.selector != "" {
		selector, err = ParseSelector("--selector", f.selector)
	}
	return included, excluded, selector, err
}
