package flag

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// Enum is a flag for one of a few words, each of which maps to a value of the API. Unset, its value is empty, which leaves the
// default to the API.
type Enum[T ~string] struct {
	Words  []string // as users type them; values[i] is the value of words[i]
	Values []T
	Value  T
}

// String returns the word of the value, for pflag.
func (c *Enum[T]) String() string {
	if i := slices.Index(c.Values, c.Value); i >= 0 {
		return c.Words[i]
	}
	return ""
}

// Set accepts a word in any case, for pflag.
func (c *Enum[T]) Set(word string) error {
	i := slices.Index(c.Words, strings.ToLower(word))
	if i < 0 {
		return fmt.Errorf("it is %s", strings.Join(c.Words, " or "))
	}
	c.Value = c.Values[i]
	return nil
}

// Type returns the words for help.
func (c *Enum[T]) Type() string { return strings.Join(c.Words, "|") }

// AddTo adds the flag under a name, with completion of its words.
func (c *Enum[T]) AddTo(cmd *cobra.Command, name, usage string) {
	cmd.Flags().Var(c, name, usage)
	CompleteWords(cmd, name, c.Words...)
}
