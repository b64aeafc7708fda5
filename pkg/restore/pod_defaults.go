package restore

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// maxPodDefaultBytes bounds each list of a namespace's pod defaults, in bytes of names. Pods of ServiceAccounts beyond it are
// not looked at by the gate.
const maxPodDefaultBytes = 8 << 10

// PodDefaults returns what admission puts into the Pods of a namespace that got this plan, nil for nothing. An object of the
// tenant's that was kept instead of the plan's sets its own defaults: kept reports of a key whether that is so. Admission reads
// these objects from informers that may lag, so a Pod that came without them came too early.
func (p *Plan) PodDefaults(kept func(key string) bool) *v1alpha1.PodDefaults {
	var all v1alpha1.PodDefaults
	for key, defaults := range p.podDefaults {
		if !kept(key) {
			all = union(all, defaults)
		}
	}
	if isEmpty(&all) {
		return nil
	}
	return &v1alpha1.PodDefaults{
		PullSecretAccounts: bounded(all.PullSecretAccounts), Limits: bounded(all.Limits), Requests: bounded(all.Requests),
	}
}

func isEmpty(defaults *v1alpha1.PodDefaults) bool {
	return len(defaults.PullSecretAccounts)+len(defaults.Limits)+len(defaults.Requests) == 0
}

// bounded returns as many of the names as fit.
func bounded(names []string) []string {
	size := 0
	for i, name := range names {
		if size += len(name) + 1; size > maxPodDefaultBytes {
			return names[:i:i]
		}
	}
	return names
}

func union(first, second v1alpha1.PodDefaults) v1alpha1.PodDefaults {
	return v1alpha1.PodDefaults{
		PullSecretAccounts: merged(first.PullSecretAccounts, second.PullSecretAccounts),
		Limits:             merged(first.Limits, second.Limits),
		Requests:           merged(first.Requests, second.Requests),
	}
}

func merged(first, second []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(first, second))))
}

var (
	serviceAccountKind = schema.GroupKind{Kind: "ServiceAccount"}
	limitRangeKind     = schema.GroupKind{Kind: "LimitRange"}
)

// podDefaultsOf returns what one object makes admission put into Pods. Odd shapes give nothing.
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
		all = union(all, v1alpha1.PodDefaults{Limits: keysOf(limit["default"]), Requests: keysOf(limit["defaultRequest"])})
	}
	return all
}

func keysOf(value any) []string {
	fields, _ := value.(map[string]any)
	var keys []string
	for key := range fields {
		keys = append(keys, key)
	}
	return keys
}
