package resource

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"seedbed.dev/seedbed/pkg/cli/factory"
)

// completionTimeout bounds the time that a shell waits for names after Tab.
const completionTimeout = 3 * time.Second

// CompleteNames completes arguments with names of a kind that are not among them yet. It ignores errors: a shell has no place
// for them.
func CompleteNames(f *factory.Factory, k *Descriptor) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		names, err := listNames(cmd, f, k)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return unusedNames(names, args, typed), cobra.ShellCompDirectiveNoFileComp
	}
}

// CompleteFlag completes a flag with names of a kind.
func CompleteFlag(f *factory.Factory, cmd *cobra.Command, flag string, k *Descriptor) {
	_ = cmd.RegisterFlagCompletionFunc(flag, func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return CompleteNames(f, k)(cmd, nil, typed)
	})
}

// listNames returns the names of a kind and its companion, in the current namespace if the kind has namespaces.
func listNames(cmd *cobra.Command, f *factory.Factory, k *Descriptor) ([]string, error) {
	ctx, cancel := context.WithTimeout(cmd.Context(), completionTimeout)
	defer cancel()
	c, err := f.NewClient(cmd)
	if err != nil {
		return nil, err
	}
	namespace, err := scopeOf(f, k)
	if err != nil {
		return nil, err
	}
	objects, err := (&finder{client: c, kind: k, namespace: namespace}).listObjects(ctx)
	if err != nil {
		return nil, fmt.Errorf("complete names of %s: %w", k.plural(), err)
	}
	return ObjectNames(objects), nil
}

// unusedNames returns the names that begin with typed and are not among args.
func unusedNames(names, args []string, typed string) []string {
	var left []string
	for _, name := range names {
		if strings.HasPrefix(name, typed) && !slices.Contains(args, name) {
			left = append(left, name)
		}
	}
	return left
}
