package authorization

import (
	"slices"
	"strings"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// fakePolicies has every policy and binding as the chart makes them.
type fakePolicies struct {
	policies map[string]*vap
	bindings map[string]*vapBinding
}

func newFakePolicies() *fakePolicies {
	i := &fakePolicies{policies: map[string]*vap{}, bindings: map[string]*vapBinding{}}
	for _, name := range slices.Concat(restorePolicies, previewPolicies) {
		meta := metav1.ObjectMeta{Name: name, UID: types.UID("uid-of-" + name), Generation: 1, CreationTimestamp: metav1.NewTime(noon)}
		i.policies[name] = &vap{ObjectMeta: meta, Spec: admissionregistrationv1.ValidatingAdmissionPolicySpec{
			FailurePolicy: new(admissionregistrationv1.Fail), MatchConstraints: constraintsOf(duties[name]),
			Validations: []admissionregistrationv1.Validation{{Expression: "true"}, {Expression: "authorizer.group('').resource('x').check('get').allowed()"}},
		}}
		meta.UID += "-binding"
		i.bindings[name] = &vapBinding{ObjectMeta: meta, Spec: admissionregistrationv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: name, ValidationActions: []admissionregistrationv1.ValidationAction{admissionregistrationv1.Deny},
		}}
	}
	return i
}

// constraintsOf returns the chart's constraints as the API server defaults them.
func constraintsOf(duty duty) *admissionregistrationv1.MatchResources {
	return &admissionregistrationv1.MatchResources{
		NamespaceSelector: &metav1.LabelSelector{}, ObjectSelector: &metav1.LabelSelector{},
		ResourceRules: []admissionregistrationv1.NamedRuleWithOperations{{RuleWithOperations: admissionregistrationv1.RuleWithOperations{
			Operations: duty.operations,
			Rule:       admissionregistrationv1.Rule{APIGroups: []string{duty.group}, APIVersions: []string{"*"}, Resources: duty.resources, Scope: &duty.scope},
		}}},
	}
}

func (i *fakePolicies) readRestores() *policySet { return i.readNames(restorePolicies) }

func (i *fakePolicies) readNames(names []string) *policySet {
	return readPolicies(names, func(name string) (*vap, *vapBinding) { return i.policies[name], i.bindings[name] })
}

