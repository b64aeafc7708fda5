package values

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestCompileRefuses(t *testing.T) {
	const at = "spec.values[0]."
	tests := map[string]struct{ path, expression, want string }{
		"an unknown variable": {expression: "taget.name", want: at + `expression: Invalid value: "taget.name": column 1: undeclared reference to 'taget'`},
		"an unknown field":    {expression: "target.labls.x", want: at + `expression: Invalid value: "target.labls.x": column 7: undefined field 'labls'`},
		"broken syntax":       {expression: "target.name +", want: at + `expression: Invalid value: "target.name +": column 14: Syntax error: mismatched input '<EOF>'`},
		"a wrong operand":     {expression: "target.name + 1", want: at + `expression: Invalid value: "target.name + 1": column 13: found no matching overload for '_+_' applied to '(string, int)'`},
		"a value that may be absent": {expression: "target.labels[?'x']",
			want: at + `expression: Invalid value: "target.labels[?'x']": may have no value: end it with orValue(…)`},
		"the namespace as a whole": {expression: "target", want: at + `expression: Invalid value: "target": gives values.Target: name one of its fields`},
		"loops in loops": {expression: "target.labels.all(a, target.labels.all(b, target.labels.all(c, a != b + c)))",
			want: at + `expression: Invalid value: "target.labels.all(a, target.labels.all(b, target.labels.all(c, a": may cost`},
		"a number for a label": {path: "/metadata/labels/x", expression: "1",
			want: at + `expression: Invalid value: "1": gives int, and /metadata/labels/x takes text: use string(…)`},
		"other objects":      {expression: "objects.get('secrets', 'x')", want: "undeclared reference to 'objects'"},
		"the version":        {path: "/apiVersion", expression: "'v1'", want: at + "path: Forbidden: /apiVersion cannot be set"},
		"the kind":           {path: "/kind", expression: "'X'", want: at + "path: Forbidden: /kind cannot be set"},
		"the status":         {path: "/status/phase", expression: "'X'", want: at + "path: Forbidden: /status cannot be set"},
		"the name":           {path: "/metadata/name", expression: "'X'", want: at + "path: Forbidden: of metadata only single labels and annotations can be set, as /metadata/labels/team"},
		"the namespace":      {path: "/metadata/namespace", expression: "'X'", want: at + "path: Forbidden: of metadata"},
		"owners":             {path: "/metadata/ownerReferences", expression: "[]", want: at + "path: Forbidden: of metadata"},
		"a finalizer":        {path: "/metadata/finalizers/0", expression: "'x'", want: at + "path: Forbidden: of metadata"},
		"all labels":         {path: "/metadata/labels", expression: "{}", want: at + "path: Forbidden: of metadata"},
		"a label of Seedbed": {path: "/metadata/labels/seedbed.dev~1baseline", expression: "'x'", want: at + "path: Forbidden: labels and annotations of seedbed.dev are Seedbed's own"},
		"one of its domain":  {path: "/metadata/annotations/x.seedbed.dev~1y", expression: "'x'", want: at + "path: Forbidden: labels and annotations of seedbed.dev are Seedbed's own"},
		"no key":             {path: "/metadata/labels/a b", expression: "'x'", want: at + "path: Forbidden: the key of a label or an annotation must consist of alphanumeric characters"},
		"an empty step":      {path: "/spec//a", expression: "'x'", want: at + "path: Forbidden: a step of the path is empty"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := test.path
			if path == "" {
				path = "/spec/a"
			}
			_, errs := Compile(newRules(path, test.expression))
			if len(errs) == 0 || !strings.Contains(errs.ToAggregate().Error(), test.want) {
				t.Errorf("got %v, want %s", errs, test.want)
			}
		})
	}
}

