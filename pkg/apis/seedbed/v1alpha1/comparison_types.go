package v1alpha1

import "k8s.io/apimachinery/pkg/runtime"

// PreviewComparison selects the content that a preview compares a namespace with.
//
// +kubebuilder:validation:Enum=Held;Backup
type PreviewComparison string

// Values of PreviewComparison.
const (
	// CompareHeld compares with the revision that the namespace holds: the differences are drift.
	CompareHeld PreviewComparison = "Held"
	// CompareBackup compares with the content that spec.backup has by the Baseline's present rules.
	CompareBackup PreviewComparison = "Backup"
)

// NamespaceComparison reports how the objects of a namespace differ from those that a Baseline would write. It has the Baseline's side
// alone, and nothing of a live object but the names of fields: a reader who may not read the live objects learns no value of them.
//
// The values of Secrets are left out. That one differs shows in the names of the fields; there is no digest and no length of a value,
// because a digest of a short password can be guessed offline.
type NamespaceComparison struct {
	// objects is the number of objects that were compared.
	// +optional
	Objects int32 `json:"objects"`
	// changed is the number of objects with a field that differs.
	// +optional
	Changed int32 `json:"changed"`
	// missing is the number of objects that were deleted.
	// +optional
	Missing int32 `json:"missing"`
	// disowned is the number of objects without the label of the Baseline; 0 unless the Baseline is Required. Those of an Optional one
	// are among notCompared, because taking the label off is a tenant's way to keep an object.
	// +optional
	Disowned int32 `json:"disowned"`
	// differences lists the objects that differ, sorted by name.
	// +kubebuilder:validation:MaxItems=20000
	// +listType=atomic
	// +optional
	Differences []ObjectDifference `json:"differences,omitempty"`
	// differencesOmitted counts the differences that were left out.
	// +optional
	DifferencesOmitted int32 `json:"differencesOmitted,omitempty"`
	// notCompared lists the objects that may differ, each with the reason: first those that could not be read (Failed), then sorted those
	// without the label of an Optional Baseline (Disowned), those that the restore or an update left alone (Kept), and those that
	// spec.driftIgnore names as a whole (Skipped).
	// +kubebuilder:validation:MaxItems=1000
	// +listType=atomic
	// +optional
	NotCompared []ObjectResult `json:"notCompared,omitempty"`
	// notComparedOmitted counts those that were left out.
	// +optional
	NotComparedOmitted int32 `json:"notComparedOmitted,omitempty"`
}

// MaxNotCompared bounds the length of status.comparison.notCompared.
const MaxNotCompared = 1000

// ObjectDifference is how an object of a namespace differs from the one that a Baseline would write.
type ObjectDifference struct {
	// result is Missing, Changed or Disowned, with the reason.
	// +required
	Result ObjectResult `json:"result"`
	// fields are JSON pointers to the fields that differ, in which an item of a list is named by its field "name", as in
	// spec.driftIgnore. A missing object has none.
	// +listType=atomic
	// +optional
	Fields []string `json:"fields,omitempty"`
	// object is the one that the Baseline would write. The values of Secrets are left out. It is omitted, with the fields, if there is
	// no room for it.
	// +kubebuilder:validation:XPreserveUnknownFields
	// +kubebuilder:validation:Type=object
	// +optional
	Object *runtime.RawExtension `json:"object,omitempty"`
}
