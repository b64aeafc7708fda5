package v1alpha1

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// DriftPolicy controls what follows when restored objects are changed or deleted in a namespace.
type DriftPolicy string

// Values of DriftPolicy.
const (
	DriftIgnore  DriftPolicy = "Ignore"
	DriftReport  DriftPolicy = "Report"
	DriftCorrect DriftPolicy = "Correct"
	// DriftDeny is DriftCorrect, and the chart's protection refuses changes of the objects beforehand.
	DriftDeny DriftPolicy = "Deny"
)

// IsCorrected reports whether objects that were changed or deleted are put back.
func (p DriftPolicy) IsCorrected() bool { return p == DriftCorrect || p == DriftDeny }

// IsProtected reports whether the chart's protection refuses changes of the objects.
func (s *BaselineSpec) IsProtected() bool {
	return s.Enforcement == EnforcementRequired && s.Drift == DriftDeny
}

// Protects reports whether it refuses changes of an object: not if driftIgnore lets the object, or a field of it, differ.
func (s *BaselineSpec) Protects(kind schema.GroupKind, name string) bool {
	return s.IsProtected() && !slices.ContainsFunc(s.DriftIgnore, func(rule DriftIgnoreRule) bool { return rule.Matches(kind, name) })
}

// DriftIgnoreRule selects objects, and fields of them, that may differ from the backup's.
type DriftIgnoreRule struct {
	// group is the API group of the objects; empty for the core group.
	// +kubebuilder:validation:MaxLength=253
	// +optional
	Group string `json:"group,omitempty"`
	// kind is the kind of the objects, as "Deployment".
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +required
	Kind string `json:"kind"`
	// name is the name of the object. When omitted, the rule is for all objects of the kind.
	// +kubebuilder:validation:MaxLength=253
	// +optional
	Name string `json:"name,omitempty"`
	// paths are JSON pointers to the fields that may differ, with all that is below them, as "/spec/replicas". An item of a
	// list is named by its field "name": "/spec/template/spec/containers/app/image". When omitted, the whole object may differ
	// or be deleted.
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MaxLength=256
	// +kubebuilder:validation:items:Pattern=`^/`
	// +listType=atomic
	// +optional
	Paths []string `json:"paths,omitempty"`
}

// Matches reports whether a rule selects an object, or fields of it.
func (r *DriftIgnoreRule) Matches(kind schema.GroupKind, name string) bool {
	return kind == schema.GroupKind{Group: r.Group, Kind: r.Kind} && (r.Name == "" || r.Name == name)
}

// DriftPolicyInForce returns spec.drift, or its default: Correct if the baseline is Required, because no tenant may decline it.
func (s *BaselineSpec) DriftPolicyInForce() DriftPolicy {
	switch {
	case s.Drift != "":
		return s.Drift
	case s.Enforcement == EnforcementRequired:
		return DriftCorrect
	default:
		return DriftReport
	}
}

// RecordedDrift reports the objects of a namespace that differ from the revision that it holds, and those that were put back.
type RecordedDrift struct {
	// observedTimestamp is the time of the audit that found this first. Later ones that find the same do not write it.
	// +optional
	ObservedTimestamp metav1.Time `json:"observedTimestamp,omitempty,omitzero"`
	// count is the number of objects that differ and were not put back.
	// +optional
	Count int32 `json:"count"`
	// objects lists them, sorted, each with the fields that differ and their writers, or why it was not put back; at most 64.
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	Objects []ObjectResult `json:"objects,omitempty"`
	// corrections lists the objects that were put back, sorted; at most 64. An object that the next audit finds unchanged leaves
	// the list.
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	Corrections []DriftCorrection `json:"corrections,omitempty"`
	// hash identifies objects and corrections.
	// +kubebuilder:validation:MaxLength=16
	// +optional
	Hash string `json:"hash,omitempty"`
}

// DriftCorrection counts the corrections of one object in consecutive audits.
type DriftCorrection struct {
	// object is the resource and name, as "services/web" or "deployments.apps/web".
	// +kubebuilder:validation:MaxLength=1024
	// +required
	Object string `json:"object"`
	// count is the number of audits in a row that found the object changed or deleted and put it back; at most 3. After that it
	// is left alone, until another manager changes it or the namespace gets another revision.
	// +required
	Count int32 `json:"count"`
	// managers are those that had changed it; empty if it was deleted.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	Managers string `json:"managers,omitempty"`
}

// Bounds of the drift in a record.
const (
	// MaxDriftObjects bounds the lists of objects and of corrections.
	MaxDriftObjects = 64
	// MaxCorrections bounds the corrections of one object in consecutive audits.
	MaxCorrections = 3
)

// TrimLists removes the lists of a drift, so that informer caches stay small.
func (d *RecordedDrift) TrimLists() {
	if d != nil {
		d.Objects, d.Corrections = nil, nil
	}
}

// BaselineAudit reports an audit that was asked for.
type BaselineAudit struct {
	// request is the value of the annotation seedbed.dev/audit-requested.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	Request string `json:"request,omitempty"`
	// completionTimestamp is the time when the audit ended.
	// +optional
	CompletionTimestamp metav1.Time `json:"completionTimestamp,omitempty,omitzero"`
	// namespaces is the number of namespaces that were audited.
	// +optional
	Namespaces int32 `json:"namespaces"`
	// skippedNamespaces is the number of namespaces that were not: their restore or update was not complete, or changed them
	// meanwhile.
	// +optional
	SkippedNamespaces int32 `json:"skippedNamespaces"`
	// driftedNamespaces is the number of namespaces with an object that differed, put back or not.
	// +optional
	DriftedNamespaces int32 `json:"driftedNamespaces"`
	// message names the kinds that could not be listed, whose objects do not count as missing; empty if there are none.
	// +kubebuilder:validation:MaxLength=1024
	// +optional
	Message string `json:"message"`
}
