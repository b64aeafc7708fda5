package rollout

import (
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Tools that write an object again and again as their source has it, and Helm, which does so with the next upgrade.
const (
	toolArgo       = "Argo CD"
	toolFlux       = "Flux"
	toolConfigSync = "Config Sync"
	toolHelm       = "Helm"
)

// mark is a label or an annotation by which a tool tracks its objects. An empty value matches any.
type mark struct{ tool, key, value string }

// Flux comes before Helm, because its helm-controller leaves the marks of both. The label app.kubernetes.io/instance is none:
// charts set it for themselves.
var (
	trackingAnnotations = []mark{
		{tool: toolArgo, key: "argocd.argoproj.io/tracking-id"},
		{tool: toolConfigSync, key: "configmanagement.gke.io/managed", value: "enabled"},
		{tool: toolHelm, key: "meta.helm.sh/release-name"},
	}
	trackingLabels = []mark{
		{tool: toolFlux, key: "kustomize.toolkit.fluxcd.io/name"},
		{tool: toolFlux, key: "helm.toolkit.fluxcd.io/name"},
		{tool: toolArgo, key: "argocd.argoproj.io/instance"},
		{tool: toolConfigSync, key: "app.kubernetes.io/managed-by", value: "configmanagement.gke.io"},
		{tool: toolHelm, key: "app.kubernetes.io/managed-by", value: "Helm"},
	}
	// releases are the annotations with which a user takes an object out of a tool's hands.
	releases = []mark{
		{tool: toolFlux, key: "kustomize.toolkit.fluxcd.io/reconcile", value: "disabled"},
		{tool: toolFlux, key: "kustomize.toolkit.fluxcd.io/ssa", value: "Ignore"},
		{tool: toolConfigSync, key: "configmanagement.gke.io/managed", value: "disabled"},
	}
)

// fieldManagers has the tools by the names under which they write.
var fieldManagers = map[string]string{
	"argocd-controller":             toolArgo,
	"argocd-application-controller": toolArgo,
	"kustomize-controller":          toolFlux,
	"helm-controller":               toolFlux,
	"configsync.gke.io":             toolConfigSync,
	"configsync":                    toolConfigSync,
	"helm":                          toolHelm,
}

// findManager returns the tool that manages the spec of an object, with its evidence, for example "Argo CD (annotation
// argocd.argoproj.io/tracking-id)"; empty if none does.
func findManager(obj metav1.Object) string {
	for _, place := range []struct {
		noun   string
		values map[string]string
		marks  []mark
	}{{"label", obj.GetLabels(), trackingLabels}, {"annotation", obj.GetAnnotations(), trackingAnnotations}} {
		for _, m := range place.marks {
			if m.isIn(place.values) && !isReleased(obj, m.tool) {
				return fmt.Sprintf("%s (%s %s)", m.tool, place.noun, m.key)
			}
		}
	}
	for _, entry := range obj.GetManagedFields() {
		if tool := fieldManagers[entry.Manager]; tool != "" && ownsSpec(&entry) && !isReleased(obj, tool) {
			return fmt.Sprintf("%s (field manager %s)", tool, entry.Manager)
		}
	}
	return ""
}

func (m mark) isIn(values map[string]string) bool {
	value, found := values[m.key]
	return found && (m.value == "" || m.value == value)
}

// isReleased reports whether a user took the object out of the tool's hands.
func isReleased(obj metav1.Object, tool string) bool {
	for _, m := range releases {
		if m.tool == tool && m.isIn(obj.GetAnnotations()) {
			return true
		}
	}
	return false
}

// ownsSpec reports whether a manager's fields include some of the spec. A tool may also own metadata or the status alone.
func ownsSpec(entry *metav1.ManagedFieldsEntry) bool {
	return entry.Subresource == "" && entry.FieldsV1 != nil && strings.Contains(entry.FieldsV1.GetRawString(), `"f:spec"`)
}
