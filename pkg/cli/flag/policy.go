package flag

import (
	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// newExistingPolicy is --existing-resource-policy, in Velero's words.
func NewExistingPolicy() *Enum[v1alpha1.ExistingResources] {
	return &Enum[v1alpha1.ExistingResources]{
		Words:  []string{"none", "update"},
		Values: []v1alpha1.ExistingResources{v1alpha1.ExistingResourcesKeep, v1alpha1.ExistingResourcesUpdate},
	}
}

// existingPolicyWord is the value of --existing-resource-policy that means policy.
func ExistingPolicyName(policy v1alpha1.ExistingResources) string {
	words := NewExistingPolicy()
	words.Value = policy
	return words.String()
}
