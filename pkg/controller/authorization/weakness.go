package authorization

import (
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type (
	vap        = admissionregistrationv1.ValidatingAdmissionPolicy
	vapBinding = admissionregistrationv1.ValidatingAdmissionPolicyBinding
	operation  = admissionregistrationv1.OperationType
)

const (
	create = admissionregistrationv1.Create
	update = admissionregistrationv1.Update
)

// policyWeakness returns the reason why a policy may let requests pass unreviewed; empty if there is none. It is not meant to
// find every such reason: a user who may edit the policies decides who may restore.
func policyWeakness(policy *vap) string {
	switch {
	case policy.Spec.ParamKind != nil:
		return "has a paramKind, without whose objects it may validate nothing"
	case !slices.ContainsFunc(policy.Spec.Validations, asksAuthorizer):
		return "validates nothing by the authorizer"
	default:
		return matchWeakness(policy)
	}
}

// matchWeakness returns the reason why a policy may not be evaluated for all requests of its duty; empty if there is none.
func matchWeakness(policy *vap) string {
	constraints := policy.Spec.MatchConstraints
	switch {
	case policy.Spec.FailurePolicy != nil && *policy.Spec.FailurePolicy != admissionregistrationv1.Fail:
		return "has failurePolicy " + string(*policy.Spec.FailurePolicy) + ", not Fail"
	case constraints == nil || isSelective(constraints.NamespaceSelector) || isSelective(constraints.ObjectSelector) || len(constraints.ExcludeResourceRules) > 0:
		return "has matchConstraints that narrow it"
	default:
		return missingRule(duties[policy.Name], constraints.ResourceRules)
	}
}

func asksAuthorizer(validation admissionregistrationv1.Validation) bool {
	return strings.Contains(validation.Expression, "authorizer.")
}

// isSelective reports whether a selector leaves anything out.
func isSelective(selector *metav1.LabelSelector) bool {
	return selector != nil && len(selector.MatchLabels)+len(selector.MatchExpressions) > 0
}

// missingRule returns the first request that a policy must review and does not; empty if there is none.
func missingRule(duty duty, rules []admissionregistrationv1.NamedRuleWithOperations) string {
	for _, resource := range duty.resources {
		for _, operation := range duty.operations {
			if !slices.ContainsFunc(rules, func(rule admissionregistrationv1.NamedRuleWithOperations) bool {
				return duty.isMet(resource, operation, rule)
			}) {
				return "does not review " + string(operation) + " of " + resource
			}
		}
	}
	return ""
}

// isMet reports whether a rule matches an operation on every object of a resource.
func (d duty) isMet(resource string, operation operation, rule admissionregistrationv1.NamedRuleWithOperations) bool {
	return len(rule.ResourceNames) == 0 && slices.Contains(rule.APIGroups, d.group) && slices.Contains(rule.APIVersions, "*") &&
		slices.Contains(rule.Resources, resource) && slices.Contains(rule.Operations, operation) &&
		(rule.Scope == nil || *rule.Scope == d.scope || *rule.Scope == admissionregistrationv1.AllScopes)
}

// bindingWeakness returns the reason why a binding may not enforce its policy; empty if there is none.
func bindingWeakness(binding *vapBinding) string {
	if binding.Spec.ParamRef != nil {
		return "has a paramRef, without whose objects its policy may validate nothing"
	}
	return enforcementWeakness(binding)
}

// enforcementWeakness is bindingWeakness for a binding that may have parameters.
func enforcementWeakness(binding *vapBinding) string {
	switch {
	case binding.Spec.PolicyName != binding.Name:
		return "binds another policy"
	case !slices.Contains(binding.Spec.ValidationActions, admissionregistrationv1.Deny):
		return "does not have the action Deny"
	case binding.Spec.MatchResources != nil:
		return "has matchResources, which narrow it"
	default:
		return ""
	}
}
