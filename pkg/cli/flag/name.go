package flag

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// CheckLabelName returns an error unless name is valid for a BaselineBackup or a Baseline, whose names become label values of
// restored objects.
func CheckLabelName(noun, name string) error {
	if name == v1alpha1.NoBaseline {
		return fmt.Errorf("a %s cannot be called %q: that word opts a namespace out", noun, name)
	}
	if len(name) > v1alpha1.MaxNameLength || len(validation.IsDNS1123Subdomain(name)) > 0 {
		return invalidName(noun, name, "'-' and '.'", v1alpha1.MaxNameLength)
	}
	return nil
}

// CheckName returns an error unless name is a valid name of an object.
func CheckName(noun, name string) error {
	if len(validation.IsDNS1123Subdomain(name)) > 0 {
		return invalidName(noun, name, "'-' and '.'", validation.DNS1123SubdomainMaxLength)
	}
	return nil
}

// CheckNamespaceName returns an error unless name is a valid name of a namespace.
func CheckNamespaceName(name string) error {
	if len(validation.IsDNS1123Label(name)) > 0 {
		return invalidName("namespace", name, "'-'", validation.DNS1123LabelMaxLength)
	}
	return nil
}

// systemNamespaces are never restored into. Nor is Seedbed's own, which admission knows by name.
var systemNamespaces = []string{"kube-system", "kube-public", "kube-node-lease"}

// CheckTargetName returns an error unless name is valid for a namespace to restore into.
func CheckTargetName(name string) error {
	if slices.Contains(systemNamespaces, name) {
		return fmt.Errorf("namespace %q belongs to the system: nothing is restored into it", name)
	}
	return CheckNamespaceName(name)
}

func invalidName(noun, name, signs string, length int) error {
	return fmt.Errorf("%q cannot be the name of a %s: use lowercase letters, digits, %s, beginning and ending with a letter or digit, at most %d characters", name, noun, signs, length)
}

// UniqueValues returns the values of a flag that takes a list, each once, or an error for an empty one. example is a valid
// list.
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
