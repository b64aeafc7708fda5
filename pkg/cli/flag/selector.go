package flag

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// ParseSelector parses a label selector in kubectl's format: "app=x,tier in (a, b),!old". flag names it in errors.
func ParseSelector(flag, typed string) (*metav1.LabelSelector, error) {
	if strings.TrimSpace(typed) == "" {
		return nil, fmt.Errorf("%s is empty: give a label selector, such as team=a, or leave the flag out", flag)
	}
	requirements, err := labels.ParseToRequirements(typed)
	if err != nil {
		return nil, fmt.Errorf("%s %q is no label selector: %w", flag, typed, err)
	}
	selector := &metav1.LabelSelector{}
	for _, requirement := range requirements {
		if err := addRequirement(selector, requirement); err != nil {
			return nil, fmt.Errorf("%s %q: %w", flag, typed, err)
		}
	}
	return selector, nil
}

// selectorOperators maps the operators that users type to those of the API.
var selectorOperators = map[selection.Operator]metav1.LabelSelectorOperator{
	selection.In:           metav1.LabelSelectorOpIn,
	selection.NotIn:        metav1.LabelSelectorOpNotIn,
	selection.NotEquals:    metav1.LabelSelectorOpNotIn,
	selection.Exists:       metav1.LabelSelectorOpExists,
	selection.DoesNotExist: metav1.LabelSelectorOpDoesNotExist,
}

func addRequirement(selector *metav1.LabelSelector, requirement labels.Requirement) error {
	key, values := requirement.Key(), requirement.ValuesUnsorted()
	slices.Sort(values)
	if operator := requirement.Operator(); operator == selection.Equals || operator == selection.DoubleEquals {
		if value, found := selector.MatchLabels[key]; found && value != values[0] {
			return fmt.Errorf("no object has two values of label %s: use %s in (%s, %s)", key, key, value, values[0])
		}
		metav1.AddLabelToSelector(selector, key, values[0])
		return nil
	}
	operator, found := selectorOperators[requirement.Operator()]
	if !found {
		return fmt.Errorf("%s has no %q: use =, !=, in, notin, KEY or !KEY", key, requirement.Operator())
	}
	selector.MatchExpressions = append(selector.MatchExpressions, metav1.LabelSelectorRequirement{Key: key, Operator: operator, Values: values})
	return nil
}

// ListOption returns the option of a list that applies the selector of -l. An empty selector matches all objects.
func ListOption(typed string) (client.ListOption, error) {
	selector, err := labels.Parse(typed)
	if err != nil {
		return nil, fmt.Errorf("--selector %q is no label selector: %w", typed, err)
	}
	return client.MatchingLabelsSelector{Selector: selector}, nil
}

// CheckOneChoice returns an error unless exactly one of names, --selector and --all chooses objects. question completes the
// error "say …", and argument is the word for a name.
func CheckOneChoice(cmd *cobra.Command, question, argument string, names []string, selector string, all bool) error {
	given := 0
	for _, isGiven := range []bool{len(names) > 0, selector != "", all} {
		if isGiven {
			given++
		}
	}
	switch given {
	case 1:
		return nil
	case 0:
		return fmt.Errorf("say %s: %s %s..., --selector or --all", question, cmd.CommandPath(), argument)
	default:
		return fmt.Errorf("say %s in one way: by %s, by --selector or with --all", question, argument)
	}
}
