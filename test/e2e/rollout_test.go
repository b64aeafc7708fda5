//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// rolloutNamespacesEnv names the variable with the number of namespaces with a pod, and of those without.
const rolloutNamespacesEnv = "SEEDBED_ROLLOUT_NAMESPACES"

// rolloutSteps is a merge patch: the canary, then a tenth, then all.
const rolloutSteps = `{"spec":{"rollout":{"steps":[
  {"name":"canary","namespaceSelector":{"matchLabels":{"` + canaryLabel + `":"yes"}},"soak":"5s"},
  {"name":"tenth","namespaces":"10%"}]}}}`

// TestRollout rotates a credential in namespaces with running pods, stops at a backup that cannot be written, and undoes it. Then
// tenants change and delete objects, and audits find that and put them back.
func TestRollout(t *testing.T) {
	e := newEnv(t)
	f := &rolloutFleet{env: e, pods: readRolloutNamespaces(t)}
	for _, step := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"install", func(t *testing.T) { testInstall(t, e) }},
		{"populate", f.testPopulate},
		{"tenants change", f.testTenants},
		{"rotate", f.testRotate},
		{"pods see it", f.testPods},
		{"stop", f.testStop},
		{"undo", f.testUndo},
		{"drift", f.testDrift},
	} {
		// Each step needs the ones before it.
		if !t.Run(step.name, step.run) {
			e.dumpState(t)
			t.Fatalf("step %q failed; the steps after it were left out", step.name)
		}
	}
}

func readRolloutNamespaces(t *testing.T) int {
	t.Helper()
	given := os.Getenv(rolloutNamespacesEnv)
	if given == "" {
		return 4
	}
	count, err := strconv.Atoi(given)
	if err != nil || count < 4 {
		t.Fatalf("%s is %q: it must be a number, 4 or more", rolloutNamespacesEnv, given)
	}
	return count
}

// testPopulate makes the source, the baseline with its steps, and the namespaces with and without a pod.
func (f *rolloutFleet) testPopulate(t *testing.T) {
	e, source := f.env, f.runName("source")
	e.createObjects(t, newRolloutSource(source)...)
	e.mustRun(t, "seedbed", "backup", "create", "web-1", "--include-namespaces", source, "--wait")
	e.mustRun(t, "seedbed", "baseline", "create", baseline, "--backup", "web-1", "--namespace-selector", teamLabel+"="+e.run, "--wait")
	e.mustRun(t, "kubectl", "patch", "baseline", baseline, "--type=merge", "--patch", rolloutSteps)
	began := time.Now()
	f.createNamespaces(t)
	f.awaitCounts(t, f.size(), 0)
	t.Logf("%d namespaces were populated %s after the first was created", f.size(), time.Since(began).Round(time.Millisecond))
	f.createPods(t)
	f.awaitPrinted(t, func(int) string { return "first" })
	e.mustRun(t, "kubectl", "get", "baseline", baseline)
}

// testTenants adds a key to one Secret, changes the password in another one, and deletes a ConfigMap.
func (f *rolloutFleet) testTenants(t *testing.T) {
	f.mustRun(t, "kubectl", "-n", f.namespace(adder), "patch", "secret", "login", "--patch", `{"stringData":{"colour":"green"}}`)
	f.mustRun(t, "kubectl", "-n", f.namespace(changer), "patch", "secret", "login", "--patch", `{"stringData":{"password":"mine"}}`)
	f.mustRun(t, "kubectl", "-n", f.namespace(deleter), "delete", "configmap", "settings")
}

// testRotate sets a backup with another password and other settings, and follows it through the three steps.
func (f *rolloutFleet) testRotate(t *testing.T) {
	source := f.runName("source")
	f.mustRun(t, "kubectl", "-n", source, "patch", "secret", "login", "--patch", `{"stringData":{"password":"second"}}`)
	f.mustRun(t, "kubectl", "-n", source, "patch", "configmap", "settings", "--patch", `{"data":{"mode":"second"}}`)
	f.mustRun(t, "seedbed", "backup", "create", "web-2", "--include-namespaces", source, "--wait")
	f.mustRun(t, "seedbed", "baseline", "preview", baseline, "--namespace", f.namespace(changer), "--backup", "web-2")
	began := time.Now()
	requireContains(t, f.mustRun(t, "seedbed", "baseline", "set", baseline, "--backup", "web-2"),
		fmt.Sprintf("%d namespaces hold the baseline", f.size()))
	watched := f.mustRun(t, "seedbed", "baseline", "rollout", "status", baseline, "--watch")
	t.Logf("%d namespaces were updated in three steps, with a soak of 5s, in %s", f.size(), time.Since(began).Round(time.Millisecond))
	requireContains(t, watched, "is rolled out", "2 kept")
	f.mustRun(t, "kubectl", "wait", "baseline/"+baseline, "--for=condition=RolledOut", "--timeout=1m")
	f.requireKept(t)
	f.requirePasswords(t, "second")
	if keys := f.getSecret(t, adder).Data; string(keys["colour"]) != "green" {
		t.Errorf("the key that the tenant added is gone: %d keys are there", len(keys))
	}
}