func TestCompileRefusesConditions(t *testing.T) {
	for expression, want := range map[string]string{
		"target.name":     `spec.include[0].expression: Invalid value: "target.name": gives string, and a condition is a bool`,
		"original == 'x'": `spec.include[0].expression: Invalid value: "original == 'x'": column 1: undeclared reference to 'original'`,
	} {
		_, errs := Compile(&v1alpha1.BaselineRules{Include: []v1alpha1.BaselineInclude{{Target: v1alpha1.ObjectTarget{Kind: "Widget"}, Expression: expression}}})
		if len(errs) != 1 || errs[0].Error() != want {
			t.Errorf("got %v, want %s", errs, want)
		}
	}
}

func TestRulesAreFoundByTarget(t *testing.T) {
	rule := func(group, kind, name string) v1alpha1.BaselineValue {
		return v1alpha1.BaselineValue{Target: v1alpha1.ObjectTarget{Group: group, Kind: kind, Name: name}, Path: "/spec/a", Expression: "1"}
	}
	compiled, errs := Compile(&v1alpha1.BaselineRules{Values: []v1alpha1.BaselineValue{
		rule("", "Widget", ""), rule("", "Widget", "x"), rule("", "Widget", "y"), rule("example.com", "Widget", "x"), rule("", "*", ""), rule("", "*", "x"),
	}})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var found []string
	for _, each := range compiled.ValuesOf(widgetKind, "x") {
		found = append(found, each.Name())
	}
	if diff := cmp.Diff([]string{"spec.values[0]", "spec.values[1]", "spec.values[4]", "spec.values[5]"}, found); diff != "" {
		t.Error(diff)
	}
	if none, errs := Compile(&v1alpha1.BaselineRules{}); none != nil || errs != nil || none.ValuesOf(widgetKind, "x") != nil || none.Hash(newTarget()) != "" {
		t.Errorf("no rules are %v, %v", none, errs)
	}
}

func TestWarnings(t *testing.T) {
	const peers = "target.annotations[?'example.com/peers'].orValue('x')"
	for name, test := range map[string]struct {
		group, kind, path, expression string
		want                          []string
	}{
		"a label in a quota": {kind: "ResourceQuota", path: "/spec/hard/pods", expression: "target.labels.tier", want: []string{
			"spec.values[0]: whoever may label or annotate a namespace decides about its ResourceQuota, which bounds it: let no tenant change the labels that it reads"}},
		"a label in a binding": {group: "rbac.authorization.k8s.io", kind: "RoleBinding", path: "/subjects/x/name", expression: "target.labels.tier", want: []string{
			"spec.values[0]: whoever may label or annotate a namespace decides about its RoleBinding.rbac.authorization.k8s.io, which bounds it: let no tenant change the labels that it reads"}},
		"an annotation in a policy": {group: "networking.k8s.io", kind: "NetworkPolicy", path: "/spec/x", expression: peers, want: []string{
			"spec.values[0]: whoever may label or annotate a namespace decides about its NetworkPolicy.networking.k8s.io, which bounds it: let no tenant change the annotations that it reads"}},
		"an annotation in a ConfigMap": {kind: "ConfigMap", path: "/data/x", expression: peers, want: []string{
			"spec.values[0]: reads annotations of the namespace: whoever may annotate it chooses the value"}},
		"a label in a ConfigMap":      {kind: "ConfigMap", path: "/data/x", expression: "target.labels.tier"},
		"the name in a quota":         {kind: "ResourceQuota", path: "/spec/hard/pods", expression: "target.name"},
		"the label of a quota itself": {kind: "ResourceQuota", path: "/metadata/labels/tier", expression: "target.labels.tier"},
		"a label in everything":       {kind: "*", path: "/spec/x", expression: "target.labels.tier", want: []string{"spec.values[0]: whoever may label or annotate a namespace decides about its *, which bounds it: let no tenant change the labels that it reads"}},
	} {
		t.Run(name, func(t *testing.T) {
			compiled, errs := Compile(&v1alpha1.BaselineRules{Values: []v1alpha1.BaselineValue{
				{Target: v1alpha1.ObjectTarget{Group: test.group, Kind: test.kind}, Path: test.path, Expression: test.expression},
			}})
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			if diff := cmp.Diff(test.want, compiled.Warnings()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