func TestPoliciesInForce(t *testing.T) {
	const (
		name      = PolicyNamespaces
		tooNarrow = "ValidatingAdmissionPolicy " + name + " has matchConstraints that narrow it"
		unmet     = "ValidatingAdmissionPolicy " + name + " does not review "
	)
	narrowed := func(edit func(*admissionregistrationv1.MatchResources)) func(*vap, *vapBinding) {
		return func(p *vap, _ *vapBinding) { edit(p.Spec.MatchConstraints) }
	}
	for title, test := range map[string]struct {
		change  func(policy *vap, binding *vapBinding)
		problem string
	}{
		"as they were made": {func(*vap, *vapBinding) {}, ""},
		"another action beside Deny": {func(_ *vap, b *vapBinding) {
			b.Spec.ValidationActions = append(b.Spec.ValidationActions, admissionregistrationv1.Audit)
		}, ""},
		"a failure policy that is absent": {func(p *vap, _ *vapBinding) { p.Spec.FailurePolicy = nil }, ""},
		"failures are ignored":            {func(p *vap, _ *vapBinding) { p.Spec.FailurePolicy = new(admissionregistrationv1.Ignore) }, "ValidatingAdmissionPolicy " + name + " has failurePolicy Ignore, not Fail"},
		"nothing is validated":            {func(p *vap, _ *vapBinding) { p.Spec.Validations = nil }, "ValidatingAdmissionPolicy " + name + " validates nothing by the authorizer"},
		"everything is valid":             {func(p *vap, _ *vapBinding) { p.Spec.Validations = p.Spec.Validations[:1] }, "ValidatingAdmissionPolicy " + name + " validates nothing by the authorizer"},
		"it takes parameters":             {func(p *vap, _ *vapBinding) { p.Spec.ParamKind = &admissionregistrationv1.ParamKind{} }, "ValidatingAdmissionPolicy " + name + " has a paramKind, without whose objects it may validate nothing"},
		"its binding takes parameters":    {func(_ *vap, b *vapBinding) { b.Spec.ParamRef = &admissionregistrationv1.ParamRef{} }, "ValidatingAdmissionPolicyBinding " + name + " has a paramRef, without whose objects its policy may validate nothing"},
		"it selects namespaces": {narrowed(func(m *admissionregistrationv1.MatchResources) {
			m.NamespaceSelector.MatchLabels = map[string]string{"a": "b"}
		}), tooNarrow},
		"it selects objects": {narrowed(func(m *admissionregistrationv1.MatchResources) {
			m.ObjectSelector.MatchExpressions = []metav1.LabelSelectorRequirement{{Key: "a", Operator: metav1.LabelSelectorOpExists}}
		}), tooNarrow},
		"it excludes resources": {narrowed(func(m *admissionregistrationv1.MatchResources) { m.ExcludeResourceRules = m.ResourceRules }), tooNarrow},
		"it has no constraints": {func(p *vap, _ *vapBinding) { p.Spec.MatchConstraints = nil }, tooNarrow},
		"it has no rules":       {narrowed(func(m *admissionregistrationv1.MatchResources) { m.ResourceRules = nil }), unmet + "CREATE of namespaces"},
		"it leaves out updates": {narrowed(func(m *admissionregistrationv1.MatchResources) { m.ResourceRules[0].Operations = []operation{create} }), unmet + "UPDATE of namespaces"},
		"it leaves out a subresource": {narrowed(func(m *admissionregistrationv1.MatchResources) {
			m.ResourceRules[0].Resources = []string{"namespaces", "namespaces/status"}
		}), unmet + "CREATE of namespaces/finalize"},
		"it reviews some names":      {narrowed(func(m *admissionregistrationv1.MatchResources) { m.ResourceRules[0].ResourceNames = []string{"a"} }), unmet + "CREATE of namespaces"},
		"it reviews another group":   {narrowed(func(m *admissionregistrationv1.MatchResources) { m.ResourceRules[0].APIGroups = []string{"a"} }), unmet + "CREATE of namespaces"},
		"it reviews another version": {narrowed(func(m *admissionregistrationv1.MatchResources) { m.ResourceRules[0].APIVersions = []string{"v2"} }), unmet + "CREATE of namespaces"},
		"it reviews another scope": {narrowed(func(m *admissionregistrationv1.MatchResources) {
			m.ResourceRules[0].Scope = new(admissionregistrationv1.NamespacedScope)
		}), unmet + "CREATE of namespaces"},
		"it reviews every scope": {narrowed(func(m *admissionregistrationv1.MatchResources) {
			m.ResourceRules[0].Scope = new(admissionregistrationv1.AllScopes)
		}), ""},
		"the policy is being deleted":  {func(p *vap, _ *vapBinding) { p.DeletionTimestamp = new(metav1.NewTime(noon)) }, "ValidatingAdmissionPolicy " + name + " is being deleted"},
		"the binding is being deleted": {func(_ *vap, b *vapBinding) { b.DeletionTimestamp = new(metav1.NewTime(noon)) }, "ValidatingAdmissionPolicyBinding " + name + " is being deleted"},
		"the binding only audits": {func(_ *vap, b *vapBinding) {
			b.Spec.ValidationActions = []admissionregistrationv1.ValidationAction{admissionregistrationv1.Audit}
		}, "ValidatingAdmissionPolicyBinding " + name + " does not have the action Deny"},
		"it binds another policy":     {func(_ *vap, b *vapBinding) { b.Spec.PolicyName = "other" }, "ValidatingAdmissionPolicyBinding " + name + " binds another policy"},
		"it binds in some namespaces": {func(_ *vap, b *vapBinding) { b.Spec.MatchResources = &admissionregistrationv1.MatchResources{} }, "ValidatingAdmissionPolicyBinding " + name + " has matchResources, which narrow it"},
	} {
		t.Run(title, func(t *testing.T) {
			i := newFakePolicies()
			before := i.readRestores()
			test.change(i.policies[name], i.bindings[name])
			after := i.readRestores()
			problem := ""
			if after.problem != nil {
				problem = after.problem.Error()
			}
			if problem != test.problem {
				t.Errorf("problem %q, want %q", problem, test.problem)
			}
			if before.problem != nil || !before.hasIdentities(newFakePolicies().readRestores().identities) {
				t.Errorf("the policies of the chart are not in force, or differs from itself: %v", before.problem)
			}
		})
	}
	for _, missing := range restorePolicies {
		i := newFakePolicies()
		delete(i.bindings, missing)
		if problem := i.readRestores().problem; problem == nil || problem.Error() != "ValidatingAdmissionPolicyBinding "+missing+" does not exist" {
			t.Errorf("without the binding: %v", problem)
		}
		delete(i.policies, missing)
		if problem := i.readRestores().problem; problem == nil || problem.Error() != "ValidatingAdmissionPolicy "+missing+" does not exist" {
			t.Errorf("without the policy: %v", problem)
		}
	}
}

