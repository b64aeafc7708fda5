package cli

import (
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// newVersionCommand prints this binary's version, the versions of the API that the cluster serves, and how the controllers are.
func newVersionCommand(t *tool, version string) *cobra.Command {
	var clientOnly bool
	cmd := &cobra.Command{
		Use:               "version",
		Short:             "Print the versions of this tool and of the controllers, and whether they run",
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			say(cmd.OutOrStdout(), "%s", clientVersionText(version))
			if clientOnly {
				return nil
			}
			groups, err := listGroups(cmd, t)
			if err != nil {
				return err
			}
			served := servedVersions(groups)
			if served == "" {
				say(cmd.OutOrStdout(), "%s", serverVersionText(errNotInstalled.Error(), controllers{}))
				return nil
			}
			c, err := t.client(cmd)
			if err != nil {
				return err
			}
			say(cmd.OutOrStdout(), "%s", serverVersionText(served, findControllers(cmd.Context(), c, t.now())))
			return nil
		},
	}
	cmd.Flags().BoolVar(&clientOnly, "client-only", false, "do not ask the cluster")
	return cmd
}

// listGroups returns the API groups that the cluster serves.
func listGroups(cmd *cobra.Command, t *tool) (*metav1.APIGroupList, error) {
	discoverer, err := t.discovery(cmd)
	if err != nil {
		return nil, err
	}
	groups, err := discoverer.ServerGroupsWithContext(cmd.Context())
	return groups, explain("list the cluster's API groups", err)
}

func clientVersionText(version string) string {
	t := newText()
	t.heading("Client")
	t.field("  Version", version)
	t.field("  API", v1alpha1.GroupVersion.String())
	return t.String()
}

// servedVersions returns the versions of Seedbed's group; empty where it is not served.
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

// serverVersionText lays out what is known of the cluster's side.
func serverVersionText(served string, found controllers) string {
	t := newText()
	t.heading("Server")
	for _, line := range []struct{ label, value string }{
		{"  Version", found.version}, {"  API", served}, {"  Controllers", found.replicas}, {"  Leader", found.leader},
	} {
		if line.value != "" {
			t.field(line.label, line.value)
		}
	}
	return t.String()
}
