package restore

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/check"
)

func TestParseMappings(t *testing.T) {
	for name, test := range map[string]struct {
		typed   []string
		want    []mapping
		refused string
	}{
		"none":                    {},
		"one":                     {typed: []string{"foo:bar"}, want: []mapping{{"foo", "bar"}}},
		"two":                     {typed: []string{"foo:bar", " c:d"}, want: []mapping{{"foo", "bar"}, {"c", "d"}}},
		"one source, two targets": {typed: []string{"foo:bar", "foo:baz"}, want: []mapping{{"foo", "bar"}, {"foo", "baz"}}},
		"into itself":             {typed: []string{"foo:foo"}, want: []mapping{{"foo", "foo"}}},
		"no colon":                {typed: []string{"foo"}, refused: `"foo" is not SOURCE:TARGET`},
		"no source":               {typed: []string{":bar"}, refused: `":bar" is not SOURCE:TARGET`},
		"no target":               {typed: []string{"foo:"}, refused: `"foo:" is not SOURCE:TARGET`},
		"empty":                   {typed: []string{""}, refused: `"" is not SOURCE:TARGET`},
		"two colons":              {typed: []string{"a:b:c"}, refused: `"a:b:c" is not SOURCE:TARGET`},
		"bad target":              {typed: []string{"foo:Bar"}, refused: `"Bar" cannot be the name of a namespace`},
		"bad source":              {typed: []string{"f.o:bar"}, refused: `"f.o" cannot be the name of a namespace`},
		"a target twice":          {typed: []string{"a:c", "b:c"}, refused: `the target "c" twice`},
		"the same mapping twice":  {typed: []string{"a:c", "a:c"}, refused: `the target "c" twice`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseMappings(test.typed)
			check.Error(t, err, test.refused)
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(mapping{})); diff != "" {
				t.Errorf("mappings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMappingsFor(t *testing.T) {
	for name, test := range map[string]struct {
		held    []string
		without []string // excluded
		typed   []mapping
		target  string
		want    []mapping
		refused string
	}{
		"typed ones":                  {held: []string{"a", "b"}, typed: []mapping{{"b", "c"}}, want: []mapping{{"b", "c"}}},
		"the only namespace":          {held: []string{"a"}, target: "c", want: []mapping{{"a", "c"}}},
		"the only one not excluded":   {held: []string{"a", "b"}, without: []string{"b"}, target: "c", want: []mapping{{"a", "c"}}},
		"none that is not excluded":   {held: []string{"a"}, without: []string{"a"}, target: "c", refused: "--exclude-namespaces leaves nothing of backup"},
		"an excluded one not held":    {held: []string{"foo"}, without: []string{"fo"}, target: "c", refused: `does not hold namespace "fo": did you mean "foo"?`},
		"which of several":            {held: []string{"b", "a"}, target: "c", refused: "holds the namespaces a, b: say with --namespace-mappings SOURCE:c"},
		"one that it does not hold":   {held: []string{"foo"}, typed: []mapping{{"fo", "c"}}, refused: `does not hold namespace "fo": did you mean "foo"?`},
		"one that is like none in it": {held: []string{"foo"}, typed: []mapping{{"xyz", "c"}}, refused: `does not hold namespace "xyz": there is foo`},
	} {
		t.Run(name, func(t *testing.T) {
			backup := &v1alpha1.BaselineBackup{Spec: v1alpha1.BaselineBackupSpec{IncludedNamespaces: test.held}}
			got, err := mappingsFor(backup, test.typed, test.target, test.without)
			check.Error(t, err, test.refused)
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(mapping{})); diff != "" {
				t.Errorf("mappings (-want +got):\n%s", diff)
			}
		})
	}
}
