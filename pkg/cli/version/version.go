package version

import (
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/output"
)

// NewCommand returns the command that prints the versions of this binary and of the cluster's API, and the state of the
// controllers.
func NewCommand(f *factory.Factory) *cobra.Command {
	var clientOnly bool
	cmd := &cobra.Command{
		Use:               "version",
		Short:             "Print the versions of this tool and of the controllers, and whether they run",
		Args:              flag.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			output.Fprintf(cmd.OutOrStdout(), "%s", clientVersionText(cmd.Root().Version))
			if clientOnly {
				return nil
			}
			groups, err := listGroups(cmd, f)
			if err != nil {
				return err
			}
			served := servedVersions(groups)
			if served == "" {
				output.Fprintf(cmd.OutOrStdout(), "%s", serverVersionText(output.ErrNotInstalled.Error(), controllers{}))
				return nil
			}
			c, err := f.NewClient(cmd)
			if err != nil {
				return err
			}
			output.Fprintf(cmd.OutOrStdout(), "%s", serverVersionText(served, findControllers(cmd.Context(), c, f.Now())))
			return nil
		},
	}
	cmd.Flags().BoolVar(&clientOnly, "client-only", false, "do not ask the cluster")
	return cmd
}

// listGroups returns the API groups that the cluster serves.
func listGroups(cmd *cobra.Command, f *factory.Factory) (*metav1.APIGroupList, error) {
	discoverer, err := f.NewDiscoveryClient(cmd)
	if err != nil {
		return nil, err
	}
	groups, err := discoverer.ServerGroupsWithContext(cmd.Context())
	return groups, output.Explain("list the cluster's API groups", err)
}

func clientVersionText(version string) string {
	t := output.NewText()
	t.Heading("Client")
	t.Field("  Version", version)
	t.Field("  API", v1alpha1.GroupVersion.String())
	return t.String()
}

// servedVersions returns the versions of Seedbed's group; empty if it is not served.
func servedVersions(groups *metav1.APIGroupList) string {
	for _, group := range groups.Groups {
		if group.Name != v1alpha1.GroupName {
			continue
		}
		versions := make([]string, len(group.Versions))
		for i, version := range group.Versions {
			versions[i] = version.GroupVersion
		}
		return strings.Join(versions, ", ")
	}
	return ""
}

// serverVersionText returns the lines about the cluster.
func serverVersionText(served string, found controllers) string {
	t := output.NewText()
	t.Heading("Server")
	for _, line := range []struct{ label, value string }{
		{"  Version", found.version}, {"  API", served}, {"  Controllers", found.replicas}, {"  Leader", found.leader},
	} {
		if line.value != "" {
			t.Field(line.label, line.value)
		}
	}
	return t.String()
}
