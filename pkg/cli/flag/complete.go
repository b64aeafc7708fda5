package flag

import (
	"github.com/spf13/cobra"
)

// CompleteWords makes the shell complete a flag with words.
func CompleteWords(cmd *cobra.Command, flag string, words ...string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
}
