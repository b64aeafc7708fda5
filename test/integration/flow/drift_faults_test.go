package flow

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/seedbed"
)

// isAuditList reports whether a request lists the metadata of a resource in all namespaces, as audits do.
func isAuditList(in *http.Request, resource string) bool {
	return in.Method == http.MethodGet && strings.HasSuffix(in.URL.Path, "/"+resource) && !strings.Contains(in.URL.Path, "/namespaces/") &&
		strings.HasPrefix(in.URL.Query().Get("labelSelector"), v1alpha1.LabelBaseline)
}

// What fails during an audit is never taken for a deletion, and what others did is found by the next one.
func TestAuditFaults(t *testing.T) {
	e := newInstallation(t)
	through := e.newProxy()
	e.startController("--kubeconfig=" + through.Kubeconfig)
	for name, test := range map[string]func(t *testing.T, e *env, through *seedbed.Proxy){
		"a list's version is gone": testListIsContinued,
		"a group is down":          testFailedListIsNoDeletion,
		"a CRD is deleted":         testDeletedKindIsNoDeletion,
	} {
		t.Run(name, func(t *testing.T) {
			test(t, newEnv(t, e.Installation), through)
			through.SetIntercept(nil)
		})
	}
}

// The API server answers that the version of a list is gone, with a token for the present one, as it does after a compaction.
func testListIsContinued(t *testing.T, e *env, through *seedbed.Proxy) {
	f := newGuarded(e, 6, required)
	f.deleteObjects(f.getGuard(4))
	var continued atomic.Int32
	through.SetIntercept(func(out http.ResponseWriter, in *http.Request, pass http.Handler) {
		if !isAuditList(in, "networkpolicies") {
			pass.ServeHTTP(out, in)
			return
		}
		query := in.URL.Query()
		query.Set("limit", "2")
		in.URL.RawQuery = query.Encode()
		token := query.Get("continue")
		if token == "" || isInconsistent(t, token) {
			pass.ServeHTTP(out, in)
			return
		}
		continued.Add(1)
		status := metav1.Status{Status: metav1.StatusFailure, Code: http.StatusGone, Reason: metav1.StatusReasonExpired, Message: "the proxy says so"}
		status.Continue = inconsistentToken(t, token)
		answerStatus(out, status)
	})
	f.requireAudit(1)
	if continued.Load() == 0 {
		t.Error("no list was cut: this proves nothing")
	}
	for i := range f.size {
		f.getGuard(i)
	}
}

// continueToken is the content of a token, as the API server makes it.
type continueToken struct {
	APIVersion      string `json:"v"`
	ResourceVersion int64  `json:"rv"`
	StartKey        string `json:"start"`
}

func readToken(t *testing.T, token string) continueToken {
	t.Helper()
	content, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Error(err)
	}
	var read continueToken
	if err := json.NewDecoder(bytes.NewReader(content)).Decode(&read); err != nil {
		t.Error(err)
	}
	return read
}

func isInconsistent(t *testing.T, token string) bool {
	t.Helper()
	return readToken(t, token).ResourceVersion == -1
}

// inconsistentToken returns a token that goes on at the same place with the present version.
func inconsistentToken(t *testing.T, token string) string {
	t.Helper()
	read := readToken(t, token)
	read.ResourceVersion = -1
	content, err := json.Marshal(read)
	if err != nil {
		t.Error(err)
	}
	return base64.RawURLEncoding.EncodeToString(content)
}

// While a kind cannot be listed, none of its objects counts as missing, and those of other kinds are put back.
func testFailedListIsNoDeletion(t *testing.T, e *env, through *seedbed.Proxy) {
	f := newGuarded(e, 2, required)
	f.deleteObjects(f.getGuard(0), f.getSecret(f.namespaceName(1)))
	through.SetIntercept(func(out http.ResponseWriter, in *http.Request, pass http.Handler) {
		if isAuditList(in, "networkpolicies") {
			writeStatusError(out, http.StatusServiceUnavailable, metav1.StatusReasonServiceUnavailable)
			return
		}
		pass.ServeHTTP(out, in)
	})
	audit := f.audit()
	if audit.DriftedNamespaces != 1 || !strings.Contains(audit.Message, "networkpolicy") {
		t.Errorf("audit %+v", audit)
	}
	f.getSecret(f.namespaceName(1))
	f.requireDrift(0)
	through.SetIntercept(nil)
	f.requireAudit(1)
	f.getGuard(0)
}

// A kind that the cluster does not serve any more has no objects, and none of them is missing.
func testDeletedKindIsNoDeletion(t *testing.T, e *env, _ *seedbed.Proxy) {
	definition, widget := newWidgetDefinition(), newWidget()
	e.installDefinition(definition)
	f := &fleet{env: e, size: 2, label: e.uniqueName("fleet")}
	source := e.createSource(configMap("settings"))
	widget.SetNamespace(source)
	e.createObjects(widget)
	backup := e.createBackup(source, "configmaps", "widgets.example.com")
	f.baseline = e.createBaseline(backup.Name, func(spec *v1alpha1.BaselineSpec) { f.selectByLabel(spec); required(spec) })
	f.createNamespaces()
	f.awaitNumbers(f.allCurrent())
	f.requireAudit(0)
	e.deleteObjects(definition)
	e.awaitGone(definition)
	audit := f.audit()
	if audit.Namespaces != 2 || audit.DriftedNamespaces != 0 || !strings.Contains(audit.Message, "widget") {
		t.Errorf("audit %+v", audit)
	}
	f.requireDrift(0)
}

// A leader that is killed during an audit leaves the request to the next one, and nothing is corrected twice in one audit.
func TestAuditOutlivesItsLeader(t *testing.T) {
	e := newInstallation(t)
	through := e.newProxy()
	first := e.startController("--kubeconfig=" + through.Kubeconfig)
	f := newGuarded(e, 4, required)
	f.deleteObjects(f.getGuard(1), f.getSecret(f.namespaceName(2)))
	reached := make(chan struct{})
	var once atomic.Bool
	through.SetIntercept(func(out http.ResponseWriter, in *http.Request, pass http.Handler) {
		if isAuditList(in, "networkpolicies") {
			if once.CompareAndSwap(false, true) {
				close(reached)
			}
			<-in.Context().Done()
			return
		}
		pass.ServeHTTP(out, in)
	})
	request := f.requestAudit()
	e.awaitSignal(reached, "the audit to list")
	first.Kill()
	e.startController()
	audit := f.awaitAudit(request)
	if audit.DriftedNamespaces != 2 || audit.Message != "" {
		t.Errorf("audit %+v", audit)
	}
	f.requireDrift(1, "networkpolicies.networking.k8s.io/guard corrected 1 times ()")
	f.requireDrift(2, "secrets/db corrected 1 times ()")
	f.requireAudit(0)
}
