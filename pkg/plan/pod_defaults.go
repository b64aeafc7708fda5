package plan

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// maxPodDefaultBytes bounds each list of a namespace's pod defaults, in bytes of names. The gate does not check Pods of
// ServiceAccounts beyond it.
const maxPodDefaultBytes = 8 << 10

// PodDefaults returns the fields that admission adds to the Pods of a namespace with this plan, or nil if there are none. kept
// reports whether the tenant's own object was kept in place of the plan's: it sets its own defaults. Admission reads these objects
// from informers that may lag, so a Pod without the defaults was created too early.
func (p *Plan) PodDefaults(kept func(key string) bool) *v1alpha1.PodDefaults {
	var all v1alpha1.PodDefaults
	for key, defaults := range p.podDefaults {
		if !kept(key) {
			all = joinDefaults(all, defaults)
		}
	}
	if isEmpty(&all) {
		return nil
	}
	return &v1alpha1.PodDefaults{
		PullSecretAccounts: boundNames(all.PullSecretAccounts), Limits: boundNames(all.Limits), Requests: boundNames(all.Requests),
	}
}

func isEmpty(defaults *v1alpha1.PodDefaults) bool {
	return len(defaults.PullSecretAccounts)+len(defaults.Limits)+len(defaults.Requests) == 0
}

// boundNames returns as many of the names as fit.
func boundNames(names []string) []string {
	size := 0
	for i, name := range names {
		if size += len(name) + 1; size > maxPodDefaultBytes {
			return names[:i:i]
		}
	}
	return names
}

func joinDefaults(first, second v1alpha1.PodDefaults) v1alpha1.PodDefaults {
	return v1alpha1.PodDefaults{
		PullSecretAccounts: joinSorted(first.PullSecretAccounts, second.PullSecretAccounts),
		Limits:             joinSorted(first.Limits, second.Limits),
		Requests:           joinSorted(first.Requests, second.Requests),
	}
}

func joinSorted(first, second []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(first, second))))
}

var (
	serviceAccountKind = schema.GroupKind{Kind: "ServiceAccount"}
	limitRangeKind     = schema.GroupKind{Kind: "LimitRange"}
)

// podDefaultsOf returns the fields that admission adds to Pods because of one object; none if the object is malformed.
func podDefaultsOf(object *unstructured.Unstructured) v1alpha1.PodDefaults {
	switch object.GroupVersionKind().GroupKind() {
	case serviceAccountKind:
		if secrets, _, _ := unstructured.NestedSlice(object.Object, "imagePullSecrets"); len(secrets) > 0 {
			return v1alpha1.PodDefaults{PullSecretAccounts: []string{object.GetName()}}
		}
	case limitRangeKind:
		return limitDefaults(object)
	}
	return v1alpha1.PodDefaults{}
}

func limitDefaults(object *unstructured.Unstructured) v1alpha1.PodDefaults {
	var all v1alpha1.PodDefaults
	items, _, _ := unstructured.NestedSlice(object.Object, "spec", "limits")
	for _, item := range items {
		limit, _ := item.(map[string]any)
		if limit["type"] != string(corev1.LimitTypeContainer) {
			continue
		}
		all = joinDefaults(all, v1alpha1.PodDefaults{Limits: keysOf(limit["default"]), Requests: keysOf(limit["defaultRequest"])})
	}
	return all
}

func keysOf(value any) []string {
	fields, _ := value.(map[string]any)
	return slices.Collect(maps.Keys(fields))
}
