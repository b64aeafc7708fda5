package plan

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/transform"
	"seedbed.dev/seedbed/pkg/values"
)

// ErrValues is the error of rules for values that do not fit the backup.
var ErrValues = errors.New("values")

// objectValues has the values of one object.
type objectValues struct {
	template manifest.Template
	// values are in the order of the template's numbers.
	values []objectValue
}

// objectValue is a value, and whether the backup's own has the namespace's name in it.
type objectValue struct {
	*values.Value
	named bool
}

// valueCompiler collects the values of a plan's objects.
type valueCompiler struct {
	rules *values.Rules
	// used are the rules that select an object and have its field.
	used map[*values.Rule]bool
	// failed has the reason why a rule that selects an object has no field in it, by rule: the first one.
	failed map[*values.Rule]string
	// conflict is the first pair of rules of which one sets a part of the other's field; empty if there is none.
	conflict string
}

func newValueCompiler(encoded string) (*valueCompiler, error) {
	rules, err := values.Get(encoded)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrValues, err)
	}
	return &valueCompiler{rules: rules, used: map[*values.Rule]bool{}, failed: map[*values.Rule]string{}}, nil
}

// addValues adds the values of an object, whose content gets the marks of a template. It returns a warning for each rule that selects
// the object and has no field in it.
func (c *compiler) addValues(object transform.Object, key string) (warnings []string, err error) {
	kind, name := object.Content.GroupVersionKind().GroupKind(), object.Content.GetName()
	if conditions := c.values.rules.IncludesOf(kind, name); len(conditions) > 0 {
		c.plan.includes[key] = conditions
		for _, condition := range conditions {
			c.values.used[condition] = true
		}
	}
	of := &objectValues{}
	var fields []*values.Field
	for _, rule := range c.values.rules.ValuesOf(kind, name) {
		value, field, err := rule.NewValue(kind, object.Content.Object)
		if err != nil {
			reason := fmt.Sprintf("%s: %s: %s", rule.Name(), key, err)
			c.values.failed[rule] = reason
			warnings = append(warnings, fmt.Sprintf("%s: is not set by %s: %s", key, rule.Name(), err))
			continue
		}
		c.values.used[rule] = true
		i := slices.IndexFunc(of.values, func(earlier objectValue) bool { return pathsOverlap(earlier.Path(), value.Path()) })
		switch {
		case i < 0:
			of.values, fields = append(of.values, c.newObjectValue(value)), append(fields, field)
		case of.values[i].Path() == value.Path(): // the later rule wins
			of.values[i], fields[i] = c.newObjectValue(value), field
		default:
			c.values.conflict = cmp.Or(c.values.conflict, fmt.Sprintf("%s: %s: sets %s, and an earlier rule sets %s: one is a part of the other", rule.Name(), key, value.Path(), of.values[i].Path()))
		}
	}
	if len(fields) == 0 {
		return warnings, nil
	}
	for i, field := range fields {
		field.Set(manifest.ValueMark(c.placeholder, i))
	}
	if of.template, err = manifest.NewTemplate(object.Content.Object, c.placeholder, len(fields)); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrContent, key, err)
	}
	c.plan.values[key] = of
	c.plan.size += of.template.Size()
	return warnings, nil
}

func (c *compiler) newObjectValue(value *values.Value) objectValue {
	return objectValue{value, mentionsText(value.Original(), c.placeholder)}
}

// pathsOverlap reports whether a path is the other one, or a part of it.
func pathsOverlap(a, b string) bool {
	return a == b || strings.HasPrefix(a, b+"/") || strings.HasPrefix(b, a+"/")
}

// mentionsText reports whether a decoded value has a text in it.
func mentionsText(value any, text string) bool {
	switch value := value.(type) {
	case string:
		return strings.Contains(value, text)
	case []any:
		return slices.ContainsFunc(value, func(item any) bool { return mentionsText(item, text) })
	case map[string]any:
		for key, field := range value {
			if strings.Contains(key, text) || mentionsText(field, text) {
				return true
			}
		}
	}
	return false
}

// maxRuleErrors bounds the rules in an error.
const maxRuleErrors = 3

// checkRules returns an error if a rule selects no object of the plan, or has its field in none.
func (c *valueCompiler) checkRules() error {
	var reasons []string
	if c.conflict != "" {
		reasons = append(reasons, c.conflict)
	}
	for _, rule := range c.rules.All() {
		if c.used[rule] {
			continue
		}
		reason := c.failed[rule]
		if reason == "" {
			reason = fmt.Sprintf("%s.target: the backup restores no %s", rule.Name(), rule.Target())
		}
		reasons = append(reasons, reason)
	}
	if len(reasons) == 0 {
		return nil
	}
	more := ""
	if left := len(reasons) - maxRuleErrors; left > 0 {
		more = fmt.Sprintf("; and %d more", left)
	}
	return fmt.Errorf("%w: %s%s", ErrValues, strings.Join(reasons[:min(len(reasons), maxRuleErrors)], "; "), more)
}
