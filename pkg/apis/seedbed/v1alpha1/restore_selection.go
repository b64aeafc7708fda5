package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// RestoreSelection is the part of a backup that a restore by hand is about: all of it when empty. What is left out is as if the
// backup did not hold it, so references to it stay as they are.
//
// +kubebuilder:validation:XValidation:rule="!has(self.excludedResources) || !('*' in self.excludedResources)",message="excludedResources '*' leaves nothing to restore: name the resources to leave out"
type RestoreSelection struct {
	// includedResources are the resources to restore, as the backup's itemCounts name them: "services", "deployments.apps", or
	// without the group. Everything when omitted or empty.
	// +kubebuilder:validation:MaxItems=128
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	// +listType=set
	// +optional
	IncludedResources []string `json:"includedResources,omitempty"`
	// excludedResources are left out, also where includedResources names them; none when omitted.
	// +kubebuilder:validation:MaxItems=128
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	// +listType=set
	// +optional
	ExcludedResources []string `json:"excludedResources,omitempty"`
	// labelSelector keeps the objects whose labels match; every object when omitted.
	// +optional
	LabelSelector *metav1.LabelSelector `json:"labelSelector,omitempty"`
}
