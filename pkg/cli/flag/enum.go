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
	words  []string // as users type them; values[i] is the value of words[i]
	values []T
	Value  T
}

// NewEnum returns a flag whose words, as users type them, map to values in order.
func NewEnum[T ~string](words []string, values ...T) *Enum[T] {
	return &Enum[T]{words: words, values: values}
}

// String returns the word of the value, for pflag.
func (c *Enum[T]) String() string {
	if i := slices.Index(c.values, c.Value); i >= 0 {
		return c.words[i]
	}
	return ""
}

// Set accepts a word in any case, for pflag.
func (c *Enum[T]) Set(word string) error {
	i := slices.Index(c.words, strings.ToLower(word))
	if i < 0 {
		return fmt.Errorf("it is %s", strings.Join(c.words, " or "))
	}
	c.Value = c.values[i]
	return nil
}

// Type returns the words for help.
func (c *Enum[T]) Type() string { return strings.Join(c.words, "|") }

// AddTo adds the flag under a name, with completion of its words.
func (c *Enum[T]) AddTo(cmd *cobra.Command, name, usage string) {
	cmd.Flags().Var(c, name, usage)
	CompleteWords(cmd, name, c.words...)
}
