package policy

import (
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestParseAnnotationAccepts(t *testing.T) {
	sixteen := strings.Split("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p", ",")
	for name, test := range map[string]struct {
		value  string
		names  []string
		optOut bool
	}{
		"one":                           {value: "web", names: []string{"web"}},
		"several keep their order":      {value: "web,logging,alpha", names: []string{"web", "logging", "alpha"}},
		"spaces are trimmed":            {value: "  web ,\tlogging\n", names: []string{"web", "logging"}},
		"dots and digits":               {value: "0-web.v1", names: []string{"0-web.v1"}},
		"none opts out":                 {value: "none", optOut: true},
		"none with spaces opts out":     {value: " none\n", optOut: true},
		"a name that begins with none":  {value: "nonesuch", names: []string{"nonesuch"}},
		"as long as a name may be":      {value: strings.Repeat("a", 63), names: []string{strings.Repeat("a", 63)}},
		"as many as an annotation asks": {value: strings.Join(sixteen, ","), names: sixteen},
	} {
		t.Run(name, func(t *testing.T) {
			names, optOut, err := ParseAnnotation(test.value)
			if err != nil || !slices.Equal(names, test.names) || optOut != test.optOut {
				t.Errorf("ParseAnnotation(%q) = %q, %v, %v; want %q, %v", test.value, names, optOut, err, test.names, test.optOut)
			}
		})
	}
}

func TestParseAnnotationRefuses(t *testing.T) {
	const shape = ` is no name of a baseline: those are lower case letters, digits, '-' and '.', with a letter or digit at both ends, separated by commas`
	for name, test := range map[string]struct{ value, message string }{
		"empty":               {"", `it is empty: name a baseline, use "none" to decline the optional ones, or remove the annotation`},
		"only spaces":         {" \n", `it is empty: name a baseline, use "none" to decline the optional ones, or remove the annotation`},
		"comma at the end":    {"web,", `a name between two commas is empty: remove the extra comma`},
		"comma at the start":  {",web", `a name between two commas is empty: remove the extra comma`},
		"only a comma":        {",", `a name between two commas is empty: remove the extra comma`},
		"none before a name":  {"none,web", `"none" declines every optional baseline and stands alone: remove it or the other names`},
		"none after a name":   {"web, none", `"none" declines every optional baseline and stands alone: remove it or the other names`},
		"twice":               {"web,logging,web", `"web" stands in it twice: remove one`},
		"upper case":          {"Web", `"Web"` + shape},
		"None is no opt-out":  {"None", `"None"` + shape},
		"semicolon":           {"web;logging", `"web;logging"` + shape},
		"space inside":        {"web logging", `"web logging"` + shape},
		"ends with a hyphen":  {"web-", `"web-"` + shape},
		"a path":              {"../web", `"../web"` + shape},
		"a line break inside": {"web\nlogging", `"web\nlogging"` + shape},
		"not UTF-8":           {"web\xff", `"web\xff"` + shape},
		"too long a name":     {strings.Repeat("a", 64), `a name has more than 63 characters, no baseline has: "` + strings.Repeat("a", 40) + `"…`},
		"too many names":      {strings.Repeat("a,", 16) + "a", `it names more than 16 baselines: name fewer`},
	} {
		t.Run(name, func(t *testing.T) {
			names, optOut, err := ParseAnnotation(test.value)
			if err == nil {
				t.Fatalf("ParseAnnotation(%q) = %q, %v; want an error", test.value, names, optOut)
			}
			if names != nil || optOut {
				t.Errorf("beside the error it returned %q, %v", names, optOut)
			}
			if want := "annotation seedbed.dev/baseline: " + test.message; err.Error() != want {
				t.Errorf("error\n %s\nwant\n %s", err, want)
			}
		})
	}
}

func FuzzParseAnnotation(f *testing.F) {
	for _, seed := range []string{"", "web", "web, logging", "none", "none,web", "web,web", "Web", ",", "a\xff,b", strings.Repeat("a,", 20)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		names, optOut, err := ParseAnnotation(value)
		if err != nil {
			if names != nil || optOut {
				t.Errorf("beside the error %v: %q, %v", err, names, optOut)
			}
			if message := err.Error(); len(message) > 512 || strings.ContainsAny(message, "\n\r") {
				t.Errorf("the error is not one bounded line: %q", message)
			}
			return
		}
		if optOut == (len(names) > 0) || len(names) > v1alpha1.MaxBaselinesPerNamespace {
			t.Fatalf("%d names and optOut %v", len(names), optOut)
		}
		if optOut {
			return
		}
		for i, name := range names {
			if len(name) > v1alpha1.MaxNameLength || len(validation.IsDNS1123Subdomain(name)) > 0 || name == v1alpha1.NoBaseline || slices.Contains(names[:i], name) {
				t.Errorf("name %q of %q", name, names)
			}
		}
		again, _, err := ParseAnnotation(strings.Join(names, ","))
		if err != nil || !slices.Equal(again, names) {
			t.Errorf("%q reads as %q, %v when written again", names, again, err)
		}
	})
}
