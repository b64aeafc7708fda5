package integration

import (
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func testNamespaceCreate(t *testing.T, c *commandLine) {
	for _, name := range []string{"web", "logging"} {
		c.createObject(t, &v1alpha1.Baseline{ObjectMeta: namedMeta(c.uniqueName(name)), Spec: v1alpha1.BaselineSpec{Backup: "b"}})
	}
	c.deleteAtEnd(t, &corev1.Namespace{ObjectMeta: namedMeta(c.uniqueName("new"))})
	c.requireOutput(t, "namespace create new-% --baseline web-%,logging-% --label team=a", "Namespace \"new-%\" created: it asks for web-%,logging-%.\n"+
		"Run `kubectl wait ns/new-% --for=condition=BaselineReady` to wait until it is filled.\n")
	namespace := &corev1.Namespace{}
	if err := c.admin.Get(testContext(t), client.ObjectKey{Name: c.uniqueName("new")}, namespace); err != nil {
		t.Fatal(err)
	}
	if namespace.Labels["team"] != "a" || namespace.Annotations[v1alpha1.AnnotationBaseline] != c.expandID("web-%,logging-%") {
		t.Errorf("created %+v", namespace.ObjectMeta)
	}
	c.requireRefused(t, "namespace create new-% --baseline web-%", "namespace \"new-%\" already exists: ask for baselines there with `kubectl annotate namespace new-% seedbed.dev/baseline=web-%`")
	c.requireRefused(t, "create ns newer-% --baseline wbe-%", "baseline \"wbe-%\" does not exist: did you mean \"web-%\"?")

	for name, test := range map[string]struct {
		status           corev1.ConditionStatus
		reason, out, err string
	}{
		"filled": {corev1.ConditionTrue, v1alpha1.ReasonRestored, "Namespace \"filled-%\" is filled (said so).\n", ""},
		"failed": {corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed, "", "error: namespace \"failed-%\" is not filled: RestoreFailed: said so\n"},
	} {
		t.Run(name, func(t *testing.T) {
			c.deleteAtEnd(t, &corev1.Namespace{ObjectMeta: namedMeta(c.uniqueName(name))})
			e := c.startCall(t, "namespace create "+name+"-% --baseline web-% --wait")
			e.awaitLine(t, "waiting to be filled")
			c.setBaselineReady(t, c.uniqueName(name), corev1.ConditionFalse, v1alpha1.ReasonPopulating)
			e.awaitLine(t, "Populating: said so")
			c.setBaselineReady(t, c.uniqueName(name), test.status, test.reason)
			out, errOut, code := e.awaitExit(t)
			if (code == 0) != (test.err == "") || !strings.HasSuffix(out, c.expandID(test.out)) || !strings.HasSuffix(errOut, c.expandID(test.err)) {
				t.Errorf("exit code %d\n%s%s", code, out, errOut)
			}
		})
	}
}

// setBaselineReady writes a namespace's condition BaselineReady once the namespace exists.
func (c *commandLine) setBaselineReady(t *testing.T, name string, status corev1.ConditionStatus, reason string) {
	t.Helper()
	namespace := &corev1.Namespace{}
	c.patchStatus(t, client.ObjectKey{Name: name}, namespace, func() {
		namespace.Status.Conditions = []corev1.NamespaceCondition{{
			Type: v1alpha1.ConditionBaselineReady, Status: status, Reason: reason, Message: "said so", LastTransitionTime: metav1.Now(),
		}}
	})
}

// A backup without a name is named after its first namespace and the time, within the length of a label's value.
func testBackupName(t *testing.T, c *commandLine) {
	before := time.Now().Add(-time.Second).UTC() //nolint:forbidigo // the command's clock
	name := strings.TrimPrefix(strings.TrimSpace(c.mustSucceed(t, "create backup --include-namespaces %,default --ttl 30d -o name")), "baselinebackup.seedbed.dev/")
	made, err := time.Parse("20060102150405", strings.TrimPrefix(name, c.id+"-"))
	if err != nil || made.Before(before.Truncate(time.Second)) {
		t.Errorf("the backup is called %q: %v", name, err)
	}
	long := strings.Repeat("n", 63)
	if out := c.mustSucceed(t, "create backup --include-namespaces "+long+" -o name"); len(strings.TrimPrefix(strings.TrimSpace(out), "baselinebackup.seedbed.dev/")) != 63 {
		t.Errorf("the backup is called %q", out)
	}
}

// The controllers' state is printed as far as the user may read it.
func testVersion(t *testing.T, c *commandLine) {
	const client = "Client:\n  Version:  v1.2.3\n  API:      seedbed.dev/v1alpha1\nServer:\n"
	c.requireOutput(t, "version --as nobody", client+"  API:          seedbed.dev/v1alpha1\n"+
		"  Controllers:  unknown: you may not list deployments.apps in namespace seedbed-system\n"+
		"  Leader:       unknown: you may not get leases in namespace seedbed-system\n")
	pod := corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": c.id}}}
	pod.Spec.Containers = []corev1.Container{{Name: "controller", Image: "seedbed:v2"}}
	two := int32(2)
	c.createObject(t, &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: c.id, Name: "seedbed", Labels: map[string]string{"app.kubernetes.io/name": "seedbed", "app.kubernetes.io/version": "2.0.0"}},
		Spec:       appsv1.DeploymentSpec{Replicas: &two, Selector: &metav1.LabelSelector{MatchLabels: pod.Labels}, Template: pod},
	})
	c.requireOutput(t, "version", client+"  Version:      2.0.0 (image seedbed:v2)\n  API:          seedbed.dev/v1alpha1\n"+
		"  Controllers:  0 of 2 ready in namespace %\n  Leader:       none: there is no lease seedbed-leader in namespace %\n")
}