func TestPoliciesAreTheSameUntilTheyAreChanged(t *testing.T) {
	for title, test := range map[string]struct {
		change func(policy *vap, binding *vapBinding)
		same   bool
	}{
		"metadata": {func(p *vap, b *vapBinding) {
			p.Labels, b.Annotations, p.ResourceVersion = map[string]string{"a": "b"}, map[string]string{"a": "b"}, "7"
		}, true},
		"status":                             {func(p *vap, _ *vapBinding) { p.Status.ObservedGeneration = 1 }, true},
		"another policy of that name":        {func(p *vap, _ *vapBinding) { p.UID = "other" }, false},
		"another binding of that name":       {func(_ *vap, b *vapBinding) { b.UID = "other" }, false},
		"a change that was taken back":       {func(p *vap, _ *vapBinding) { p.Generation = 3 }, false},
		"a change of the binding taken back": {func(_ *vap, b *vapBinding) { b.Generation = 3 }, false},
		"an expression of that generation":   {func(p *vap, _ *vapBinding) { p.Spec.Validations[0].Expression = "false" }, false},
	} {
		t.Run(title, func(t *testing.T) {
			i := newFakePolicies()
			before := i.readRestores()
			test.change(i.policies[PolicyNamespaces], i.bindings[PolicyNamespaces])
			after := i.readRestores()
			if got := after.hasIdentities(before.identities); got != test.same {
				t.Errorf("the same: %v, want %v", got, test.same)
			}
			if changed := strings.Contains(title, "taken back"); after.changed != changed {
				t.Errorf("changed since creation: %v, want %v", after.changed, changed)
			}
		})
	}
	i := newFakePolicies()
	i.bindings[PolicyBaselines].CreationTimestamp = metav1.NewTime(noon.Add(time.Hour))
	if got := i.readRestores().created; !got.Equal(noon.Add(time.Hour)) {
		t.Errorf("the youngest was created at %s", got)
	}
}

// Neither set of policies depends on the other.
func TestSetsOfPoliciesAreIndependent(t *testing.T) {
	for _, names := range [][]string{restorePolicies, previewPolicies} {
		i := newFakePolicies()
		whole := i.readNames(names)
		for _, name := range slices.Concat(restorePolicies, previewPolicies) {
			if !slices.Contains(names, name) {
				delete(i.policies, name)
				i.bindings[name].Generation = 7
			}
		}
		if without := i.readNames(names); without.problem != nil || !without.hasIdentities(whole.identities) {
			t.Errorf("%v depends on the others: %v", names, without.problem)
		}
	}
}
