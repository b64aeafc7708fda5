package transform

import "strings"

const (
	labelServiceName     = "kubernetes.io/service-name"
	labelSliceManagedBy  = "endpointslice.kubernetes.io/managed-by"
	labelPointsManagedBy = "endpoints.kubernetes.io/managed-by"
	// annotationTriggerTime is what the endpoints controller leaves on what it writes.
	annotationTriggerTime = "endpoints.kubernetes.io/last-change-trigger-time"
)

const madeByEndpointsController = "the control plane makes it for its Service"

// skipEndpoints: the addresses behind a Service with a selector are Pods of the source. A copy would send
// the target's traffic there until the controller corrects it. Endpoints that somebody wrote by hand, for
// a Service without a selector, are the point of such a Service and are restored; a slice that mirrors
// them is made again.
func skipEndpoints(it *item) (string, bool) {
	labels := labelsOf(it.root)
	made := false
	switch it.gk {
	case endpointsKind:
		_, triggered := annotationsOf(it.root)[annotationTriggerTime]
		made = triggered || stringAt(labels, labelPointsManagedBy) == "endpoint-controller" ||
			it.inv.hasSelected(stringAt(it.meta, "name"))
	case endpointSliceKind:
		by := strings.TrimSuffix(stringAt(labels, labelSliceManagedBy), ".k8s.io")
		made = by == "endpointslice-controller" || by == "endpointslicemirroring-controller" ||
			it.inv.hasSelected(stringAt(labels, labelServiceName))
	}
	if made {
		return madeByEndpointsController, true
	}
	return "", false
}
