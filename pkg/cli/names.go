package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/suggest"
)

// maxListed bounds how many names an error message lists.
const maxListed = 10

// nearest returns the candidate that name was probably meant to be; empty when none is close.
func nearest(name string, candidates []string) string {
	near, _ := suggest.Nearest(name, candidates)
	return near
}

// suggestion ends a message about a name that does not exist: what was meant, or what there is.
func suggestion(name string, candidates []string) string {
	if near := nearest(name, candidates); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if len(candidates) == 0 {
		return "there is none"
	}
	return "there is " + listed(candidates)
}

// listed is names, sorted and bounded, for a message.
func listed(names []string) string {
	names = slices.Sorted(slices.Values(names))
	if more := len(names) - maxListed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxListed], ", "), more)
	}
	return strings.Join(names, ", ")
}

// timedName returns a name made of an object's name and the time, as Velero makes them, at most as long as a label's value.
func timedName(of string, now time.Time) string {
	suffix := "-" + now.Format("20060102150405")
	if room := v1alpha1.MaxNameLength - len(suffix); len(of) > room {
		of = strings.TrimRight(of[:room], "-.")
	}
	return of + suffix
}

// checkLabelName is an error unless name may be the name of a BaselineBackup or a Baseline, which become
// label values on what is restored.
func checkLabelName(noun, name string) error {
	if name == v1alpha1.NoBaseline {
		return fmt.Errorf("a %s cannot be called %q: that word opts a namespace out", noun, name)
	}
	if len(name) > v1alpha1.MaxNameLength || len(validation.IsDNS1123Subdomain(name)) > 0 {
		return badName(noun, name, "'-' and '.'", v1alpha1.MaxNameLength)
	}
	return nil
}

// checkName is an error unless name may be an object's name.
func checkName(noun, name string) error {
	if len(validation.IsDNS1123Subdomain(name)) > 0 {
		return badName(noun, name, "'-' and '.'", validation.DNS1123SubdomainMaxLength)
	}
	return nil
}

// checkNamespaceName is an error unless name may be a namespace's name.
func checkNamespaceName(name string) error {
	if len(validation.IsDNS1123Label(name)) > 0 {
		return badName("namespace", name, "'-'", validation.DNS1123LabelMaxLength)
	}
	return nil
}

// systemNamespaces are never restored into. Seedbed's own is one more, which admission knows by name.
var systemNamespaces = []string{"kube-system", "kube-public", "kube-node-lease"}

// checkTargetName is an error unless name may be the name of a namespace to restore into.
func checkTargetName(name string) error {
	if slices.Contains(systemNamespaces, name) {
		return fmt.Errorf("namespace %q belongs to the system: nothing is restored into it", name)
	}
	return checkNamespaceName(name)
}

func badName(noun, name, signs string, length int) error {
	return fmt.Errorf("%q cannot be the name of a %s: use lowercase letters, digits, %s, beginning and ending with a letter or digit, at most %d characters", name, noun, signs, length)
}

// eachOnce are the values of a flag that takes a list, none of them empty. example is what such a list
// looks like.
func eachOnce(flag, example string, typed []string) ([]string, error) {
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
