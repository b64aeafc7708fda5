package integration

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/clock"

	"seedbed.dev/seedbed/pkg/admission"
	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/cluster"
)

func useOf(baseline string) authorizationv1.ResourceAttributes {
	return authorizationv1.ResourceAttributes{Verb: v1alpha1.VerbUse, Group: v1alpha1.GroupName, Resource: "baselines", Name: baseline}
}

// countingReviewer returns a reviewer on the API server, and the number of its requests.
func countingReviewer(t *testing.T) (*admission.AccessReviewer, *atomic.Int64) {
	t.Helper()
	var asked atomic.Int64
	config := interceptedConfig(func(request *http.Request) error {
		if strings.HasSuffix(request.URL.Path, "/subjectaccessreviews") {
			asked.Add(1)
		}
		return nil
	}, nil)
	return admission.NewAccessReviewer(clientFor(t, config).AuthorizationV1().SubjectAccessReviews(), clock.RealClock{}), &asked
}

func TestAccessReviewerSendsWholeUser(t *testing.T) {
	e := &admissionEnv{id: newNamespace(t, "reviewer"), admin: adminClient(t)}
	web := e.uniqueName("web")
	e.grantRules(t, "jane", policyRule(v1alpha1.GroupName, "baselines", []string{web}, "use"))
	e.grantRules(t, "joe", policyRule(v1alpha1.GroupName, "baselines", nil, "use"))
	reviewer, _ := countingReviewer(t)
	masters := []string{"system:masters"}
	for name, test := range map[string]struct {
		user authenticationv1.UserInfo
		name string
		want bool
	}{
		"the name that is granted":      {authenticationv1.UserInfo{Username: e.uniqueName("jane")}, web, true},
		"another name":                  {authenticationv1.UserInfo{Username: e.uniqueName("jane")}, e.uniqueName("api"), false},
		"all names, with one granted":   {authenticationv1.UserInfo{Username: e.uniqueName("jane")}, "", false},
		"all names":                     {authenticationv1.UserInfo{Username: e.uniqueName("joe")}, "", true},
		"any name":                      {authenticationv1.UserInfo{Username: e.uniqueName("joe")}, e.uniqueName("api"), true},
		"another user":                  {authenticationv1.UserInfo{Username: e.uniqueName("mallory")}, web, false},
		"another user of a group":       {authenticationv1.UserInfo{Username: e.uniqueName("mallory"), Groups: masters}, web, true},
		"uid and extra are passed on":   {authenticationv1.UserInfo{Username: e.uniqueName("jane"), UID: "1", Extra: map[string]authenticationv1.ExtraValue{"scope": {"a"}}}, web, true},
		"the group does not stick":      {authenticationv1.UserInfo{Username: e.uniqueName("mallory")}, e.uniqueName("api"), false},
		"a user whose name has a quote": {authenticationv1.UserInfo{Username: e.uniqueName(`jane","`)}, web, false},
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 { // the second answer may be cached
				allowed, err := reviewer.Review(testContext(t), test.user, useOf(test.name))
				if err != nil || allowed != test.want {
					t.Errorf("allowed %v, %v; want %v", allowed, err, test.want)
				}
			}
		})
	}
}

func TestAccessReviewerCachesOnlyAllowed(t *testing.T) {
	e := &admissionEnv{id: newNamespace(t, "reviewer"), admin: adminClient(t)}
	reviewer, asked := countingReviewer(t)
	jane := authenticationv1.UserInfo{Username: e.uniqueName("jane")}
	review := func() bool {
		t.Helper()
		allowed, err := reviewer.Review(testContext(t), jane, useOf("web"))
		if err != nil {
			t.Fatal(err)
		}
		return allowed
	}
	for range 2 {
		if review() {
			t.Fatal("allowed though nothing is granted")
		}
	}
	if times := asked.Load(); times != 2 {
		t.Fatalf("asked %d times for two refusals", times)
	}
	binding := e.grantRules(t, "jane", policyRule(v1alpha1.GroupName, "baselines", nil, "use"))
	for range 50 {
		if !review() {
			t.Fatal("refused though it is granted")
		}
	}
	// On a machine so slow that fifty calls take five seconds there is one more.
	if times := asked.Load() - 2; times > 2 {
		t.Errorf("asked %d times for fifty allowed reviews", times)
	}
	began := time.Now()
	e.revokeBinding(t, binding)
	if err := cluster.Eventually(testContext(t), func(context.Context) error {
		if review() {
			return errors.New("still allowed")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	t.Logf("refused %s after the right was taken away", time.Since(began).Round(time.Millisecond))
}

func (e *admissionEnv) revokeBinding(t *testing.T, binding *rbacv1.ClusterRoleBinding) {
	t.Helper()
	if err := e.admin.Delete(testContext(t), binding); err != nil {
		t.Fatal(err)
	}
}

func TestAccessReviewerReturnsErrors(t *testing.T) {
	e := &admissionEnv{id: newNamespace(t, "reviewer"), admin: adminClient(t)}
	unprivileged, err := testCluster.UserConfig(testContext(t), e.uniqueName("nobody"), nil)
	if err != nil {
		t.Fatal(err)
	}
	forbidden := admission.NewAccessReviewer(clientFor(t, unprivileged).AuthorizationV1().SubjectAccessReviews(), clock.RealClock{})
	allowed, err := forbidden.Review(testContext(t), authenticationv1.UserInfo{Username: "jane", Groups: []string{"system:masters"}}, useOf("web"))
	if allowed || !apierrors.IsForbidden(err) || !strings.HasPrefix(err.Error(), `reviewing whether user "jane" may use baselines "web": `) {
		t.Errorf("without permission to ask: %v, %v", allowed, err)
	}
	reviewer, _ := countingReviewer(t)
	late, cancel := context.WithCancel(testContext(t))
	cancel()
	allowed, err = reviewer.Review(late, authenticationv1.UserInfo{Username: "jane", Groups: []string{"system:masters"}}, useOf("web"))
	if allowed || !errors.Is(err, context.Canceled) {
		t.Errorf("after the deadline: %v, %v", allowed, err)
	}
}

func TestAccessReviewerRetriesWhileAPIServerIsUnavailable(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	masters := authenticationv1.UserInfo{Username: "jane", Groups: []string{"system:masters"}}
	for name, test := range map[string]struct {
		failures int64
		within   time.Duration
		want     bool
	}{
		"for a moment":                      {3, waitTimeout, true},
		"for longer than the request waits": {1 << 30, 300 * time.Millisecond, false},
	} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int64
			config := interceptedConfig(func(request *http.Request) error {
				if strings.HasSuffix(request.URL.Path, "/subjectaccessreviews") && asked.Add(1) <= test.failures {
					return refused
				}
				return nil
			}, nil)
			reviewer := admission.NewAccessReviewer(clientFor(t, config).AuthorizationV1().SubjectAccessReviews(), clock.RealClock{})
			ctx, cancel := context.WithTimeout(testContext(t), test.within)
			defer cancel()
			allowed, err := reviewer.Review(ctx, masters, useOf("web"))
			if allowed != test.want || test.want != (err == nil) {
				t.Errorf("allowed %t, %v after %d questions; want %t", allowed, err, asked.Load(), test.want)
			}
			if !test.want && !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("the error is %v; want the cause in it", err)
			}
			if asked.Load() < 2 {
				t.Errorf("it asked %d times", asked.Load())
			}
		})
	}
}
