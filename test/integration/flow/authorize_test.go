package flow

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/cluster"
)

// manyEnv sets the number of namespaces of TestManyNamespacesFromBeforeThePolicies; the default is manyDefault.
const (
	manyEnv     = "SEEDBED_TEST_NAMESPACES"
	manyDefault = 300
)

// A fleet annotated before Seedbed was installed: its conditions, and one command that authorizes all of it.
func TestManyNamespacesFromBeforeThePolicies(t *testing.T) {
	count := manyDefault
	if value := os.Getenv(manyEnv); value != "" {
		var err error
		if count, err = strconv.Atoi(value); err != nil {
			t.Fatal(err)
		}
	}
	e := newExclusiveInstallation(t)
	e.removePolicies()
	e.createMany(count)
	e.startBare()
	e.installPolicies()
	began := time.Now()
	e.awaitMany(count, "marked", func(n *corev1.Namespace) bool { return n.Annotations[v1alpha1.AnnotationNotAuthorized] != "" })
	t.Logf("%d namespaces were marked %s after the policies counted", count, time.Since(began).Round(time.Millisecond))
	e.awaitMany(count, "NotAuthorized", func(n *corev1.Namespace) bool {
		ready := v1alpha1.FindNamespaceCondition(n.Status.Conditions, v1alpha1.ConditionBaselineReady)
		return ready != nil && ready.Reason == v1alpha1.ReasonNotAuthorized
	})
	t.Logf("all of them read NotAuthorized after %s", time.Since(began).Round(time.Millisecond))
	if err := e.AwaitWebhooks(e.ctx()); err != nil {
		t.Fatal(err)
	}
	e.createWebBaseline()

	began = time.Now()
	out := e.runTool("baseline", "authorize", "--all")
	took := time.Since(began)
	e.requireContains(out, "namespace/many-0 asked for", fmt.Sprintf("Asked for %d of %d namespaces", count, count))
	if lines := strings.Count(out, "\n"); lines != count+1 {
		t.Errorf("%d lines, want one for each and a count", lines)
	}
	e.awaitMany(count, "ready", func(n *corev1.Namespace) bool {
		ready := v1alpha1.FindNamespaceCondition(n.Status.Conditions, v1alpha1.ConditionBaselineReady)
		return ready != nil && ready.Status == corev1.ConditionTrue
	})
	t.Logf("seedbed baseline authorize --all took %s, and the namespaces were ready %s after it began", took.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
	e.awaitConfigMap(fmt.Sprintf("many-%d", count-1), "a")
}

func (e *env) createMany(count int) {
	e.t.Helper()
	var group errgroup.Group
	group.SetLimit(16)
	for i := range count {
		group.Go(func() error {
			return e.Client.Create(e.t.Context(), annotatedNamespace(fmt.Sprintf("many-%d", i), "web"))
		})
	}
	if err := group.Wait(); err != nil {
		e.t.Fatal(err)
	}
}

// awaitMany waits, for as long as many take, until all the namespaces satisfy the check.
func (e *env) awaitMany(count int, what string, is func(*corev1.Namespace) bool) {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), patience+time.Duration(count)*50*time.Millisecond)
	defer cancel()
	if err := cluster.Eventually(ctx, func(ctx context.Context) error {
		var namespaces corev1.NamespaceList
		if err := e.Client.List(ctx, &namespaces); err != nil {
			return err
		}
		found := 0
		for i := range namespaces.Items {
			if n := &namespaces.Items[i]; strings.HasPrefix(n.Name, "many-") && is(n) {
				found++
			}
		}
		if found != count {
			return fmt.Errorf("%d of %d namespaces are %s", found, count, what)
		}
		return nil
	}); err != nil {
		e.t.Fatal(err)
	}
}

