package flow

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// The watch on Namespaces lags while a namespace is deleted and another of its name is created that requests nothing: the
// objects that were meant for the first are removed from the second, with the record (findings S12).
func TestReplacedNamespaceIsCleaned(t *testing.T) {
	e := newInstallation(t)
	setup := e.startController()
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a"), configMap("b")), "configmaps").Name, nil)
	setup.Stop()
	p := e.newProxy()
	writing, replaced, frozen := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var first sync.Once
	p.SetIntercept(func(out http.ResponseWriter, in *http.Request, pass http.Handler) {
		switch {
		case in.URL.Path == "/api/v1/namespaces" && in.URL.Query().Get("watch") != "":
			pass.ServeHTTP(&frozenWriter{ResponseWriter: out, stop: replaced, until: frozen}, in)
			return
		case in.Method == http.MethodPost && isAbout(in, "target"):
			first.Do(func() { close(writing) })
			<-replaced
		}
		pass.ServeHTTP(out, in)
	})
	controller := e.startController("--kubeconfig=" + p.Kubeconfig)
	target := annotatedNamespace("target", baseline.Name)
	e.createObjects(target)
	e.awaitSignal(writing, "the controller writes into the namespace")
	e.deleteObjects(target.DeepCopy())
	e.awaitGone(target.DeepCopy())
	other := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "target"}}
	e.createObjects(other)
	close(replaced)

	e.eventually(func(context.Context) error { return logSays(controller.Log, "Took back objects") })
	close(frozen)
	e.eventually(func(context.Context) error {
		var left []error
		for _, name := range []string{"a", "b"} {
			if e.objectExists(&corev1.ConfigMap{}, "target", name) {
				left = append(left, errors.New("ConfigMap "+name+" is in the other namespace"))
			}
		}
		if e.objectExists(&v1alpha1.BaselineRecord{}, "target", baseline.Name) {
			left = append(left, errors.New("the record is in the other namespace"))
		}
		return errors.Join(left...)
	})
	if condition, err := e.readyCondition(e.ctx(), "target"); err != nil || condition != nil {
		t.Errorf("the other namespace has the condition %v (%v), and asks for nothing", condition, err)
	}
}

// frozenWriter passes a stream on until stop is closed, and again from when until is.
type frozenWriter struct {
	http.ResponseWriter
	stop, until <-chan struct{}
}

func (f *frozenWriter) Write(p []byte) (int, error) {
	select {
	case <-f.stop:
		<-f.until
	default:
	}
	return f.ResponseWriter.Write(p)
}

func (f *frozenWriter) Flush() { f.ResponseWriter.(http.Flusher).Flush() }
