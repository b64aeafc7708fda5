package rollout

import (
	"fmt"

	"seedbed.dev/seedbed/pkg/cli/output"
)

// changesContent reports whether the change is one of the content that namespaces get.
func (c *change) changesContent() bool {
	patch := c.specPatch()
	delete(patch, "rollout")
	return len(patch) > 0
}

// effects returns sentences about the namespaces that hold the baseline: who is updated, how, and the command to go on with.
func (c *change) effects(program string) []string {
	name, counts := c.before.Name, &c.before.Status.NamespaceCounts
	holding, content := counts.Namespaces-counts.PendingNamespaces, "the baseline" // some may have the new content already
	switch {
	case !c.changesContent():
		holding, content = counts.OutdatedNamespaces, "older content"
		if holding == 0 {
			return nil
		}
	case holding <= 0:
		return []string{"No namespace holds it yet: new ones get this content."}
	}
	if c.after.Rollout == nil {
		return []string{fmt.Sprintf("%s content, because the baseline has no spec.rollout; new namespaces get the new one. "+
			"Update them with `%s baseline set %s --rollout`.", formatHolding(holding, "keeps its", "keep their"), program, name)}
	}
	lines := []string{fmt.Sprintf("%s %s: %s. Watch them with `%s baseline rollout status %s --watch`.",
		formatHolding(holding, "holds", "hold"), content, c.formatOrder(), program, name)}
	if isPaused(c.before) {
		lines = append(lines, fmt.Sprintf("It is paused: none is updated until `%s baseline rollout resume %s`.", program, name))
	}
	return lines
}

// formatOrder returns the order in which namespaces are updated.
func (c *change) formatOrder() string {
	if c.skipsSteps {
		return "all are updated at once"
	}
	return c.after.Rollout.FormatSteps()
}

// formatHolding returns a number of namespaces with a verb in its singular or plural.
func formatHolding(count int32, singular, plural string) string {
	if count == 1 {
		return output.CountNamespaces(1) + " " + singular
	}
	return output.CountNamespaces(int(count)) + " " + plural
}
