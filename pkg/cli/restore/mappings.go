package restore

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/output"
)

// mapping is a namespace of a backup and its target.
type mapping struct {
	source, target string
}

// parseMappings parses --namespace-mappings. One source may go into several targets. Two sources into one target would be two
// restores of one name in one namespace.
func parseMappings(typed []string) ([]mapping, error) {
	var mappings []mapping
	for _, pair := range typed {
		source, target, found := strings.Cut(strings.TrimSpace(pair), ":")
		if !found || source == "" || target == "" || strings.Contains(target, ":") {
			return nil, fmt.Errorf("--namespace-mappings %q is not SOURCE:TARGET: give for example foo:bar, or foo:bar,c:d", pair)
		}
		if err := cmp.Or(flag.CheckNamespaceName(source), flag.CheckTargetName(target)); err != nil {
			return nil, fmt.Errorf("--namespace-mappings: %w", err)
		}
		if slices.ContainsFunc(mappings, func(m mapping) bool { return m.target == target }) {
			return nil, fmt.Errorf("--namespace-mappings names the target %q twice: restore into it one after the other, each under its own name", target)
		}
		mappings = append(mappings, mapping{source: source, target: target})
	}
	return mappings, nil
}

// mappingsFor completes the typed mappings from the backup: without any, its only namespace that is not excluded goes into
// target.
func mappingsFor(backup *v1alpha1.BaselineBackup, typed []mapping, target string, excluded []string) ([]mapping, error) {
	held := backup.Spec.IncludedNamespaces
	for _, name := range excluded {
		if !slices.Contains(held, name) {
			return nil, fmt.Errorf("--exclude-namespaces: backup %q does not hold namespace %q: %s", backup.Name, name, output.Suggest(name, held))
		}
	}
	held = slices.DeleteFunc(slices.Clone(held), func(name string) bool { return slices.Contains(excluded, name) })
	if len(typed) == 0 {
		if len(held) == 0 {
			return nil, fmt.Errorf("--exclude-namespaces leaves nothing of backup %q to restore: leave one out", backup.Name)
		}
		if len(held) != 1 {
			return nil, fmt.Errorf("backup %q holds the namespaces %s: say with --namespace-mappings SOURCE:%s which one to restore", backup.Name, output.JoinNames(held), target)
		}
		return []mapping{{source: held[0], target: target}}, nil
	}
	for _, m := range typed {
		if !slices.Contains(held, m.source) {
			return nil, fmt.Errorf("backup %q does not hold namespace %q: %s", backup.Name, m.source, output.Suggest(m.source, held))
		}
	}
	return typed, nil
}
