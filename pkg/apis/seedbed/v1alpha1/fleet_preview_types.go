package v1alpha1

// FleetPreview makes a preview that of the update of every namespace that holds the Baseline and would be updated.
type FleetPreview struct {
	// all tries the update of each namespace by dry runs. When omitted, namespaces that an update treats alike, as the metadata
	// of their objects and their quotas show, are tried by three of them, and those that others have changed one by one. Only
	// all finds an admission webhook or policy that refuses the objects of a few namespaces.
	// +optional
	All bool `json:"all,omitempty"`
}

// FleetPreviewStatus is what an update would do to all namespaces that hold a Baseline.
type FleetPreviewStatus struct {
	// namespaces is the number of namespaces that would be updated.
	// +optional
	Namespaces int32 `json:"namespaces"`
	// triedNamespaces is the number of those whose update was tried by dry runs. Each of the others is like three of these.
	// +optional
	TriedNamespaces int32 `json:"triedNamespaces"`
	// keptNamespaces is the number of namespaces in which an object would be left alone.
	// +optional
	KeptNamespaces int32 `json:"keptNamespaces"`
	// failedNamespaces is the number of namespaces in which an object could not be written.
	// +optional
	FailedNamespaces int32 `json:"failedNamespaces"`
	// currentNamespaces is the number of namespaces that hold the content already.
	// +optional
	CurrentNamespaces int32 `json:"currentNamespaces"`
	// incompleteNamespaces is the number of namespaces whose last restore or update is incomplete. Their update is not predicted.
	// +optional
	IncompleteNamespaces int32 `json:"incompleteNamespaces,omitempty"`
	// objects counts the results of each object that would change in a namespace, sorted by name.
	// +kubebuilder:validation:MaxItems=2000
	// +listType=atomic
	// +optional
	Objects []FleetPreviewObject `json:"objects,omitempty"`
	// objectsOmitted counts the objects that were left out.
	// +optional
	ObjectsOmitted int32 `json:"objectsOmitted,omitempty"`
	// findings are the objects that could not be written and those that would be left alone, sorted by namespace; failed ones have
	// priority if there is no room for all.
	// +kubebuilder:validation:MaxItems=5000
	// +listType=atomic
	// +optional
	Findings []FleetPreviewFinding `json:"findings,omitempty"`
	// findingsOmitted counts the findings that were left out.
	// +optional
	FindingsOmitted int32 `json:"findingsOmitted,omitempty"`
}

// FleetPreviewObject counts the namespaces by the result of one object.
type FleetPreviewObject struct {
	// object is the resource and name, as "services/web" or "deployments.apps/web".
	// +kubebuilder:validation:MaxLength=1024
	// +required
	Object string `json:"object"`
	// updated is the number of namespaces in which the object would be changed.
	// +optional
	Updated int32 `json:"updated,omitempty"`
	// created is the number of namespaces in which it would be created.
	// +optional
	Created int32 `json:"created,omitempty"`
	// deleted is the number of namespaces in which it would be deleted.
	// +optional
	Deleted int32 `json:"deleted,omitempty"`
	// kept is the number of namespaces in which it would be left alone.
	// +optional
	Kept int32 `json:"kept,omitempty"`
	// failed is the number of namespaces in which it could not be written.
	// +optional
	Failed int32 `json:"failed,omitempty"`
	// restartsPods is the number of namespaces in which the change would make the object's controller replace its Pods.
	// +optional
	RestartsPods int32 `json:"restartsPods,omitempty"`
}

// FleetPreviewFinding is an object of one namespace that could not be written or would be left alone.
type FleetPreviewFinding struct {
	// namespace is the name of the namespace.
	// +kubebuilder:validation:MaxLength=63
	// +required
	Namespace string `json:"namespace"`
	// result is the object's, with the reason.
	// +required
	Result ObjectResult `json:"result"`
}

// Bounds of fleet previews.
const (
	// MaxFleetPreviewObjects bounds the length of status.fleet.objects.
	MaxFleetPreviewObjects = 2000
	// MaxFleetPreviewFindings bounds the length of status.fleet.findings.
	MaxFleetPreviewFindings = 5000
	// MaxFleetPreviews bounds the number of previews of fleets. It is below the number of previews that are answered at a time.
	MaxFleetPreviews = 3
)
