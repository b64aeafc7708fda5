package authorization

import (
	"slices"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Policies returns the names of the chart's ValidatingAdmissionPolicies. Each binding has the name of its policy.
func Policies() []string {
	return slices.Concat(restorePolicies, previewPolicies, []string{PolicyRecords, PolicyConditions, PolicyHistory, PolicyBackups})
}

const (
	// PolicyBaselines is the name of the policy that authorizes Baselines.
	PolicyBaselines = "seedbed-authorize-baselines"
	// PolicyNamespaces is the name of the policy that authorizes annotations of namespaces.
	PolicyNamespaces = "seedbed-authorize-namespaces"
	// PolicyRestores is the name of the policy that authorizes restores by hand.
	PolicyRestores = "seedbed-authorize-restores"
	// PolicyRecords is the name of the policy that keeps records Seedbed's own. No verdict depends on it, because records are
	// sealed.
	PolicyRecords = "seedbed-authorize-records"
	// PolicyPreviews is the name of the policy that authorizes previews.
	PolicyPreviews = "seedbed-authorize-previews"
	// PolicyConditions is the name of the policy that keeps conditions of namespaces Seedbed's own. No verdict depends on it.
	PolicyConditions = "seedbed-authorize-conditions"
	// PolicyHistory is the name of the policy that authorizes changes of a Baseline's history. No verdict depends on it: only
	// users who may write a Baseline's status can do without it.
	PolicyHistory = "seedbed-authorize-history"
	// PolicyBackups is the name of the policy that refuses backups which the webhook does not review. Only Backups depends on it.
	PolicyBackups = "seedbed-authorize-backups"
)

var (
	// restorePolicies lists the policies that authorize restores. Nothing is restored on request while one of them is not in force.
	restorePolicies = []string{PolicyBaselines, PolicyNamespaces, PolicyRestores}
	// previewPolicies lists the policies that authorize previews. No restore depends on them.
	previewPolicies = []string{PolicyPreviews}
)

// duty lists the requests that a policy in force must review.
type duty struct {
	group      string
	resources  []string
	operations []operation
	scope      admissionregistrationv1.ScopeType
}

var duties = map[string]duty{
	PolicyBaselines:  {v1alpha1.GroupName, []string{"baselines"}, []operation{create, update}, admissionregistrationv1.ClusterScope},
	PolicyNamespaces: {"", []string{"namespaces", "namespaces/status", "namespaces/finalize"}, []operation{create, update}, admissionregistrationv1.ClusterScope},
	PolicyRestores:   {v1alpha1.GroupName, []string{"baselinerestores"}, []operation{create}, admissionregistrationv1.NamespacedScope},
	PolicyBackups:    {v1alpha1.GroupName, []string{"baselinebackups"}, []operation{create}, admissionregistrationv1.ClusterScope},
	PolicyPreviews:   {v1alpha1.GroupName, []string{"baselinepreviews"}, []operation{create}, admissionregistrationv1.ClusterScope},
}
