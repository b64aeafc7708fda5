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

// manyEnv is how many namespaces TestManyNamespacesFromBeforeThePolicies makes, manyDefault without it.
const (
	manyEnv     = "SEEDBED_TEST_NAMESPACES"
	manyDefault = 300
)

// A fleet that was annotated before Seedbed was installed: what it reads, and one command that asks for all of it.
func TestManyNamespacesFromBeforeThePolicies(t *testing.T) {
	count := manyDefault
	if value := os.Getenv(manyEnv); value != "" {
		var err error
		if count, err = strconv.Atoi(value); err != nil {
			t.Fatal(err)
		}
	}
	w := alone(t)
	w.removePolicies()
	w.createMany(count)
	w.startBare()
	w.installPolicies()
	installed := time.Now()
	w.awaitMany(count, "marked", func(n *corev1.Namespace) bool { return n.Annotations[v1alpha1.AnnotationNotAuthorized] != "" })
	t.Logf("%d namespaces were marked %s after the policies counted", count, time.Since(installed).Round(time.Millisecond))
	w.awaitMany(count, "NotAuthorized", func(n *corev1.Namespace) bool {
		ready := v1alpha1.FindNamespaceCondition(n.Status.Conditions, v1alpha1.ConditionBaselineReady)
		return ready != nil && ready.Reason == v1alpha1.ReasonNotAuthorized
	})
	t.Logf("all of them read NotAuthorized after %s", time.Since(installed).Round(time.Millisecond))
	if err := w.AwaitWebhooks(w.ctx()); err != nil {
		t.Fatal(err)
	}
	w.web()

	began := time.Now()
	out := w.tool("baseline", "authorize", "--all")
	took := time.Since(began)
	w.says(out, "namespace/many-0 asked for", fmt.Sprintf("Asked for %d of %d namespaces", count, count))
	if lines := strings.Count(out, "\n"); lines != count+1 {
		t.Errorf("%d lines, want one for each and a count", lines)
	}
	w.awaitMany(count, "ready", func(n *corev1.Namespace) bool {
		ready := v1alpha1.FindNamespaceCondition(n.Status.Conditions, v1alpha1.ConditionBaselineReady)
		return ready != nil && ready.Status == corev1.ConditionTrue
	})
	t.Logf("seedbed baseline authorize --all took %s, and the namespaces were ready %s after it began", took.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
	w.holds(fmt.Sprintf("many-%d", count-1), "a")
}

func (w *world) createMany(count int) {
	w.t.Helper()
	var group errgroup.Group
	group.SetLimit(16)
	for i := range count {
		group.Go(func() error { return w.Client.Create(w.t.Context(), asking(fmt.Sprintf("many-%d", i), "web")) })
	}
	if err := group.Wait(); err != nil {
		w.t.Fatal(err)
	}
}

// awaitMany waits, for as long as many take, until all the namespaces are as they should be.
func (w *world) awaitMany(count int, what string, is func(*corev1.Namespace) bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience+time.Duration(count)*50*time.Millisecond)
	defer cancel()
	if err := cluster.Eventually(ctx, func(ctx context.Context) error {
		var namespaces corev1.NamespaceList
		if err := w.Client.List(ctx, &namespaces); err != nil {
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
		w.t.Fatal(err)
	}
}

// toolAs calls the tool as somebody, and returns what it printed and whether it failed.
func (w *world) toolAs(kubeconfig string, args ...string) (string, bool) {
	w.t.Helper()
	command, err := w.Tool(w.ctx(), append(args, "--kubeconfig", kubeconfig)...)
	if err != nil {
		w.t.Fatal(err)
	}
	out, err := command.CombinedOutput()
	if _, failed := err.(*exec.ExitError); err != nil && !failed { //nolint:errorlint // as exec returns it
		w.t.Fatal(err)
	}
	return string(out), err != nil
}

// kubeconfig writes the credentials of a user of this world.
func (w *world) kubeconfig(user string) string {
	w.t.Helper()
	config, err := w.Cluster.UserConfig(w.ctx(), w.name(user), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	path := w.t.TempDir() + "/kubeconfig"
	if err := cluster.WriteKubeconfig(path, config); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// The command asks as its caller, tells what became of each, and goes on.
func TestAuthorizeAsksAsItsCaller(t *testing.T) {
	w := own(t)
	w.removePolicies()
	w.create(asking("one", "web"), asking("two", "web,secret"), asking("three", "web"), asking("plain", "none"))
	w.startBare()
	w.installPolicies()
	if err := w.AwaitWebhooks(w.ctx()); err != nil {
		t.Fatal(err)
	}
	w.web()
	w.create(asking("new", "web"))
	w.holds("new", "a")
	w.unauthorized("one", "two", "three")
	w.permitted()
	w.user("bob", onNamespaces...)
	alice, bob := w.kubeconfig("alice"), w.kubeconfig("bob")

	out, failed := w.toolAs(bob, "baseline", "authorize", "one", "plain", "new")
	w.says(out, `namespace/one failed: annotation seedbed.dev/baseline: baseline "web" does not exist, or you may not use it: "seedbed baseline get --mine" lists those that you may`,
		"namespace/plain unchanged: nothing refuses what it asks for", "namespace/new unchanged", "Asked for 0 of 3 namespaces", "1 of 3 namespaces could not be asked for")
	if !failed {
		t.Error("it did not fail")
	}
	out, failed = w.toolAs(alice, "baseline", "authorize", "--all")
	w.says(out, `namespace/one asked for "web"`, `namespace/two failed: annotation seedbed.dev/baseline: baseline "secret" does not exist`, `namespace/three asked for "web"`, "Asked for 2 of 3 namespaces")
	if !failed {
		t.Error("it did not fail")
	}
	w.holds("one", "a")
	w.holds("three", "a")
	w.unauthorized("two")
	w.empty("a", "two")
	out, failed = w.toolAs(alice, "baseline", "get", "--mine")
	w.says(out, "you may not list baselines; your permissions let you choose, if they exist: web")
	if !failed {
		t.Error("it did not fail")
	}
	out, _ = w.toolAs(bob, "baseline", "get", "--mine")
	w.says(out, "your permissions name none")

	w.create(&v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "other"}, Spec: v1alpha1.BaselineSpec{Backup: "any"}})
	w.user("carol", may("list,get", v1alpha1.GroupName, "baselines"), may(v1alpha1.VerbUse, v1alpha1.GroupName, "baselines", "web"))
	out, failed = w.toolAs(w.kubeconfig("carol"), "baseline", "get", "--mine")
	if failed || !strings.Contains(out, "web") || strings.Contains(out, "other") {
		t.Errorf("what carol may choose: failed %v: %s", failed, out)
	}
	if out := w.tool("baseline", "get", "--mine"); !strings.Contains(out, "web") || !strings.Contains(out, "other") {
		t.Errorf("an administrator may choose both: %s", out)
	}
}
