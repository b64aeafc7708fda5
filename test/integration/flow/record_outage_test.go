package flow

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/seedbed"
)

// A record that cannot be written yet is a failed attempt: the condition distinguishes it from a refusal, attempts are
// spaced out, and a live namespace is not mistaken for a deleted one.
func testUnwritableRecordIsFailedAttempt(t *testing.T, e *env, proxy *seedbed.Proxy) {
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a")), "configmaps").Name, nil)
	refuse := func(status metav1.Status) func(http.ResponseWriter) {
		return func(out http.ResponseWriter) { answerStatus(out, status) }
	}
	tests := map[string]struct {
		answer func(out http.ResponseWriter)
		reason string
		says   string
	}{
		"the API is away": {
			answer: func(out http.ResponseWriter) { http.Error(out, "404 page not found", http.StatusNotFound) },
			reason: v1alpha1.ReasonRecordPending, says: "could not be written yet",
		},
		"a namespace that is not found": {
			answer: refuse(apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "target").ErrStatus),
			reason: v1alpha1.ReasonRecordPending, says: "could not be written yet",
		},
		"unavailable": {
			answer: refuse(apierrors.NewServiceUnavailable("etcd").ErrStatus),
			reason: v1alpha1.ReasonRecordPending, says: "could not be written yet",
		},
		"the connection breaks": {
			answer: func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
			reason: v1alpha1.ReasonRecordPending, says: "could not be written yet",
		},
		"forbidden": {
			answer: refuse(apierrors.NewForbidden(schema.GroupResource{Group: v1alpha1.GroupName, Resource: "baselinerecords"}, "x", nil).ErrStatus),
			reason: v1alpha1.ReasonRecordRefused, says: "is refused",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t, e.Installation)
			target := e.uniqueName("target")
			var creates, failing atomic.Int64
			failing.Store(1)
			proxy.SetIntercept(func(out http.ResponseWriter, in *http.Request, pass http.Handler) {
				inTarget := in.Method == http.MethodPost && isAbout(in, target)
				if inTarget && strings.HasSuffix(in.URL.Path, "/configmaps") {
					creates.Add(1)
				}
				if inTarget && strings.HasSuffix(in.URL.Path, "/baselinerecords") && failing.Load() > 0 {
					test.answer(out)
					return
				}
				pass.ServeHTTP(out, in)
			})
			defer proxy.SetIntercept(nil)
			began := time.Now()
			e.createObjects(annotatedNamespace(target, baseline.Name))
			condition := e.awaitReady(target, corev1.ConditionFalse, test.reason)
			e.requireContains(condition.Message, baseline.Name, test.says)
			failing.Store(0)
			e.awaitReady(target, corev1.ConditionTrue, v1alpha1.ReasonRestored)
			// One attempt at once, the next after a second, then two, then four.
			if most := int64(2 + time.Since(began)/time.Second); creates.Load() > most {
				t.Errorf("the object was written %d times, want at most %d", creates.Load(), most)
			}
			if counts := e.getRecord(target, baseline.Name).Result.Counts; counts.Created != 1 || counts.Kept+counts.Failed > 0 {
				t.Errorf("the record counts %+v, want what the first attempt created", counts)
			}
		})
	}
}

// A namespace whose restore began with a backup that was replaced and deleted is restored again from the present one.
func testRestoreOfDeletedBackupRestarts(t *testing.T, e *env, controller *seedbed.Controller) {
	source := e.uniqueName("source")
	object := func(kind, name, rest string) string {
		return `{"apiVersion":"v1","kind":"` + kind + `","metadata":{"name":"` + name + `","namespace":"` + source + `"},` + rest + `}`
	}
	// No API server ever takes port 70000.
	first := e.adoptContent(source, e.newArchive(map[string]string{
		"configmaps/" + source + "/a":   object("ConfigMap", "a", `"data":{"key":"value of a"}`),
		"services/" + source + "/never": object("Service", "never", `"spec":{"ports":[{"port":70000}]}`),
	}))
	baseline := e.createBaseline(first.Name, nil)
	target := e.uniqueName("target")
	e.createObjects(annotatedNamespace(target, baseline.Name))
	e.awaitReady(target, corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed)
	failed := e.getRecord(target, baseline.Name)

	another := e.withOwnNames()
	second := another.createBackup(another.createSource(configMap("a"), configMap("b")), "configmaps")
	e.updateObject(baseline, func() { baseline.Spec.Backup = second.Name })
	if err := e.contentStore().Delete(e.ctx(), first.Name); err != nil { // the Baseline's history holds the backup itself
		t.Fatal(err)
	}
	controller.Stop() // its plans are kept for as long as it runs
	e.startController()
	e.awaitReady(target, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	record := e.getRecord(target, baseline.Name)
	if result := record.Result; result.Backup != second.Name || result.Digest != second.Status.Digest || result.Attempts <= failed.Result.Attempts ||
		result.Counts.Created != 1 || result.Counts.Unchanged != 1 || len(result.Pending)+len(result.Errors) > 0 {
		t.Errorf("the record is %+v, want the second backup restored by a later attempt, beside what was there", result)
	}
	if !e.objectExists(&corev1.ConfigMap{}, target, "b") {
		t.Error("what the second backup holds is not there")
	}
}
