package flow

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/seedbed"
)

// A crash at any call of a restore, before or after the API server has carried it out, ends after a restart with every
// object once, a correct record and condition, and with each change that a tenant made after Ready.
func TestRestoreSurvivesCrashAtAnyCall(t *testing.T) {
	e := newInstallation(t)
	running := e.startController()
	var objects []client.Object
	for _, name := range []string{"a", "b", "c"} {
		objects = append(objects, configMap(name))
	}
	baseline := e.createBaseline(e.createBackup(e.createSource(objects...), "configmaps").Name, func(s *v1alpha1.BaselineSpec) {
		s.ExistingResources = v1alpha1.ExistingResourcesUpdate // so that a repeated restore would undo a tenant's change
	})
	running.Stop()
	proxy := e.newProxy()
	var earlier []string
	for _, answered := range []bool{false, true} {
		for call := 1; ; call++ {
			target := fmt.Sprintf("crash-%d-%v", call, answered)
			crashed := e.crashAt(proxy, target, baseline.Name, call, answered)
			e.restoredOnce(target, baseline.Name)
			// The running controller began after this namespace became Ready, and after the earlier ones did.
			for _, name := range earlier {
				e.requireTampered(name)
			}
			e.tamperNamespace(target)
			earlier = append(earlier, target)
			if !crashed {
				t.Logf("answered %v: a restore is %d calls", answered, call-1)
				break
			}
		}
	}
	e.startController().Stop()
	last := e.startController()
	for _, name := range earlier {
		e.requireTampered(name)
	}
	last.Stop()
}

// crashAt populates a namespace by a controller that crashes at its call of that number about it; with answered, after the
// API server has carried the call out. Another controller takes over. It reports whether there were that many calls.
func (e *env) crashAt(p *seedbed.Proxy, target, baseline string, call int, answered bool) (crashed bool) {
	e.t.Helper()
	var calls atomic.Int64
	p.SetIntercept(func(out http.ResponseWriter, in *http.Request, pass http.Handler) {
		number := calls.Load()
		if isAbout(in, target) {
			number = calls.Add(1)
		}
		if number < int64(call) {
			pass.ServeHTTP(out, in)
			return
		}
		if answered && number == int64(call) && isAbout(in, target) {
			pass.ServeHTTP(discard{http.Header{}}, in)
		}
		panic(http.ErrAbortHandler) // as if the process were gone: no answer to this call, and none to those after it
	})
	first := e.startController("--kubeconfig=" + p.Kubeconfig)
	e.createObjects(annotatedNamespace(target, baseline))
	e.eventually(func(ctx context.Context) error {
		condition, err := e.readyCondition(ctx, target)
		switch {
		case err != nil:
			return err
		case calls.Load() >= int64(call), condition != nil && condition.Status == corev1.ConditionTrue:
			return nil
		}
		return fmt.Errorf("BaselineReady of %s is %v after %d calls", target, condition, calls.Load())
	})
	first.Kill()
	p.SetIntercept(nil)
	second := e.startController()
	e.awaitReady(target, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	second.Stop()
	return calls.Load() >= int64(call)
}

// restoredOnce fails the test unless the namespace holds every object as it is in the backup, and the record counts each
// once.
func (e *env) restoredOnce(target, baseline string) {
	e.t.Helper()
	for _, name := range []string{"a", "b", "c"} {
		restored := &corev1.ConfigMap{}
		if !e.objectExists(restored, target, name) || restored.Data["key"] != "value of "+name {
			e.t.Errorf("%s/%s is %v", target, name, restored.Data)
		}
	}
	result := e.getRecord(target, baseline).Result
	if counts := result.Counts; result.Phase != v1alpha1.PhaseCompleted || counts.Created != 3 || counts.Updated+counts.Kept+counts.Failed+counts.Unchanged != 0 {
		e.t.Errorf("the record of %s is %s and counts %+v, want 3 created and nothing else", target, result.Phase, counts)
	}
}

// discard is the response writer of a caller that is gone.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}
