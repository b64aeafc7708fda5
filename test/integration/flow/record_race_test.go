package flow

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// A record that is deleted between the read of the cache and that of the API server, with what it was about, never makes
// BaselineReady True before everything is restored again (findings S20).
func testRecordDeletedBetweenTwoReads(t *testing.T, w *world, proxy *proxy) {
	source := w.name("source")
	object := func(kind, name, rest string) string {
		return `{"apiVersion":"v1","kind":"` + kind + `","metadata":{"name":"` + name + `","namespace":"` + source + `"},` + rest + `}`
	}
	backup := w.adopt(source, w.archive(map[string]string{
		"configmaps/" + source + "/a": object("ConfigMap", "a", `"data":{"key":"value of a"}`),
		"configmaps/" + source + "/b": object("ConfigMap", "b", `"data":{"key":"value of b"}`),
	}))
	baseline := w.baseline(backup.Name, nil)
	target := w.name("target")
	var refuse, hold sync.Once
	var recorded atomic.Bool
	reading, release := make(chan struct{}), make(chan struct{})
	proxy.set(func(out http.ResponseWriter, in *http.Request, pass http.Handler) {
		switch {
		case !isAbout(in, target):
		case in.Method == http.MethodPost && strings.HasSuffix(in.URL.Path, "/configmaps"):
			refused := false
			refuse.Do(func() { refused = true }) // the first attempt leaves one of the two undone
			if refused {
				answer(out, http.StatusForbidden, "Forbidden")
				return
			}
		case in.Method == http.MethodPost && strings.HasSuffix(in.URL.Path, "/baselinerecords"):
			pass.ServeHTTP(out, in)
			recorded.Store(true)
			return
		case in.Method == http.MethodGet && recorded.Load() && strings.HasSuffix(in.URL.Path, "/baselinerecords/"+baseline.Name):
			hold.Do(func() { close(reading); <-release })
		}
		pass.ServeHTTP(out, in)
	})
	defer proxy.set(nil)
	w.create(asking(target, baseline.Name))
	<-reading // the second attempt has the record from the cache
	first := w.record(target, baseline.Name)
	if first.Result.Phase != v1alpha1.PhasePartiallyFailed {
		t.Fatalf("the first attempt is %s", first.Result.Phase)
	}
	w.remove(first.DeepCopy())
	w.awaitGone(first.DeepCopy())
	for _, name := range []string{"a", "b"} {
		one := configMap(name)
		one.Namespace = target
		if err := w.Client.Delete(w.ctx(), one); client.IgnoreNotFound(err) != nil {
			t.Fatal(err)
		}
	}
	close(release)
	w.awaitReady(target, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	for _, name := range []string{"a", "b"} {
		if !w.there(&corev1.ConfigMap{}, target, name) {
			t.Errorf("BaselineReady is True, and ConfigMap %s is not there", name)
		}
	}
	w.eventually(func(ctx context.Context) error {
		record := &v1alpha1.BaselineRecord{}
		if err := w.Client.Get(ctx, client.ObjectKey{Namespace: target, Name: baseline.Name}, record); err != nil {
			return err
		}
		if record.UID == first.UID || record.Result.Phase != v1alpha1.PhaseCompleted {
			return fmt.Errorf("the record is %s, %s", record.UID, record.Result.Phase)
		}
		return nil
	})
}
