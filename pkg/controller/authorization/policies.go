package authorization

import "slices"

// Policies returns the names of the chart's ValidatingAdmissionPolicies. Each binding has the name of its policy.
func Policies() []string {
	return append(slices.Clone(policies), PolicyRecords, PolicyPreviews, PolicyConditions, PolicyBackups)
}

// policies are those that authorize requests. Nothing is authorized while one of them is not in force.
var policies = []string{"seedbed-authorize-baselines", PolicyNamespaces, "seedbed-authorize-restores"}

const (
	// PolicyNamespaces is the name of the policy that authorizes annotations of namespaces.
	PolicyNamespaces = "seedbed-authorize-namespaces"
	// PolicyRecords is the name of the policy that keeps records Seedbed's own. No verdict depends on it, because records are
	// sealed.
	PolicyRecords = "seedbed-authorize-records"
	// PolicyPreviews is the name of the policy that authorizes previews, which are judged by themselves.
	PolicyPreviews = "seedbed-authorize-previews"
	// PolicyConditions is the name of the policy that keeps conditions of namespaces Seedbed's own. No verdict depends on it.
	PolicyConditions = "seedbed-authorize-conditions"
	// PolicyBackups is the name of the policy that refuses backups which the webhook does not review. Only Backups depends on it.
	PolicyBackups = "seedbed-authorize-backups"
)
