package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// RestoreSelection selects the objects of a backup that are restored by hand: all of them when empty. Other objects count
// as absent from the backup, so references to them stay unchanged.
//
// +kubebuilder:validation:XValidation:rule="!has(self.excludedResources) || !('*' in self.excludedResources)",message="excludedResources '*' leaves nothing to restore: name the resources to leave out"
type RestoreSelection struct {
	// includedResources are the resources to restore, as the backup's itemCounts name them: "services", "deployments.apps", or
	// without the group. All resources when omitted or empty.
	// +kubebuilder:validation:MaxItems=128
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	// +listType=set
	// +optional
	IncludedResources []string `json:"includedResources,omitempty"`
	// excludedResources are left out, even if includedResources names them; none when omitted.
	// +kubebuilder:validation:MaxItems=128
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	// +listType=set
	// +optional
	ExcludedResources []string `json:"excludedResources,omitempty"`
	// labelSelector selects objects by label; every object when omitted.
	// +optional
	LabelSelector *metav1.LabelSelector `json:"labelSelector,omitempty"`
}
