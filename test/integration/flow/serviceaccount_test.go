package flow

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestServiceAccountIsMerged(t *testing.T) {
	e := sharedInstallation(t)
	source := e.createSource()
	pulls := func(names ...string) []corev1.LocalObjectReference {
		var references []corev1.LocalObjectReference
		for _, name := range names {
			references = append(references, corev1.LocalObjectReference{Name: name})
		}
		return references
	}
	edit := func(namespace, secret string, edit func(*corev1.ServiceAccount)) {
		account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "default"}}
		e.updateObject(account, func() { // once the controller manager has made it
			account.ImagePullSecrets = pulls(secret)
			edit(account)
		})
	}
	edit(source, "registry", func(a *corev1.ServiceAccount) {
		a.AutomountServiceAccountToken = new(bool)
		metav1.SetMetaDataAnnotation(&a.ObjectMeta, "example.com/role", "web")
	})
	baseline := e.createBaseline(e.createBackup(source, "serviceaccounts").Name, nil)
	target := e.createTenantNamespace()
	edit(target.Name, "mine", func(a *corev1.ServiceAccount) {
		metav1.SetMetaDataAnnotation(&a.ObjectMeta, "example.com/owner", "tenant")
	})

	e.requestBaselines(target, baseline.Name)
	e.awaitReady(target.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	merged := &corev1.ServiceAccount{}
	if !e.objectExists(merged, target.Name, "default") {
		t.Fatal("there is no default ServiceAccount")
	}
	if diff := cmp.Diff(pulls("mine", "registry"), merged.ImagePullSecrets); diff != "" {
		t.Errorf("imagePullSecrets (want, got): %s", diff)
	}
	if diff := cmp.Diff(map[string]string{"example.com/role": "web", "example.com/owner": "tenant"}, merged.Annotations); diff != "" {
		t.Errorf("annotations (want, got): %s", diff)
	}
	if merged.AutomountServiceAccountToken == nil || *merged.AutomountServiceAccountToken {
		t.Error("automountServiceAccountToken was not set to false")
	}

	// A new namespace's own default ServiceAccount is made at about the same time, by the controller manager.
	fresh := e.uniqueName("fresh")
	e.createObjects(annotatedNamespace(fresh, baseline.Name))
	e.awaitReady(fresh, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	if !e.objectExists(merged, fresh, "default") {
		t.Fatal("there is no default ServiceAccount")
	}
	if diff := cmp.Diff(pulls("registry"), merged.ImagePullSecrets); diff != "" {
		t.Errorf("imagePullSecrets in a new namespace (want, got): %s", diff)
	}
}
