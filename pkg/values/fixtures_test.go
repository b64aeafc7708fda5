package values

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// secretKind and widgetKind are the kinds of these tests.
var (
	secretKind = schema.GroupKind{Kind: "Secret"}
	widgetKind = schema.GroupKind{Kind: "Widget"}
)

// newRules returns one rule for a value of a Widget.
func newRules(path, expression string) *v1alpha1.BaselineRules {
	return rulesFor(widgetKind, path, expression)
}

func rulesFor(kind schema.GroupKind, path, expression string) *v1alpha1.BaselineRules {
	return &v1alpha1.BaselineRules{Values: []v1alpha1.BaselineValue{
		{Target: v1alpha1.ObjectTarget{Group: kind.Group, Kind: kind.Kind}, Path: path, Expression: expression},
	}}
}

// newTarget returns the namespace of these tests.
func newTarget() *Target {
	return &Target{
		Name:        "team-a",
		Labels:      map[string]string{"tier": "gold", "team": "payments"},
		Annotations: map[string]string{"example.com/big": strings.Repeat("x", 5000), "example.com/peers": "checkout, billing", "example.com/evil": "a\"b\n'}],{\"x\":1} \\ \u2028 é"},
	}
}

// computeValue computes the value of a rule for an object.
func computeValue(t *testing.T, rules *v1alpha1.BaselineRules, kind schema.GroupKind, content map[string]any) (string, error) {
	t.Helper()
	compiled, errs := Compile(rules)
	if len(errs) > 0 {
		t.Fatal(errs.ToAggregate())
	}
	value, _, err := compiled.ValuesOf(kind, "x")[0].NewValue(kind, content)
	if err != nil {
		return "", err
	}
	result, err := value.Compute(t.Context(), newTarget(), "web", value.Original())
	return string(result), err
}
