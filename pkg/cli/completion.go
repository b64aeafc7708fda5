package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// completionTimeout bounds how long a shell waits for names after Tab.
const completionTimeout = 3 * time.Second

// addCompletion adds cobra's completion command, made to refuse an unknown shell. It writes to what is
// root's output now.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, command := range root.Commands() {
		if command.Name() == "completion" {
			group(command)
		}
	}
}

// complete makes the shell complete flag with words.
func complete(cmd *cobra.Command, flag string, words ...string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
}

// completeNames completes arguments with names of k that are not among them yet. A shell is told nothing
// of what goes wrong.
func completeNames(t *tool, k *descriptor) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		names, err := listNames(cmd, t, k)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return unused(names, args, typed), cobra.ShellCompDirectiveNoFileComp
	}
}

// completeFlag completes a flag with names of k.
func completeFlag(t *tool, cmd *cobra.Command, flag string, k *descriptor) {
	_ = cmd.RegisterFlagCompletionFunc(flag, func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return completeNames(t, k)(cmd, nil, typed)
	})
}

// listNames returns the names of k and its companion, in the namespace that is meant where k has namespaces.
func listNames(cmd *cobra.Command, t *tool, k *descriptor) ([]string, error) {
	ctx, cancel := context.WithTimeout(cmd.Context(), completionTimeout)
	defer cancel()
	c, err := t.client(cmd)
	if err != nil {
		return nil, err
	}
	namespace, err := scopeOf(t, k)
	if err != nil {
		return nil, err
	}
	objects, err := (&finder{client: c, kind: k, namespace: namespace}).list(ctx)
	if err != nil {
		return nil, fmt.Errorf("complete names of %s: %w", k.plural(), err)
	}
	return objectNames(objects), nil
}

// unused are the names that begin with typed and are not among args.
func unused(names, args []string, typed string) []string {
	var left []string
	for _, name := range names {
		if strings.HasPrefix(name, typed) && !slices.Contains(args, name) {
			left = append(left, name)
		}
	}
	return left
}
