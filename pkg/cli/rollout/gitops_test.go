package rollout

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	specFields   = `{"f:metadata":{"f:annotations":{"f:team":{}}},"f:spec":{"f:backup":{},"f:rollout":{}}}`
	metaFields   = `{"f:metadata":{"f:annotations":{".":{},"f:kubectl.kubernetes.io/last-applied-configuration":{}}}}`
	statusFields = `{"f:status":{"f:conditions":{}}}`
)

func managedBy(manager string, operation metav1.ManagedFieldsOperationType, fields string) metav1.ManagedFieldsEntry {
	return metav1.ManagedFieldsEntry{
		Manager: manager, Operation: operation, APIVersion: "seedbed.dev/v1alpha1", FieldsType: "FieldsV1", FieldsV1: metav1.NewFieldsV1(fields),
	}
}

func TestFindManager(t *testing.T) {
	const apply, update = metav1.ManagedFieldsOperationApply, metav1.ManagedFieldsOperationUpdate
	byStatus := managedBy("argocd-controller", update, specFields)
	byStatus.Subresource = "status"
	for name, test := range map[string]struct {
		labels, annotations map[string]string
		fields              []metav1.ManagedFieldsEntry
		want                string
	}{
		"nobody": {fields: []metav1.ManagedFieldsEntry{managedBy("kubectl-edit", update, specFields), managedBy("seedbed", update, statusFields)}},
		"kubectl apply": {
			annotations: map[string]string{"kubectl.kubernetes.io/last-applied-configuration": "{}"},
			fields:      []metav1.ManagedFieldsEntry{managedBy("kubectl-client-side-apply", update, specFields)},
		},
		"Argo CD by its annotation": {
			annotations: map[string]string{"argocd.argoproj.io/tracking-id": "platform:seedbed.dev/Baseline:/web"},
			want:        "Argo CD (annotation argocd.argoproj.io/tracking-id)",
		},
		"Argo CD by its label":           {labels: map[string]string{"argocd.argoproj.io/instance": "platform"}, want: "Argo CD (label argocd.argoproj.io/instance)"},
		"Argo CD that applies":           {fields: []metav1.ManagedFieldsEntry{managedBy("argocd-controller", apply, specFields)}, want: "Argo CD (field manager argocd-controller)"},
		"Argo CD that updates":           {fields: []metav1.ManagedFieldsEntry{managedBy("argocd-application-controller", update, specFields)}, want: "Argo CD (field manager argocd-application-controller)"},
		"Argo CD on metadata alone":      {fields: []metav1.ManagedFieldsEntry{managedBy("argocd-controller", update, metaFields)}},
		"Argo CD on a subresource":       {fields: []metav1.ManagedFieldsEntry{byStatus}},
		"a chart's own label":            {labels: map[string]string{"app.kubernetes.io/instance": "web"}},
		"Flux by its label":              {labels: map[string]string{"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}, want: "Flux (label kustomize.toolkit.fluxcd.io/name)"},
		"Flux by its manager":            {fields: []metav1.ManagedFieldsEntry{managedBy("kustomize-controller", apply, specFields)}, want: "Flux (field manager kustomize-controller)"},
		"Flux that was told to let go":   {labels: map[string]string{"kustomize.toolkit.fluxcd.io/name": "apps"}, annotations: map[string]string{"kustomize.toolkit.fluxcd.io/reconcile": "disabled"}, fields: []metav1.ManagedFieldsEntry{managedBy("kustomize-controller", apply, specFields)}},
		"Flux that ignores it":           {labels: map[string]string{"kustomize.toolkit.fluxcd.io/name": "apps"}, annotations: map[string]string{"kustomize.toolkit.fluxcd.io/ssa": "Ignore"}},
		"Flux's releases of Helm":        {labels: map[string]string{"helm.toolkit.fluxcd.io/name": "seedbed", "app.kubernetes.io/managed-by": "Helm"}, annotations: map[string]string{"meta.helm.sh/release-name": "seedbed"}, want: "Flux (label helm.toolkit.fluxcd.io/name)"},
		"helm-controller":                {fields: []metav1.ManagedFieldsEntry{managedBy("helm-controller", update, specFields)}, want: "Flux (field manager helm-controller)"},
		"Config Sync by its annotation":  {annotations: map[string]string{"configmanagement.gke.io/managed": "enabled", "configsync.gke.io/resource-id": "seedbed.dev_baseline_web"}, want: "Config Sync (annotation configmanagement.gke.io/managed)"},
		"Config Sync that was let go":    {annotations: map[string]string{"configmanagement.gke.io/managed": "disabled"}, fields: []metav1.ManagedFieldsEntry{managedBy("configsync.gke.io", apply, specFields)}},
		"Config Sync by its manager":     {fields: []metav1.ManagedFieldsEntry{managedBy("configsync.gke.io", apply, specFields)}, want: "Config Sync (field manager configsync.gke.io)"},
		"Helm by its label":              {labels: map[string]string{"app.kubernetes.io/managed-by": "Helm"}, want: "Helm (label app.kubernetes.io/managed-by)"},
		"Helm by its annotation":         {annotations: map[string]string{"meta.helm.sh/release-name": "seedbed", "meta.helm.sh/release-namespace": "seedbed-system"}, want: "Helm (annotation meta.helm.sh/release-name)"},
		"Helm by its manager":            {fields: []metav1.ManagedFieldsEntry{managedBy("helm", apply, specFields)}, want: "Helm (field manager helm)"},
		"another tool of the same label": {labels: map[string]string{"app.kubernetes.io/managed-by": "pulumi"}},
	} {
		t.Run(name, func(t *testing.T) {
			obj := &metav1.ObjectMeta{Labels: test.labels, Annotations: test.annotations, ManagedFields: test.fields}
			if got := findManager(obj); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
