package transform

import "strings"

const (
	labelServiceName     = "kubernetes.io/service-name"
	labelSliceManagedBy  = "endpointslice.kubernetes.io/managed-by"
	labelPointsManagedBy = "endpoints.kubernetes.io/managed-by"
	// annotationTriggerTime is set by the endpoints controller on the objects it writes.
	annotationTriggerTime = "endpoints.kubernetes.io/last-change-trigger-time"
)

const madeByEndpointsController = "the control plane creates it for its Service"

// skipEndpoints skips the addresses behind a Service with a selector: they are Pods of the source, and a copy would
// send the target's traffic there until the controller corrects it. Endpoints written by hand, for a Service without
// a selector, are restored, since that Service is useless without them; the slice that mirrors them is created again
// by its controller.
func skipEndpoints(c *cleaner) (string, bool) {
	labels := labelsOf(c.root)
	made := false
	switch c.gk {
	case endpointsKind:
		_, triggered := annotationsOf(c.root)[annotationTriggerTime]
		made = triggered || stringAt(labels, labelPointsManagedBy) == "endpoint-controller" ||
			c.inv.hasSelected(stringAt(c.meta, "name"))
	case endpointSliceKind:
		by := strings.TrimSuffix(stringAt(labels, labelSliceManagedBy), ".k8s.io")
		made = by == "endpointslice-controller" || by == "endpointslicemirroring-controller" ||
			c.inv.hasSelected(stringAt(labels, labelServiceName))
	}
	if made {
		return madeByEndpointsController, true
	}
	return "", false
}
