package flow

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/seedbed"
)

// Restores by hand whose writes all hang leave writers to new namespaces (findings S26).
func testRestoresByHandLeaveWritersToNewNamespaces(t *testing.T, e *env, _ *seedbed.Proxy) {
	var many []client.Object
	for i := range 100 {
		many = append(many, configMap(fmt.Sprintf("slow-%03d", i)))
	}
	slow := e.createBackup(e.createSource(many...), "configmaps")
	another := e.withOwnNames()
	baseline := another.createBaseline(another.createBackup(another.createSource(configMap("a")), "configmaps").Name, nil)

	var hanging, ended atomic.Int64
	release := make(chan struct{})
	defer close(release) // before the webhook's server is closed
	probe := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: "probe"}}
	e.reviewCreations("configmaps", probe, func(request *admissionv1.AdmissionRequest) string {
		if len(request.Name) < 5 || request.Name[:5] != "slow-" {
			return ""
		}
		hanging.Add(1)
		<-release
		ended.Add(1)
		return ""
	})
	for i := range 4 { // as many as run at a time
		namespace := e.withOwnNames().createTenantNamespace()
		e.createObjects(&v1alpha1.BaselineRestore{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace.Name, Name: fmt.Sprintf("by-hand-%d", i)}, Spec: v1alpha1.BaselineRestoreSpec{Backup: slow.Name},
		})
	}
	e.eventually(func(context.Context) error {
		if hanging.Load() < 40 {
			return fmt.Errorf("%d writes hang", hanging.Load())
		}
		return nil
	})
	before := hanging.Load()
	e.createObjects(annotatedNamespace(e.uniqueName("new"), baseline.Name))
	e.awaitReady(e.uniqueName("new"), corev1.ConditionTrue, v1alpha1.ReasonRestored)
	// A writer that hangs gives up after ten seconds, and the next write takes its place.
	if now := hanging.Load(); now > before+60 {
		t.Errorf("the namespace was filled when %d writes had hung, %d of them before: it waited for them", now, before)
	}
	t.Logf("%d writes hung before, %d after", before, hanging.Load())
}
