package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// choice is a flag that takes one of a few words, each standing for a value of the API. Unset, its value
// is empty, which leaves the default to the API.
type choice[T ~string] struct {
	words  []string // as they are typed; values[i] is what words[i] stands for
	values []T
	value  T
}

// String is the word that was typed, for pflag.
func (c *choice[T]) String() string {
	if i := slices.Index(c.values, c.value); i >= 0 {
		return c.words[i]
	}
	return ""
}

// Set takes a word in any case, for pflag.
func (c *choice[T]) Set(word string) error {
	i := slices.Index(c.words, strings.ToLower(word))
	if i < 0 {
		return fmt.Errorf("it is %s", strings.Join(c.words, " or "))
	}
	c.value = c.values[i]
	return nil
}

// Type is what help shows for the value.
func (c *choice[T]) Type() string { return strings.Join(c.words, "|") }

// add makes c the flag called name, which the shell completes.
func (c *choice[T]) add(cmd *cobra.Command, name, usage string) {
	cmd.Flags().Var(c, name, usage)
	complete(cmd, name, c.words...)
}

// newExistingPolicy is --existing-resource-policy, in Velero's words.
func newExistingPolicy() *choice[v1alpha1.ExistingResources] {
	return &choice[v1alpha1.ExistingResources]{
		words:  []string{"none", "update"},
		values: []v1alpha1.ExistingResources{v1alpha1.ExistingResourcesKeep, v1alpha1.ExistingResourcesUpdate},
	}
}

// existingPolicyWord is the value of --existing-resource-policy that means policy.
func existingPolicyWord(policy v1alpha1.ExistingResources) string {
	words := newExistingPolicy()
	words.value = policy
	return words.String()
}
