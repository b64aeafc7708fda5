package flow

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/seedbed"
)

// A transient fault never fails a backup: it is retried until it is complete (findings S14).
func testBackupOutlastsOutages(t *testing.T, e *env, proxy *seedbed.Proxy) {
	stores := func(in *http.Request, _ string) bool {
		return in.Method == http.MethodPost && strings.HasSuffix(in.URL.Path, "/namespaces/"+seedbed.Namespace+"/secrets") && in.URL.Query().Get("dryRun") == ""
	}
	// Each fault lasts for longer than one attempt tries.
	tests := map[string]struct {
		meets  func(in *http.Request, source string) bool
		faults int64
		// reviewed is the number of requests of the backup's review, which comes before; they meet no fault.
		reviewed int64
		code     int
		reason   metav1.StatusReason // none: the connection breaks
	}{
		"storing, unavailable":             {meets: stores, faults: 3, code: http.StatusServiceUnavailable, reason: metav1.StatusReasonServiceUnavailable},
		"storing, a quota is used up":      {meets: stores, faults: 3, code: http.StatusForbidden, reason: metav1.StatusReasonForbidden},
		"storing, the connection breaks":   {meets: stores, faults: 3},
		"listing, unavailable":             {meets: isList, faults: 6, code: http.StatusServiceUnavailable, reason: metav1.StatusReasonServiceUnavailable},
		"listing, too many requests":       {meets: isList, faults: 6, code: http.StatusTooManyRequests, reason: metav1.StatusReasonTooManyRequests},
		"listing, the connection breaks":   {meets: isList, faults: 6},
		"listing, expired":                 {meets: isList, faults: 2, code: http.StatusGone, reason: metav1.StatusReasonExpired},
		"reading the source":               {meets: isRead, faults: 6, code: http.StatusInternalServerError, reason: metav1.StatusReasonInternalError},
		"discovery":                        {meets: isDiscovery, reviewed: 2, faults: 3, code: http.StatusServiceUnavailable, reason: metav1.StatusReasonServiceUnavailable},
		"discovery, the connection breaks": {meets: isDiscovery, reviewed: 2, faults: 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t, e.Installation)
			source := e.createSource(configMap("a"))
			var met atomic.Int64
			proxy.SetIntercept(func(out http.ResponseWriter, in *http.Request, pass http.Handler) {
				number := int64(0)
				if test.meets(in, source) {
					number = met.Add(1) - test.reviewed
				}
				switch {
				case number < 1 || number > test.faults:
					pass.ServeHTTP(out, in)
				case test.code == 0:
					panic(http.ErrAbortHandler)
				default:
					writeStatusError(out, test.code, test.reason)
				}
			})
			defer proxy.SetIntercept(nil)
			backup := e.createBackup(source, "configmaps")
			if met.Load() <= test.reviewed+test.faults {
				t.Errorf("%d faults were met, want more than %d", met.Load(), test.faults)
			}
			if backup.Status.Adopted || len(backup.Status.Errors) > 0 || backup.Status.Progress.ItemsBackedUp != 2 {
				t.Errorf("the status is %+v, want both ConfigMaps and no error", backup.Status)
			}
		})
	}
}

func isList(in *http.Request, source string) bool {
	return in.Method == http.MethodGet && strings.HasSuffix(in.URL.Path, "/namespaces/"+source+"/configmaps")
}

func isRead(in *http.Request, source string) bool {
	return in.Method == http.MethodGet && strings.HasSuffix(in.URL.Path, "/namespaces/"+source)
}

func isDiscovery(in *http.Request, _ string) bool {
	return in.URL.Path == "/apis" || in.URL.Path == "/api"
}

// A backup that waits for the API server reports the reason.
func testWaitingBackupReportsReason(t *testing.T, e *env, proxy *seedbed.Proxy) {
	source := e.createSource(configMap("a"))
	proxy.SetIntercept(func(out http.ResponseWriter, in *http.Request, pass http.Handler) {
		if isList(in, source) {
			writeStatusError(out, http.StatusServiceUnavailable, metav1.StatusReasonServiceUnavailable)
			return
		}
		pass.ServeHTTP(out, in)
	})
	backup := &v1alpha1.BaselineBackup{
		ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("backup")},
		Spec:       v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{source}, IncludedResources: []string{"configmaps"}},
	}
	e.createObjects(backup)
	e.awaitMessage(backup, &backup.Status.Conditions, v1alpha1.PhaseInProgress, "is retried", "configmaps in namespace "+source, "the proxy says so")
	if backup.Status.Attempts != 0 {
		t.Errorf("%d attempts are counted as cut off while the backup waits", backup.Status.Attempts)
	}
	proxy.SetIntercept(nil)
	e.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseCompleted)
}
