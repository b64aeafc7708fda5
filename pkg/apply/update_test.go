package apply

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// newFaultCase returns a ConfigMap that is updated from a=1 to a=2. It is immutable if the case needs that.
func newFaultCase(immutable bool) (from, to *unstructured.Unstructured) {
	content := func(value string) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "web"}, "data": map[string]any{"a": value}, "immutable": immutable,
		}}
	}
	return content("1"), content("2")
}

func newStatus(code int32, reason metav1.StatusReason, message string) *metav1.Status {
	return &metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusFailure, Code: code, Reason: reason, Message: message,
		Details: &metav1.StatusDetails{Name: "web", Kind: "things"},
	}
}

func newStatusError(code int32, reason metav1.StatusReason) error {
	return &apierrors.StatusError{ErrStatus: *newStatus(code, reason, "no")}
}

// onFirst returns an interceptor of the first call of a method.
func onFirst(method string, run func() *metav1.Status) func(string) *metav1.Status {
	done := false
	return func(call string) *metav1.Status {
		if call != method || done {
			return nil
		}
		done = true
		return run()
	}
}

// faultCase is an update during which something else happens.
type faultCase struct {
	absent, immutable, required, unpatched bool
	// missing is that of Earlier, and unannounced is the error of its Announce.
	missing     bool
	unannounced error
	// run is called before the first call of the method, and may answer it.
	method                 string
	run                    func(*objectServer) *metav1.Status
	result                 Result
	reason, calls, failure string
	throttled              bool
}

func TestUpdateFaults(t *testing.T) {
	for name, test := range map[string]faultCase{
		"the API server is busy": {
			method: "PATCH", run: func(*objectServer) *metav1.Status { return newStatus(429, metav1.StatusReasonTooManyRequests, "busy") },
			result: Updated, calls: "PATCH 429, PATCH 200", throttled: true,
		},
		"the answer of the patch is lost": {
			method: "PATCH", run: func(s *objectServer) *metav1.Status {
				_ = unstructured.SetNestedField(s.live.Object, "2", "data", "a")
				return newStatus(504, metav1.StatusReasonTimeout, "lost")
			},
			result: Updated, calls: "PATCH 504, PATCH 422, GET 200", throttled: true,
		},
		"another writer is faster": {
			unpatched: true, method: "PUT", run: func(s *objectServer) *metav1.Status { s.live.SetResourceVersion("9"); return nil },
			result: Updated, calls: "GET 200, PUT 409, GET 200, PUT 200",
		},
		"it is deleted meanwhile": {
			unpatched: true, method: "PUT", run: func(s *objectServer) *metav1.Status {
				s.live = nil
				return newStatus(404, metav1.StatusReasonNotFound, "gone")
			},
			result: Kept, reason: "was deleted here", calls: "GET 200, PUT 404, GET 404",
		},
		"it is created meanwhile": {
			absent: true, required: true, method: "POST", run: func(*objectServer) *metav1.Status {
				return newStatus(409, metav1.StatusReasonAlreadyExists, "exists")
			},
			result: Created, calls: "PATCH 404, GET 404, POST 409, GET 404, POST 201",
		},
		"it changes before it is deleted": {
			immutable: true, method: "DELETE", run: func(*objectServer) *metav1.Status { return newStatus(409, metav1.StatusReasonConflict, "changed") },
			result: Updated, calls: "PATCH 422, GET 200, PUT 422, dry POST 409, announce, DELETE 409, GET 200, PUT 422, dry POST 409, announce, DELETE 200, POST 201",
		},
		"the answer of its deletion is lost": {
			immutable: true, method: "DELETE", run: func(s *objectServer) *metav1.Status {
				s.live = nil
				return newStatus(504, metav1.StatusReasonTimeout, "lost")
			},
			result: Updated, calls: "PATCH 422, GET 200, PUT 422, dry POST 409, announce, DELETE 504, GET 404, POST 201", throttled: true,
		},
		"its deletion cannot be recorded": {
			immutable: true, unannounced: newStatusError(422, metav1.StatusReasonInvalid),
			result: Failed, calls: "PATCH 422, GET 200, PUT 422, dry POST 409, announce", failure: errNotAnnounced.Error(),
		},
		"it was deleted to be created anew": {
			absent: true, missing: true, result: Created, calls: "PATCH 404, GET 404, POST 201",
		},
		"it was to be deleted, and is there": {
			immutable: true, missing: true, result: Updated, calls: "PATCH 422, GET 200, PUT 422, dry POST 409, DELETE 200, POST 201",
		},
		"it cannot be created at first": {
			immutable: true, method: "POST", run: func(*objectServer) *metav1.Status {
				return newStatus(503, metav1.StatusReasonServiceUnavailable, "away")
			},
			result: Updated, calls: "PATCH 422, GET 200, PUT 422, dry POST 409, announce, DELETE 200, POST 503, POST 201", throttled: true,
		},
		"it cannot be created": {
			immutable: true, method: "POST", run: func(*objectServer) *metav1.Status {
				return newStatus(403, metav1.StatusReasonForbidden, "exceeded quota: small, requested: count/configmaps=1")
			},
			result: Failed, calls: "PATCH 422, GET 200, PUT 422, dry POST 409, announce, DELETE 200, POST 403", failure: ErrNotRecreated.Error(),
		},
		"the namespace terminates": {
			unpatched: true, method: "PUT", run: func(*objectServer) *metav1.Status {
				status := newStatus(403, metav1.StatusReasonForbidden, "terminating")
				status.Details.Causes = []metav1.StatusCause{{Type: "NamespaceTerminating"}}
				return status
			},
			result: Failed, calls: "GET 200, PUT 403", failure: ErrNamespaceGone.Error(),
		},
	} {
		t.Run(name, func(t *testing.T) { test.check(t) })
	}
}

