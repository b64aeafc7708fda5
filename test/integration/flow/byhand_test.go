package flow

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// A restore by hand with Update leaves alone what a Required baseline brought, and only that: a label proves nothing
// (findings S18).
func TestRestoreByHandYieldsToARequiredBaseline(t *testing.T) {
	w := shared(t)
	required := w.baseline(w.backup(w.source(configMap("guard")), "configmaps").Name, func(s *v1alpha1.BaselineSpec) {
		s.Enforcement, s.NamespaceSelector = v1alpha1.EnforcementRequired, &metav1.LabelSelector{MatchLabels: map[string]string{"by-hand": w.suffix}}
	})
	another := w.another()
	guard, free := configMap("guard"), configMap("free")
	guard.Data["key"], free.Data["key"] = "weaker", "restored"
	backup := another.backup(another.source(guard, free), "configmaps")
	target := labelled(w.name("target"), "by-hand", w.suffix)
	w.create(target)
	w.awaitReady(target.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	pretends := configMap("free")
	pretends.Namespace, pretends.Labels = target.Name, map[string]string{v1alpha1.LabelBaseline: required.Name}
	w.create(pretends)

	byHand := &v1alpha1.BaselineRestore{
		ObjectMeta: metav1.ObjectMeta{Namespace: target.Name, Name: required.Name}, // the record's name is as good as any
		Spec:       v1alpha1.BaselineRestoreSpec{Backup: backup.Name, ExistingResources: v1alpha1.ExistingResourcesUpdate},
	}
	w.create(byHand)
	w.awaitPhase(byHand, &byHand.Status.Conditions, v1alpha1.PhaseCompleted)
	for name, want := range map[string]string{"guard": "value of guard", "free": "restored"} {
		found := &corev1.ConfigMap{}
		if !w.there(found, target.Name, name) || found.Data["key"] != want {
			t.Errorf("ConfigMap %s is %v, want %q", name, found.Data, want)
		}
	}
	w.says(strings.Join(byHand.Status.Warnings, "\n"), "configmaps/guard", required.Name, "left alone")
}

// A restore by hand into a namespace that is not in the cache yet is not lost: it is tried again until the watch shows
// the namespace (findings S13).
func testRestoreByHandBeforeItsNamespaceIsSeen(t *testing.T, w *world, proxy *proxy) {
	backup := w.backup(w.source(configMap("a")), "configmaps")
	var once sync.Once
	looked := make(chan struct{})
	proxy.set(func(out http.ResponseWriter, in *http.Request, pass http.Handler) {
		if in.Method == http.MethodGet && in.URL.Path == "/api/v1/namespaces" {
			panic(http.ErrAbortHandler)
		}
		pass.ServeHTTP(out, in)
		if in.Method == http.MethodGet && strings.HasSuffix(in.URL.Path, "/baselinerestores/by-hand") {
			once.Do(func() { close(looked) })
		}
	})
	defer proxy.set(nil)
	proxy.server.CloseClientConnections() // the watches that are under way as well
	target := w.prepared()
	byHand := &v1alpha1.BaselineRestore{
		ObjectMeta: metav1.ObjectMeta{Namespace: target.Name, Name: "by-hand"}, Spec: v1alpha1.BaselineRestoreSpec{Backup: backup.Name},
	}
	w.create(byHand)
	select {
	case <-looked:
	case <-w.ctx().Done():
		t.Fatal("the restore was never looked at")
	}
	proxy.set(nil)
	w.awaitPhase(byHand, &byHand.Status.Conditions, v1alpha1.PhaseCompleted)
	if !w.there(&corev1.ConfigMap{}, target.Name, "a") {
		t.Error("the object is not there")
	}
}
