package resource

import (
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"

	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/output"
)

// ListServed returns the resources that the cluster serves, and reports whether these are all: discovery may be forbidden, or
// fail for some groups.
func ListServed(cmd *cobra.Command, f *factory.Factory) (lists []*metav1.APIResourceList, complete bool, err error) {
	discoverer, err := f.NewDiscoveryClient(cmd)
	if err != nil {
		return nil, false, err
	}
	_, lists, err = discoverer.ServerGroupsAndResourcesWithContext(cmd.Context())
	if discovery.IsGroupDiscoveryFailedError(err) || apierrors.IsForbidden(err) {
		return lists, false, nil
	}
	return lists, err == nil, output.Explain("list the cluster's resources", err)
}

// Aliases returns the names that users type for a resource, in lower case.
func Aliases(resource metav1.APIResource, version schema.GroupVersion) []string {
	aliases := append([]string{resource.Name, resource.SingularName, strings.ToLower(resource.Kind)}, resource.ShortNames...)
	if version.Group != "" {
		aliases = append(aliases, resource.Name+"."+version.Group, resource.Name+"."+version.Version+"."+version.Group)
	}
	return aliases
}
