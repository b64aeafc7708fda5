package flow

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/seedbed"
)

// A restore by hand with Update keeps the objects that a Required baseline restored, and no others: a label proves nothing
// (findings S18).
func TestRestoreByHandYieldsToARequiredBaseline(t *testing.T) {
	e := sharedInstallation(t)
	required := e.createBaseline(e.createBackup(e.createSource(configMap("guard")), "configmaps").Name, func(s *v1alpha1.BaselineSpec) {
		s.Enforcement, s.NamespaceSelector = v1alpha1.EnforcementRequired, &metav1.LabelSelector{MatchLabels: map[string]string{"by-hand": e.suffix}}
	})
	another := e.withOwnNames()
	guard, free := configMap("guard"), configMap("free")
	guard.Data["key"], free.Data["key"] = "weaker", "restored"
	backup := another.createBackup(another.createSource(guard, free), "configmaps")
	target := labelledNamespace(e.uniqueName("target"), "by-hand", e.suffix)
	e.createObjects(target)
	e.awaitReady(target.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	pretends := configMap("free")
	pretends.Namespace, pretends.Labels = target.Name, map[string]string{v1alpha1.LabelBaseline: required.Name}
	e.createObjects(pretends)

	byHand := &v1alpha1.BaselineRestore{
		ObjectMeta: metav1.ObjectMeta{Namespace: target.Name, Name: required.Name}, // any record's name would do
		Spec:       v1alpha1.BaselineRestoreSpec{Backup: backup.Name, ExistingResources: v1alpha1.ExistingResourcesUpdate},
	}
	e.createObjects(byHand)
	e.awaitPhase(byHand, &byHand.Status.Conditions, v1alpha1.PhaseCompleted)
	for name, want := range map[string]string{"guard": "value of guard", "free": "restored"} {
		found := &corev1.ConfigMap{}
		if !e.objectExists(found, target.Name, name) || found.Data["key"] != want {
			t.Errorf("ConfigMap %s is %v, want %q", name, found.Data, want)
		}
	}
	e.requireContains(strings.Join(byHand.Status.Warnings, "\n"), "configmaps/guard", required.Name, "left alone")
}

// A restore by hand into a namespace that is not in the cache yet is not lost: it is retried until the watch shows the
// namespace (findings S13).
func testRestoreByHandWaitsForCache(t *testing.T, e *env, proxy *seedbed.Proxy) {
	backup := e.createBackup(e.createSource(configMap("a")), "configmaps")
	var once sync.Once
	looked := make(chan struct{})
	proxy.SetIntercept(func(out http.ResponseWriter, in *http.Request, pass http.Handler) {
		if in.Method == http.MethodGet && in.URL.Path == "/api/v1/namespaces" {
			panic(http.ErrAbortHandler)
		}
		pass.ServeHTTP(out, in)
		if in.Method == http.MethodGet && strings.HasSuffix(in.URL.Path, "/baselinerestores/by-hand") {
			once.Do(func() { close(looked) })
		}
	})
	defer proxy.SetIntercept(nil)
	proxy.CutConnections() // the watches that are open as well
	target := e.createTenantNamespace()
	byHand := &v1alpha1.BaselineRestore{
		ObjectMeta: metav1.ObjectMeta{Namespace: target.Name, Name: "by-hand"}, Spec: v1alpha1.BaselineRestoreSpec{Backup: backup.Name},
	}
	e.createObjects(byHand)
	select {
	case <-looked:
	case <-e.ctx().Done():
		t.Fatal("the restore was never looked at")
	}
	proxy.SetIntercept(nil)
	e.awaitPhase(byHand, &byHand.Status.Conditions, v1alpha1.PhaseCompleted)
	if !e.objectExists(&corev1.ConfigMap{}, target.Name, "a") {
		t.Error("the object is not there")
	}
}
