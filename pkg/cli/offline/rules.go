package offline

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// checkRules returns the violations of the rules that the schema has in CEL, and of the API server's rules for names.
func checkRules(baseline *v1alpha1.Baseline) []error {
	var problems []error
	if err := checkName(baseline.Name); err != nil {
		problems = append(problems, err)
	}
	if baseline.Spec.Drift == v1alpha1.DriftDeny && baseline.Spec.Enforcement != v1alpha1.EnforcementRequired {
		problems = append(problems, errors.New("spec.drift: drift: Deny needs enforcement: Required: set enforcement: Required, or drift: Correct"))
	}
	return append(problems, checkRollout(baseline.Spec.Rollout, field.NewPath("spec", "rollout"))...)
}

// checkName returns an error unless a Baseline may have the name.
func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("metadata.name is missing")
	case len(name) > v1alpha1.MaxNameLength:
		return fmt.Errorf("metadata.name must have at most %d characters: it becomes a label value", v1alpha1.MaxNameLength)
	case name == v1alpha1.NoBaseline:
		return fmt.Errorf("metadata.name must not be '%s': that word opts a namespace out", v1alpha1.NoBaseline)
	}
	if invalid := validation.IsDNS1123Subdomain(name); len(invalid) > 0 {
		return fmt.Errorf("metadata.name %q: %s", name, strings.Join(invalid, "; "))
	}
	return nil
}

// The shares of namespaces that a step, and that maxFailures, may name.
var (
	stepShare    = regexp.MustCompile(`^(100|[1-9][0-9]?)%$`)
	failureShare = regexp.MustCompile(`^(100|[1-9]?[0-9])%$`)
)

// maxSoak bounds the wait after a step.
const maxSoak = 168 * time.Hour

// checkRollout returns the violations of the rules about a rollout.
func checkRollout(rollout *v1alpha1.BaselineRollout, path *field.Path) (problems []error) {
	if rollout == nil {
		return nil
	}
	if !isCount(rollout.MaxFailures, 0, failureShare) {
		problems = append(problems, fmt.Errorf("%s must be a number, 0 or more, or a share from '0%%' to '100%%'", path.Child("maxFailures")))
	}
	for i := range rollout.Steps {
		step, at := &rollout.Steps[i], path.Child("steps").Index(i)
		if (step.NamespaceSelector != nil) == (step.Namespaces != nil) {
			problems = append(problems, fmt.Errorf("%s: set exactly one of namespaceSelector and namespaces", at))
		}
		if !isCount(step.Namespaces, 1, stepShare) {
			problems = append(problems, fmt.Errorf("%s must be a number, 1 or more, or a share from '1%%' to '100%%'", at.Child("namespaces")))
		}
		if step.Soak != nil && (step.Soak.Duration < 0 || step.Soak.Duration > maxSoak) {
			problems = append(problems, fmt.Errorf("%s must be between 0s and 168h", at.Child("soak")))
		}
	}
	return problems
}

// isCount reports whether a value is absent, a number from least on, or a share.
func isCount(value *intstr.IntOrString, least int, share *regexp.Regexp) bool {
	switch {
	case value == nil:
		return true
	case value.Type == intstr.Int:
		return value.IntValue() >= least
	default:
		return share.MatchString(value.StrVal)
	}
}
