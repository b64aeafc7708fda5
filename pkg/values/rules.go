package values

import (
	"fmt"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Rules are the compiled rules of a Baseline. They are immutable and safe for concurrent use. nil has no rules.
type Rules struct {
	encoded string
	values  []*Rule
	include []*Rule
	inputs  inputs
}

// Rule is a compiled rule.
type Rule struct {
	// name is the field of the Baseline, as in "spec.values[2]".
	name    string
	target  v1alpha1.ObjectTarget
	path    string
	result  *cel.Type
	program cel.Program
	inputs  inputs
}

// maxQuoted bounds the characters of an expression in an error.
const maxQuoted = 64

// Compile checks and compiles the rules of a Baseline. It returns nil if there are none.
func Compile(rules *v1alpha1.BaselineRules) (*Rules, field.ErrorList) {
	if rules.IsEmpty() {
		return nil, nil
	}
	compiled, errs := &Rules{encoded: Encode(rules)}, field.ErrorList{}
	for i := range rules.Values {
		value, at := &rules.Values[i], field.NewPath("spec", "values").Index(i)
		rule := &Rule{name: at.String(), target: value.Target, path: value.Path}
		if reason := checkPath(value.Path); reason != "" {
			errs = append(errs, field.Forbidden(at.Child("path"), reason))
		}
		errs = append(errs, rule.compile(value.Expression, true, at.Child("expression"))...)
		compiled.values = append(compiled.values, rule)
	}
	for i := range rules.Include {
		include, at := &rules.Include[i], field.NewPath("spec", "include").Index(i)
		rule := &Rule{name: at.String(), target: include.Target}
		errs = append(errs, rule.compile(include.Expression, false, at.Child("expression"))...)
		compiled.include = append(compiled.include, rule)
	}
	if len(errs) > 0 {
		return nil, errs
	}
	for _, rule := range append(append([]*Rule{}, compiled.values...), compiled.include...) {
		compiled.inputs.addAll(rule.inputs)
	}
	return compiled, nil
}

// compile compiles the expression of a rule for a value, or else for a condition.
func (r *Rule) compile(expression string, isValue bool, at *field.Path) field.ErrorList {
	environment := newBaseEnvironment
	if isValue {
		environment = newValueEnvironment
	}
	env, err := environment()
	if err != nil {
		return field.ErrorList{field.InternalError(at, err)}
	}
	invalid := func(reason string) field.ErrorList {
		return field.ErrorList{field.Invalid(at, fmt.Sprintf("%.*s", maxQuoted, expression), reason)}
	}
	checked, issues := env.Compile(expression)
	if issues.Err() != nil {
		return invalid(describeIssues(issues))
	}
	r.result = checked.OutputType()
	if reason := r.checkResult(isValue); reason != "" {
		return invalid(reason)
	}
	cost, err := env.EstimateCost(checked, estimator{})
	if err != nil {
		return invalid(err.Error())
	}
	if cost.Max > maxStaticCost {
		return invalid(fmt.Sprintf("may cost %s, at most %d: use fewer loops, or shorter ones", describeCost(cost.Max), maxStaticCost))
	}
	r.program, err = env.Program(checked, cel.CostLimit(evaluationCost), cel.InterruptCheckFrequency(checkInterrupt), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return invalid(err.Error())
	}
	r.inputs = readInputs(checked.NativeRep())
	return nil
}

// checkResult returns the reason why the type of an expression does not fit; empty if it may.
func (r *Rule) checkResult(isValue bool) string {
	kind := schema.GroupKind{Group: r.target.Group, Kind: r.target.Kind}
	switch {
	case r.result.IsExactType(cel.DynType):
		return ""
	case isOptional(r.result):
		return "may have no value: end it with orValue(…)"
	case r.result.Kind() == types.StructKind:
		return fmt.Sprintf("gives %s: name one of its fields", r.result)
	case !isValue && !r.result.IsExactType(cel.BoolType):
		return fmt.Sprintf("gives %s, and a condition is a bool", r.result)
	case isValue && isText(kind, r.path) && !r.result.IsExactType(cel.StringType):
		return fmt.Sprintf("gives %s, and %s takes text: use string(…)", r.result, r.path)
	default:
		return ""
	}
}

// isOptional reports whether a type is that of optional values.
func isOptional(result *cel.Type) bool {
	return result.Kind() == types.OpaqueKind && result.TypeName() == types.OptionalType.TypeName()
}

// maxIssues bounds the errors of one expression.
const maxIssues = 3

// describeIssues returns the errors of an expression in one line.
func describeIssues(issues *cel.Issues) string {
	var texts []string
	for _, each := range issues.Errors() {
		if len(texts) == maxIssues {
			break
		}
		text := strings.TrimSuffix(each.Message, " (in container '')")
		texts = append(texts, fmt.Sprintf("column %d: %s", each.Location.Column()+1, strings.Join(strings.Fields(text), " ")))
	}
	return strings.Join(texts, "; ")
}

// describeCost returns a cost as text; an estimate has no bound where the size of a list is not known.
func describeCost(cost uint64) string {
	if cost > maxStaticCost*1000 {
		return "more than can be counted"
	}
	return fmt.Sprint(cost)
}

// Name returns the field of the Baseline that has the rule, as in "spec.values[2]".
func (r *Rule) Name() string { return r.name }

// ValuesOf returns the rules for values that select an object, in order.
func (r *Rules) ValuesOf(kind schema.GroupKind, name string) []*Rule {
	if r == nil {
		return nil
	}
	return selectRules(r.values, kind, name)
}

// IncludesOf returns the conditions for an object.
func (r *Rules) IncludesOf(kind schema.GroupKind, name string) []*Rule {
	if r == nil {
		return nil
	}
	return selectRules(r.include, kind, name)
}

func selectRules(rules []*Rule, kind schema.GroupKind, name string) []*Rule {
	var selected []*Rule
	for _, rule := range rules {
		if rule.target.Selects(kind, name) {
			selected = append(selected, rule)
		}
	}
	return selected
}

// All returns all rules.
func (r *Rules) All() []*Rule {
	if r == nil {
		return nil
	}
	return append(append([]*Rule{}, r.values...), r.include...)
}

// Target returns the target of a rule as text.
func (r *Rule) Target() string { return r.target.String() }
