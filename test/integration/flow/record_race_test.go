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
	"seedbed.dev/seedbed/test/seedbed"
)

// A record that is deleted between the read of the cache and that of the API server, with the restored objects, never makes
// BaselineReady True before everything is restored again (findings S20).
func testRecordDeletedBetweenTwoReads(t *testing.T, e *env, proxy *seedbed.Proxy) {
	source := e.uniqueName("source")
	object := func(kind, name, rest string) string {
		return `{"apiVersion":"v1","kind":"` + kind + `","metadata":{"name":"` + name + `","namespace":"` + source + `"},` + rest + `}`
	}
	backup := e.adoptContent(source, e.newArchive(map[string]string{
		"configmaps/" + source + "/a": object("ConfigMap", "a", `"data":{"key":"value of a"}`),
		"configmaps/" + source + "/b": object("ConfigMap", "b", `"data":{"key":"value of b"}`),
	}))
	baseline := e.createBaseline(backup.Name, nil)
	target := e.uniqueName("target")
	var refuse, hold sync.Once
	var recorded atomic.Bool
	reading, release := make(chan struct{}), make(chan struct{})
	proxy.SetIntercept(func(out http.ResponseWriter, in *http.Request, pass http.Handler) {
		switch {
		case !isAbout(in, target):
		case in.Method == http.MethodPost && strings.HasSuffix(in.URL.Path, "/configmaps"):
			refused := false
			refuse.Do(func() { refused = true }) // the first attempt leaves one of the two undone
			if refused {
				writeStatusError(out, http.StatusForbidden, "Forbidden")
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
	defer proxy.SetIntercept(nil)
	e.createObjects(annotatedNamespace(target, baseline.Name))
	e.awaitSignal(reading, "the read of the record") // the second attempt has the record from the cache
	first := e.getRecord(target, baseline.Name)
	if first.Result.Phase != v1alpha1.PhasePartiallyFailed {
		t.Fatalf("the first attempt is %s", first.Result.Phase)
	}
	e.deleteObjects(first.DeepCopy())
	e.awaitGone(first.DeepCopy())
	for _, name := range []string{"a", "b"} {
		one := configMap(name)
		one.Namespace = target
		if err := e.Client.Delete(e.ctx(), one); client.IgnoreNotFound(err) != nil {
			t.Fatal(err)
		}
	}
	close(release)
	e.awaitReady(target, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	for _, name := range []string{"a", "b"} {
		if !e.objectExists(&corev1.ConfigMap{}, target, name) {
			t.Errorf("BaselineReady is True, and ConfigMap %s is not there", name)
		}
	}
	e.eventually(func(ctx context.Context) error {
		record := &v1alpha1.BaselineRecord{}
		if err := e.Client.Get(ctx, client.ObjectKey{Namespace: target, Name: baseline.Name}, record); err != nil {
			return err
		}
		if record.UID == first.UID || record.Result.Phase != v1alpha1.PhaseCompleted {
			return fmt.Errorf("the record is %s, %s", record.UID, record.Result.Phase)
		}
		return nil
	})
}
