package offline

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The rules in CEL are not evaluated here: checkRules has each of them. Add a new one there, and then here.
func TestRulesOfSchemaAreChecked(t *testing.T) {
	var rules []string
	for _, match := range regexp.MustCompile(`(?m)^\s+rule: (.*(?:\n\s{6,}[^:\n]+$)*)`).FindAllStringSubmatch(string(definition), -1) {
		rule := strings.Join(strings.Fields(match[1]), " ")
		if quoted, isQuoted := strings.CutPrefix(rule, "'"); isQuoted {
			rule = strings.ReplaceAll(strings.TrimSuffix(quoted, "'"), "''", "'")
		}
		rules = append(rules, rule)
	}
	want := []string{
		"type(self) == int ? self >= 0 : self.matches('^(100|[1-9]?[0-9])%$')",
		"type(self) == int ? self >= 1 : self.matches('^(100|[1-9][0-9]?)%$')",
		"duration(self) >= duration('0s') && duration(self) <= duration('168h')",
		"has(self.namespaceSelector) != has(self.namespaces)",
		"!has(self.drift) || self.drift != 'Deny' || (has(self.enforcement) && self.enforcement == 'Required')",
		"size(self.metadata.name) <= 63",
		"self.metadata.name != 'none'",
	}
	if diff := cmp.Diff(want, rules); diff != "" {
		t.Error(diff)
	}
}
