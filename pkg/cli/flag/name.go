package flag

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// checkLabelName is an error unless name may be the name of a BaselineBackup or a Baseline, which become
// label values on what is restored.
func CheckLabelName(noun, name string) error {
	if name == v1alpha1.NoBaseline {
		return fmt.Errorf("a %s cannot be called %q: that word opts a namespace out", noun, name)
	}
	if len(name) > v1alpha1.MaxNameLength || len(validation.IsDNS1123Subdomain(name)) > 0 {
		return invalidName(noun, name, "'-' and '.'", v1alpha1.MaxNameLength)
	}
	return nil
}

// checkName is an error unless name may be an object's name.
func CheckName(noun, name string) error {
	if len(validation.IsDNS1123Subdomain(name)) > 0 {
		return invalidName(noun, name, "'-' and '.'", validation.DNS1123SubdomainMaxLength)
	}
	return nil
}

// checkNamespaceName is an error unless name may be a namespace's name.
func CheckNamespaceName(name string) error {
	if len(validation.IsDNS1123Label(name)) > 0 {
		return invalidName("namespace", name, "'-'", validation.DNS1123LabelMaxLength)
	}
	return nil
}

// systemNamespaces are never restored into. Seedbed's own is one more, which admission knows by name.
var systemNamespaces = []string{"kube-system", "kube-public", "kube-node-lease"}

// checkTargetName is an error unless name may be the name of a namespace to restore into.
func CheckTargetName(name string) error {
	if slices.Contains(systemNamespaces, name) {
		return fmt.Errorf("namespace %q belongs to the system: nothing is restored into it", name)
	}
	return CheckNamespaceName(name)
}

func invalidName(noun, name, signs string, length int) error {
	return fmt.Errorf("%q cannot be the name of a %s: use lowercase letters, digits, %s, beginning and ending with a letter or digit, at most %d characters", name, noun, signs, length)
}

// eachOnce are the values of a flag that takes a list, none of them empty. example is what such a list
// looks like.
func UniqueValues(flag, example string, typed []string) ([]string, error) {
	var values []string
	for _, value := range typed {
		value = strings.TrimSpace(value)
		if value == "" {
			return nil, fmt.Errorf("%s has nothing between two commas: give a list such as %s", flag, example)
		}
		if !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	return values, nil
}