func (c faultCase) check(t *testing.T) {
	t.Helper()
	from, to := newFaultCase(c.immutable)
	server := &objectServer{}
	if !c.absent {
		server.live = from.DeepCopy()
		server.live.SetLabels(map[string]string{ownerLabel: "web"})
		server.live.SetUID("u")
		server.live.SetResourceVersion("5")
	}
	if c.immutable {
		server.refusal = newStatus(http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, "invalid")
	}
	server.intercept = onFirst(c.method, func() *metav1.Status { return c.run(server) })
	old, object := newGoldenObject(t, from), newGoldenObject(t, to)
	earlier := Earlier{Patch: manifest.NewPatch(old, object), Objects: func(context.Context) []manifest.Object { return []manifest.Object{old} }}
	earlier.Missing = c.missing
	earlier.Announce = func(context.Context) error {
		server.calls = append(server.calls, "announce")
		return c.unannounced
	}
	if c.unpatched {
		earlier.Patch = nil
	}
	labels := manifest.NewLabels(map[string]string{ownerLabel: "web", "seedbed.dev/backup": "v2"}).WithOwner(ownerLabel)
	target := Target{Namespace: "bar", Labels: labels, OwnerLabel: ownerLabel, TrustOwner: true, Update: c.required, Rules: goldenRules{}}
	change := server.newApplier(t, to.GroupVersionKind()).Update(t.Context(), target, object, earlier)
	if calls := strings.Join(server.calls, ", "); change.Result != c.result || change.Reason != c.reason || calls != c.calls || change.Throttled != c.throttled {
		t.Errorf("%s (%s, %v), throttled %v, by\n%s; want\n%s", change.Result, change.Reason, change.Err, change.Throttled, calls, c.calls)
	}
	path := SlowPath
	switch {
	case strings.HasSuffix(c.calls, "PATCH 200"):
		path = FastPath
	case c.absent:
		path = ""
	}
	if change.Path != path {
		t.Errorf("its path is %q, want %q", change.Path, path)
	}
	if c.failure != "" && (change.Err == nil || !strings.Contains(change.Err.Error(), c.failure)) {
		t.Errorf("the error is %v", change.Err)
	}
	if c.failure == ErrNotRecreated.Error() && (!errors.Is(change.Err, ErrNotRecreated) || QuotaOf(change.Err) != "small") {
		t.Errorf("the error is %v, of the quota %q", change.Err, QuotaOf(change.Err))
	}
}

func TestChangesReason(t *testing.T) {
	server := &objectServer{}
	from, to := newFaultCase(false)
	many := map[string]any{}
	for key := 'a'; key < 'z'; key++ {
		many[string(key)] = "2"
	}
	to.Object["data"] = many
	server.live = from.DeepCopy()
	server.live.SetLabels(map[string]string{ownerLabel: "web"})
	labels := manifest.NewLabels(map[string]string{ownerLabel: "web"})
	old := newGoldenObject(t, from)
	change := server.newApplier(t, to.GroupVersionKind()).PreviewUpdate(t.Context(), Target{Namespace: "bar", Labels: labels, OwnerLabel: ownerLabel, Rules: goldenRules{}},
		newGoldenObject(t, to), Earlier{Objects: func(context.Context) []manifest.Object { return []manifest.Object{old} }})
	if paths := strings.Count(change.Reason, "data."); change.Result != Updated || paths != maxChanges || !strings.HasSuffix(change.Reason, " and more") {
		t.Errorf("%s with %d paths: %s", change.Result, paths, change.Reason)
	}
}
