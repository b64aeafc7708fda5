package flag

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// choice is a flag that takes one of a few words, each standing for a value of the API. Unset, its value
// is empty, which leaves the default to the API.
type Enum[T ~string] struct {
	Words  []string // as they are typed; values[i] is what words[i] stands for
	Values []T
	Value  T
}

// String is the word that was typed, for pflag.
func (c *Enum[T]) String() string {
	if i := slices.Index(c.Values, c.Value); i >= 0 {
		return c.Words[i]
	}
	return ""
}

// Set takes a word in any case, for pflag.
func (c *Enum[T]) Set(word string) error {
	i := slices.Index(c.Words, strings.ToLower(word))
	if i < 0 {
		return fmt.Errorf("it is %s", strings.Join(c.Words, " or "))
	}
	c.Value = c.Values[i]
	return nil
}

// Type is what help shows for the value.
func (c *Enum[T]) Type() string { return strings.Join(c.Words, "|") }

// add makes c the flag called name, which the shell completes.
func (c *Enum[T]) AddTo(cmd *cobra.Command, name, usage string) {
	cmd.Flags().Var(c, name, usage)
	CompleteWords(cmd, name, c.Words...)
}