// requireKept checks that the objects that tenants changed and deleted are as they left them, and named with the reason.
func (f *rolloutFleet) requireKept(t *testing.T) {
	t.Helper()
	requireContains(t, f.mustRun(t, "seedbed", "baseline", "rollout", "status", baseline),
		f.namespace(changer)+": secrets/login kept: data.password was changed by kubectl",
		f.namespace(deleter)+": configmaps/settings kept: was deleted here")
	if out, err := f.runCommand(f.newContext(t), "kubectl", "-n", f.namespace(deleter), "get", "configmap", "settings"); err == nil {
		t.Errorf("the ConfigMap that the tenant deleted is back:\n%s", out)
	}
}

// testPods waits until the kubelet has the new password in the pods' volumes. No pod is restarted for it.
func (f *rolloutFleet) testPods(t *testing.T) {
	began := time.Now()
	f.awaitPrinted(t, f.password("second"))
	t.Logf("all %d pods had the password in their volume %s after the rollout", f.pods, time.Since(began).Round(time.Second))
	f.mustRun(t, "kubectl", "-n", f.namespace(canary), "logs", "reader")
	f.requireNoRestart(t)
}

// testStop sets a backup with an object that cannot be written. The first namespace stops the rollout.
func (f *rolloutFleet) testStop(t *testing.T) {
	source := f.runName("source")
	f.mustRun(t, "kubectl", "-n", source, "patch", "secret", "login", "--patch", `{"stringData":{"password":"third"}}`)
	f.replaceDatabase(t, source)
	f.mustRun(t, "seedbed", "backup", "create", "web-3", "--include-namespaces", source, "--wait")
	f.mustRun(t, "seedbed", "baseline", "set", baseline, "--backup", "web-3")
	out, err := f.runCommand(f.newContext(t), "seedbed", "baseline", "rollout", "status", baseline, "--watch")
	t.Logf("$ seedbed baseline rollout status %s --watch\n%s", baseline, out)
	if err == nil || !strings.Contains(out, "TooManyFailures") {
		t.Errorf("the rollout did not stop: %v", err)
	}
	requireContains(t, f.mustRun(t, "seedbed", "baseline", "rollout", "status", baseline), f.namespace(canary)+": statefulsets.apps/db")
	f.awaitCounts(t, 0, f.size()-1)
	if got := f.countPassword(t, "third"); got != 1 {
		t.Errorf("%d namespaces have the password of the backup that failed, want the first alone", got)
	}
}

// testUndo goes back to the revision before.
func (f *rolloutFleet) testUndo(t *testing.T) {
	f.mustRun(t, "seedbed", "baseline", "rollout", "history", baseline)
	requireContains(t, f.mustRun(t, "seedbed", "baseline", "rollout", "undo", baseline, "--wait"), "backup web-2 (was web-3)", "is rolled out")
	f.mustRun(t, "kubectl", "wait", "baseline/"+baseline, "--for=condition=RolledOut", "--timeout=1m")
	f.awaitCounts(t, f.size(), 0)
	f.requirePasswords(t, "second")
	f.mustRun(t, "kubectl", "get", "baseline", baseline, "-o", "wide")
}

// testDrift deletes an object and changes another one. An audit reports these alone, although kubelets, schedulers and controllers have
// worked in the namespaces; another one puts them back.
func (f *rolloutFleet) testDrift(t *testing.T) {
	f.mustRun(t, "kubectl", "-n", f.namespace(canary), "delete", "configmap", "settings")
	f.mustRun(t, "kubectl", "-n", f.namespace(adder), "patch", "secret", "login", "--patch", `{"stringData":{"password":"drifted"}}`)
	requireContains(t, f.mustRun(t, "seedbed", "baseline", "audit", baseline, "--wait"),
		fmt.Sprintf("%d namespaces audited, 2 drifted, 0 skipped", f.size()),
		f.namespace(canary)+": configmaps/settings missing", f.namespace(adder)+": secrets/login changed: data.password was changed by kubectl")
	requireContains(t, f.mustRun(t, "seedbed", "fleet", "namespaces", "--baseline", baseline, "--drifted"), f.namespace(canary), f.namespace(adder))
	f.mustRun(t, "kubectl", "patch", "baseline", baseline, "--type=merge", "--patch", `{"spec":{"drift":"Correct"}}`)
	requireContains(t, f.mustRun(t, "seedbed", "baseline", "audit", baseline, "--wait"),
		f.namespace(canary)+": configmaps/settings put back (deleted)", f.namespace(adder)+": secrets/login put back (changed by kubectl")
	f.requirePasswords(t, "second")
	if keys := f.getSecret(t, adder).Data; string(keys["colour"]) != "green" {
		t.Errorf("the key that the tenant added is gone: %d keys are there", len(keys))
	}
	requireContains(t, f.mustRun(t, "seedbed", "baseline", "audit", baseline, "--wait"), "0 drifted")
}