// runToolAs calls the tool as a user, and returns its output and whether it failed.
func (e *env) runToolAs(kubeconfig string, args ...string) (string, bool) {
	e.t.Helper()
	command, err := e.Tool(e.ctx(), append(args, "--kubeconfig", kubeconfig)...)
	if err != nil {
		e.t.Fatal(err)
	}
	out, err := command.CombinedOutput()
	if _, failed := err.(*exec.ExitError); err != nil && !failed { //nolint:errorlint // as exec returns it
		e.t.Fatal(err)
	}
	return string(out), err != nil
}

// writeKubeconfig writes the credentials of a user of this control plane.
func (e *env) writeKubeconfig(user string) string {
	e.t.Helper()
	config, err := e.Cluster.UserConfig(e.ctx(), e.uniqueName(user), nil)
	if err != nil {
		e.t.Fatal(err)
	}
	path := e.t.TempDir() + "/kubeconfig"
	if err := cluster.WriteKubeconfig(path, config); err != nil {
		e.t.Fatal(err)
	}
	return path
}

// The command uses its caller's permissions, prints a result for each namespace, and continues after a failure.
func TestAuthorizeUsesCallersPermissions(t *testing.T) {
	e := newInstallation(t)
	e.removePolicies()
	e.createObjects(annotatedNamespace("one", "web"), annotatedNamespace("two", "web,secret"), annotatedNamespace("three", "web"), annotatedNamespace("plain", "none"))
	e.startBare()
	e.installPolicies()
	if err := e.AwaitWebhooks(e.ctx()); err != nil {
		t.Fatal(err)
	}
	e.createWebBaseline()
	e.createObjects(annotatedNamespace("new", "web"))
	e.awaitConfigMap("new", "a")
	e.awaitUnauthorized("one", "two", "three")
	e.newWebUser()
	e.newUser("bob", onNamespaces...)
	alice, bob := e.writeKubeconfig("alice"), e.writeKubeconfig("bob")

	out, failed := e.runToolAs(bob, "baseline", "authorize", "one", "plain", "new")
	e.requireContains(out, `namespace/one failed: annotation seedbed.dev/baseline: baseline "web" does not exist, or you may not use it: "seedbed baseline get --mine" lists those that you may`,
		"namespace/plain unchanged: nothing refuses what it asks for", "namespace/new unchanged", "Asked for 0 of 3 namespaces", "1 of 3 namespaces could not be asked for")
	if !failed {
		t.Error("it did not fail")
	}
	out, failed = e.runToolAs(alice, "baseline", "authorize", "--all")
	e.requireContains(out, `namespace/one asked for "web"`, `namespace/two failed: annotation seedbed.dev/baseline: baseline "secret" does not exist`, `namespace/three asked for "web"`, "Asked for 2 of 3 namespaces")
	if !failed {
		t.Error("it did not fail")
	}
	e.awaitConfigMap("one", "a")
	e.awaitConfigMap("three", "a")
	e.awaitUnauthorized("two")
	e.requireNoConfigMap("a", "two")
	out, failed = e.runToolAs(alice, "baseline", "get", "--mine")
	e.requireContains(out, "you may not list baselines; your permissions let you choose, if they exist: web")
	if !failed {
		t.Error("it did not fail")
	}
	out, _ = e.runToolAs(bob, "baseline", "get", "--mine")
	e.requireContains(out, "your permissions name none")

	e.createObjects(&v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "other"}, Spec: v1alpha1.BaselineSpec{Backup: "any"}})
	e.newUser("carol", newRule("list,get", v1alpha1.GroupName, "baselines"), newRule(v1alpha1.VerbUse, v1alpha1.GroupName, "baselines", "web"))
	out, failed = e.runToolAs(e.writeKubeconfig("carol"), "baseline", "get", "--mine")
	if failed || !strings.Contains(out, "web") || strings.Contains(out, "other") {
		t.Errorf("what carol may choose: failed %v: %s", failed, out)
	}
	if out := e.runTool("baseline", "get", "--mine"); !strings.Contains(out, "web") || !strings.Contains(out, "other") {
		t.Errorf("an administrator may choose both: %s", out)
	}
}
