package flag

import (
	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// NewExistingPolicy returns the flag --existing-resource-policy, in Velero's words.
func NewExistingPolicy() *Enum[v1alpha1.ExistingResources] {
	return NewEnum([]string{"none", "update"}, v1alpha1.ExistingResourcesKeep, v1alpha1.ExistingResourcesUpdate)
}

// ExistingPolicyName returns the word of --existing-resource-policy for a policy.
func ExistingPolicyName(policy v1alpha1.ExistingResources) string {
	words := NewExistingPolicy()
	words.Value = policy
	return words.String()
}
