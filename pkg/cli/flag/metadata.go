package flag

import (
	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Metadata has --labels and --annotations of the object that a command creates.
type Metadata struct {
	Labels, annotations map[string]string
}

// AddTo adds the flags to a command.
func (m *Metadata) AddTo(cmd *cobra.Command) {
	cmd.Flags().StringToStringVar(&m.Labels, "labels", nil, "labels to put on it: `KEY=VALUE`[,KEY=VALUE]")
	cmd.Flags().StringToStringVar(&m.annotations, "annotations", nil, "annotations to put on it: `KEY=VALUE`[,KEY=VALUE]")
	for _, name := range []string{"labels", "annotations"} {
		cmd.Flags().Lookup(name).DefValue = "" // else help shows (default [])
	}
}

// ObjectMeta returns the metadata of an object to be created.
func (m *Metadata) ObjectMeta(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: m.Labels, Annotations: m.annotations}
}
