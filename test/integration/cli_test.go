package integration

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestCommandLine(t *testing.T) {
	c := newCommandLine(t)
	for name, test := range map[string]func(*testing.T, *commandLine){
		"reports a missing installation":        testNotInstalled,
		"is a plugin of kubectl":                testPlugin,
		"completes names":                       testCompletion,
		"takes a backup and deletes it":         testBackup,
		"waits for a backup":                    testBackupWait,
		"refuses a bad backup":                  testBadBackup,
		"makes a baseline":                      testBaseline,
		"refuses a bad baseline":                testBadBaseline,
		"lists holders of a baseline":           testHolders,
		"opens gates":                           testGate,
		"prints versions":                       testVersion,
		"creates a namespace":                   testNamespaceCreate,
		"names a backup":                        testBackupName,
		"adopts records":                        testAdopt,
		"rolls a baseline out":                  testRollout,
		"leaves GitOps its baselines":           testGitOps,
		"hands out baselines":                   testAccess,
		"lists users by other roles":            testOtherAccess,
		"hands out no more than its user has":   testForbiddenAccess,
		"restores into new and old namespaces":  testRestore,
		"waits for restores":                    testRestoreWait,
		"refuses a bad restore":                 testBadRestore,
		"makes no namespace it may not restore": testForbiddenRestore,
		"lists and deletes restores":            testRestores,
	} {
		t.Run(name, func(t *testing.T) { test(t, c.withID(newNamespace(t, "cli"))) })
	}
}

// A path that the API server does not serve is answered like the API of a cluster without Seedbed.
func testNotInstalled(t *testing.T, c *commandLine) {
	server := " --server " + testCluster.Config().Host + "/nowhere"
	const want = "Seedbed is not installed in this cluster (no seedbed.dev API): install it with `helm install seedbed charts/seedbed -n seedbed-system --create-namespace`"
	for _, call := range []string{
		"backup get", "backup get x", "backup describe x", "backup delete x --confirm",
		"baseline get", "baseline create x --backup b", "baseline delete --all --confirm", "baseline preview x -n default", "baseline adopt x --confirm", "baseline set x --backup b", "baseline rollout pause x",
		"restore get -A", "restore create --from-backup b -n default", "restore describe x", "restore create --from-backup b -n default --dry-run",
	} {
		c.requireRefused(t, call+server, want)
	}
}

func testPlugin(t *testing.T, c *commandLine) {
	plugin := c.withID(c.id)
	plugin.binary = filepath.Join(t.TempDir(), "kubectl-seedbed")
	if err := os.Symlink(c.binary, plugin.binary); err != nil {
		t.Fatal(err)
	}
	plugin.requireRefused(t, "baseline create", "a NAME is missing: kubectl seedbed baseline create NAME --backup BACKUP")
}

func testCompletion(t *testing.T, c *commandLine) {
	c.createBackup(t, "complete", v1alpha1.PhaseNew, c.id)
	for _, call := range []string{"backup describe", "restore create --from-backup"} {
		if out := c.mustSucceed(t, "__completeNoDesc "+call+" complete-"); !strings.HasPrefix(out, c.uniqueName("complete")+"\n") {
			t.Errorf("%s is completed with %q", call, out)
		}
	}
}

func testBackup(t *testing.T, c *commandLine) {
	ctx, name := testContext(t), c.uniqueName("taken")
	c.deleteAtEnd(t, &v1alpha1.BaselineBackup{ObjectMeta: namedMeta(name)})
	c.requireOutput(t, "backup create taken-% --include-namespaces % --include-resources svc --selector app=web --ttl 1h --labels team=a",
		"Backup request \"taken-%\" submitted successfully.\nRun `seedbed backup describe taken-%` for more details.\n")
	backup := &v1alpha1.BaselineBackup{}
	if err := c.admin.Get(ctx, client.ObjectKey{Name: name}, backup); err != nil {
		t.Fatal(err)
	}
	if backup.Labels["team"] != "a" || backup.Spec.LabelSelector == nil || backup.Spec.TTL.Hours() != 1 || len(backup.Spec.IncludedResources) != 1 {
		t.Errorf("created %+v", backup)
	}

	c.setBackup(t, name, v1alpha1.PhaseCompleted)
	wantLines(t, c.mustSucceed(t, "backup describe taken-% --details"), "Name:         "+name, "Labels:       team=a", "Phase:  Completed",
		"  Included:  "+c.id, "  Included:        svc", "Label selector:  app=web", "TTL:  1h0m0s", "Backup Format Version:  1.1.0",
		"Items backed up:              3", "Validation errors:  <none>", "  services:  3")
	wantLines(t, c.mustSucceed(t, "backup get taken-% -o jsonpath={.metadata.name}"), name)
	wantLines(t, c.mustSucceed(t, "backup get -l team=a -o name"), "baselinebackup.seedbed.dev/"+name)
	row := strings.Fields(strings.Split(c.mustSucceed(t, "backup get taken-%"), "\n")[1])
	if row[0] != name || row[1] != v1alpha1.PhaseCompleted {
		t.Errorf("row %v", row)
	}

	c.requireRefused(t, "backup delete taken-%", "not deleting backup \"taken-%\" without being asked: there is no terminal to confirm on, so add --confirm")
	c.requireRefused(t, "backup delete taken-% takne-% --confirm", "backup \"takne-%\" does not exist: did you mean \"taken-%\"?")
	c.requireOutput(t, "backup delete taken-% --confirm", "Request to delete backup \"taken-%\" submitted successfully.\n"+
		"It will be gone after its stored content has been removed. What was restored from it stays.\n")
	if err := c.admin.Get(ctx, client.ObjectKey{Name: name}, backup); !apierrors.IsNotFound(err) {
		t.Errorf("after the deletion: %v", err)
	}
}

func testBackupWait(t *testing.T, c *commandLine) {
	const hint = "You may check for more information using the command `seedbed backup describe waited-%`.\n"
	submitted := "Backup request \"waited-%\" submitted successfully.\n"
	for phase, test := range map[string]struct {
		out, err string
		code     int
	}{
		v1alpha1.PhaseCompleted:       {out: submitted + "Backup completed with status: Completed. " + hint},
		v1alpha1.PhasePartiallyFailed: {out: submitted + "Backup completed with status: PartiallyFailed. " + hint, err: "error: backup \"waited-%\" is PartiallyFailed: said so\n", code: 1},
		v1alpha1.PhaseFailed:          {out: submitted + "Backup completed with status: Failed. " + hint, err: "error: backup \"waited-%\" is Failed: said so\n", code: 1},
	} {
		t.Run(phase, func(t *testing.T) {
			c.deleteAtEnd(t, &v1alpha1.BaselineBackup{ObjectMeta: namedMeta(c.uniqueName("waited"))})
			e := c.startCall(t, "backup create waited-% --include-namespaces % --wait")
			e.awaitLine(t, "New")
			c.setBackup(t, c.uniqueName("waited"), v1alpha1.PhaseInProgress)
			e.awaitLine(t, "InProgress: 3 of 3 items backed up")
			c.setBackup(t, c.uniqueName("waited"), phase)
			out, errOut, code := e.awaitExit(t)
			if code != test.code || out != c.expandID(test.out) || !strings.HasSuffix(errOut, phase+": 3 of 3 items backed up\n"+c.expandID(test.err)) {
				t.Errorf("exit code %d\n%s%s", code, out, errOut)
			}
		})
	}
	t.Run("in time", func(t *testing.T) {
		c.deleteAtEnd(t, &v1alpha1.BaselineBackup{ObjectMeta: namedMeta(c.uniqueName("late"))})
		_, errOut, code := c.runCLI(t, "backup create late-% --include-namespaces % --wait --timeout 100ms")
		if want := c.expandID("error: backup \"late-%\" is still New after 100ms; it goes on in the background."); code != 1 || !strings.Contains(errOut, want) {
			t.Errorf("exit code %d\n%s", code, errOut)
		}
	})
	t.Run("until Ctrl-C", func(t *testing.T) {
		c.deleteAtEnd(t, &v1alpha1.BaselineBackup{ObjectMeta: namedMeta(c.uniqueName("left"))})
		e := c.startCall(t, "backup create left-% --include-namespaces % --wait --timeout 0")
		e.awaitLine(t, "New")
		if err := e.command.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		_, errOut, code := e.awaitExit(t)
		if want := c.expandID("error: stopped waiting for backup \"left-%\" (New); it goes on in the background\n"); code != 1 || !strings.HasSuffix(errOut, want) {
			t.Errorf("exit code %d\n%s", code, errOut)
		}
		if err := c.admin.Get(testContext(t), client.ObjectKey{Name: c.uniqueName("left")}, &v1alpha1.BaselineBackup{}); err != nil {
			t.Errorf("the backup is gone: %v", err)
		}
	})
}

func testBadBackup(t *testing.T, c *commandLine) {
	c.createBackup(t, "bad", v1alpha1.PhaseNew, c.id)
	for call, want := range map[string]string{
		"backup create bad-% --include-namespaces %":                           "backup \"bad-%\" already exists: choose another name, or delete that one first",
		"backup create b-% --include-namespaces %x":                            "namespace \"%x\" does not exist: did you mean \"%\"?",
		"backup create b-% --include-namespaces % --include-resources servces": "the cluster has no resource \"servces\": did you mean \"services\"?",
		"backup create b-% --include-namespaces % --exclude-resources nodes":   "\"nodes\" are in no namespace: a backup holds what is in namespaces alone",
		"backup create b-% --include-namespaces % --labels a/b/c=d":            "cannot create backup \"b-%\": metadata.labels: Invalid value: \"a/b/c\": a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName', or 'my.name', or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
		"backup create b-% --include-namespaces % --as nobody-%":               "cannot create backup \"b-%\": baselinebackups.seedbed.dev is forbidden: User \"nobody-%\" cannot create resource \"baselinebackups\" in API group \"seedbed.dev\" at the cluster scope: ask whoever administers the cluster for that permission",
		"backup get bda-%":                              "backup \"bda-%\" does not exist: did you mean \"bad-%\"?",
		"backup describe bda-%":                         "backup \"bda-%\" does not exist: did you mean \"bad-%\"?",
		"backup get bad-% --context nowhere":            "cannot tell which cluster to talk to: context \"nowhere\" does not exist",
		"backup get bad-% --server https://127.0.0.1:1": "cannot reach the cluster at https://127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused: is it running, and are --kubeconfig, --context and --server the right ones?",
	} {
		t.Run(call, func(t *testing.T) { c.requireRefused(t, call, want) })
	}
	t.Run("deleted while a baseline uses it", func(t *testing.T) {
		e := newAdmissionEnv(t)
		backup, baseline := e.newBackup("used", "services"), e.newBaseline("user", "used")
		e.createObject(t, e.admin, backup)
		e.createObject(t, e.admin, baseline)
		out, errOut, code := c.runCLI(t, "backup delete "+backup.Name+" --confirm")
		if code != 1 || out != "" || strings.Contains(errOut, "admission webhook") || !strings.Contains(errOut, baseline.Name) || strings.Count(errOut, "\n") != 1 {
			t.Errorf("exit code %d\n%s%s", code, out, errOut)
		}
	})
}

func testBaseline(t *testing.T, c *commandLine) {
	c.createBackup(t, "source", v1alpha1.PhaseCompleted, c.id)
	c.deleteAtEnd(t, &v1alpha1.Baseline{ObjectMeta: namedMeta(c.uniqueName("web"))})
	e := c.startCall(t, "baseline create web-% --backup source-% --namespace-selector team=% --wait")
	e.awaitLine(t, "Pending")
	baseline := &v1alpha1.Baseline{}
	set := func(status metav1.ConditionStatus, reason string) {
		c.patchStatus(t, client.ObjectKey{Name: c.uniqueName("web")}, baseline, func() {
			baseline.Status.Items = 3
			baseline.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: status, Reason: reason, Message: "said so", LastTransitionTime: metav1.Now()}}
		})
	}
	set(metav1.ConditionFalse, v1alpha1.ReasonBackupNotReady)
	e.awaitLine(t, v1alpha1.ReasonBackupNotReady) // temporary
	set(metav1.ConditionTrue, v1alpha1.ReasonBackupReady)
	out, errOut, code := e.awaitExit(t)
	if want := c.expandID("Baseline \"web-%\" created.\nBaseline \"web-%\" is ready: namespaces get 3 items from backup \"source-%\".\n"); code != 0 || out != want {
		t.Errorf("exit code %d\n%s%s", code, out, errOut)
	}
	wantLines(t, c.mustSucceed(t, "baseline describe web-%"), "Ready:  True (BackupReady)", "  Selector:        team="+c.id, "Held by:  0 namespaces",
		"Warning:  the selector gives the baseline to whoever can create or label a matching namespace")
	wantLines(t, c.mustSucceed(t, "baseline get web-% -o jsonpath={.spec.namespaceSelector.matchLabels.team}"), c.id)
	c.requireOutput(t, "baseline delete web-% --confirm", "Request to delete baseline \"web-%\" submitted successfully.\n"+
		"No namespace gets it from now on. Those that hold it keep their objects.\n")
}

func testBadBaseline(t *testing.T, c *commandLine) {
	c.createBackup(t, "good", v1alpha1.PhaseCompleted, c.id)
	c.createBackup(t, "several", v1alpha1.PhaseCompleted, c.id, "default")
	c.createBackup(t, "failed", v1alpha1.PhaseFailed, c.id)
	c.createObject(t, &v1alpha1.Baseline{ObjectMeta: namedMeta(c.uniqueName("c")), Spec: v1alpha1.BaselineSpec{Backup: "b"}})
	for call, want := range map[string]string{
		"baseline create b-% --backup godo-%":                      "backup \"godo-%\" does not exist: did you mean \"good-%\"?",
		"baseline create b-% --backup failed-%":                    "backup \"failed-%\" is Failed and cannot be restored: said so",
		"baseline create b-% --backup several-%":                   "backup \"several-%\" holds the namespaces %, default: say with --source-namespace which one to restore",
		"baseline create b-% --backup good-% --source-namespace x": "backup \"good-%\" does not hold namespace \"x\": it holds %",
		"baseline describe b-%":                                    "baseline \"b-%\" does not exist: did you mean \"c-%\"?",
	} {
		t.Run(call, func(t *testing.T) { c.requireRefused(t, call, want) })
	}
	t.Run("one that can never be ready", func(t *testing.T) {
		c.deleteAtEnd(t, &v1alpha1.Baseline{ObjectMeta: namedMeta(c.uniqueName("broken"))})
		e := c.startCall(t, "baseline create broken-% --backup good-% --wait")
		baseline := &v1alpha1.Baseline{}
		c.patchStatus(t, client.ObjectKey{Name: c.uniqueName("broken")}, baseline, func() {
			baseline.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonContentUnreadable, Message: "said so", LastTransitionTime: metav1.Now()}}
		})
		_, errOut, code := e.awaitExit(t)
		if want := c.expandID("error: baseline \"broken-%\" cannot be restored: ContentUnreadable: said so\n"); code != 1 || !strings.HasSuffix(errOut, want) {
			t.Errorf("exit code %d\n%s", code, errOut)
		}
	})
}

func testHolders(t *testing.T, c *commandLine) {
	e := newAdmissionEnv(t) // for its users
	baseline := &v1alpha1.Baseline{ObjectMeta: namedMeta(c.uniqueName("held")), Spec: v1alpha1.BaselineSpec{Backup: "b"}}
	c.createObject(t, baseline)
	c.patchStatus(t, client.ObjectKeyFromObject(baseline), baseline, func() { baseline.Status.Digest, baseline.Status.Namespaces = "sha256:new", 7 })
	var holding []string
	for i, digest := range []string{"sha256:new", "sha256:old"} {
		namespace := newNamespace(t, fmt.Sprintf("cli-holder-%d", i))
		c.createObject(t, newRecord(namespace, baseline.Name, digest))
		holding = append(holding, namespace)
	}
	byHand := &v1alpha1.BaselineRestore{ObjectMeta: namedMeta(baseline.Name), Spec: v1alpha1.BaselineRestoreSpec{Backup: "b"}} // of the same name
	byHand.Namespace = c.id
	c.createObject(t, byHand)
	wantLines(t, c.mustSucceed(t, "baseline describe held-%"), "Counts:  7 namespaces (0 updated, 0 outdated, 0 failed, 0 pending); 0 kept, 0 drifted, 0 released", "Held by:  2 namespaces", "  "+holding[0]+":  Completed", "  "+holding[1]+":  Completed, outdated")

	e.grantRules(t, "reader", policyRule(v1alpha1.GroupName, "baselines", nil, "get"))
	wantLines(t, c.mustSucceed(t, "baseline describe held-% --as "+e.uniqueName("reader")), "Held by:  you may not list baselinerecords of all namespaces")
}

func testAdopt(t *testing.T, c *commandLine) {
	baseline := &v1alpha1.Baseline{ObjectMeta: namedMeta(c.uniqueName("sealed")), Spec: v1alpha1.BaselineSpec{Backup: "b"}}
	c.createObject(t, baseline)
	c.requireRefused(t, "baseline adopt sealed-% --confirm", "baseline \"sealed-%\" has nothing to adopt: no key that sealed its records is lost, so leave it as it is")
	lost := metav1.NewTime(time.Date(2026, 11, 22, 15, 30, 0, 0, time.UTC))
	key := client.ObjectKeyFromObject(baseline)
	c.patchStatus(t, key, baseline, func() { baseline.Status.KeyLostTimestamp, baseline.Status.ReleasedNamespaces = &lost, 3 })
	c.requireRefused(t, "baseline adopt sealed-%", "not adopting the records of baseline \"sealed-%\" in 3 namespaces without being asked: there is no terminal to confirm on, so add --confirm")
	wantLines(t, c.mustSucceed(t, "baseline describe sealed-%"),
		c.expandID("Keys lost:  since 2026-11-22 15:30:00 +0000 UTC: 3 namespaces are released until `seedbed baseline adopt sealed-%`"))

	e := c.startCall(t, "baseline adopt sealed-% --confirm --wait")
	e.awaitLine(t, "released in 3 namespaces")
	adopted := &v1alpha1.Baseline{} // a new one: decoding leaves fields unchanged that the response lacks
	if err := c.admin.Get(testContext(t), key, adopted); err != nil || adopted.Annotations[v1alpha1.AnnotationAdopt] != "2026-11-22T15:30:00Z" {
		t.Errorf("annotations %v, %v", adopted.Annotations, err)
	}
	c.patchStatus(t, key, adopted, func() { adopted.Status.KeyLostTimestamp, adopted.Status.ReleasedNamespaces = nil, 0 })
	out, errOut, code := e.awaitExit(t)
	want := c.expandID("Request to adopt the records of baseline \"sealed-%\" in 3 namespaces submitted successfully.\nBaseline \"sealed-%\": its records in 3 namespaces are sealed anew.\n")
	if code != 0 || out != want {
		t.Errorf("exit code %d\n%s%s", code, out, errOut)
	}
}

func testRestore(t *testing.T, c *commandLine) {
	ctx := testContext(t)
	c.createBackup(t, "restored", v1alpha1.PhaseCompleted, c.id)
	there := newNamespace(t, "cli-there")
	c.deleteAtEnd(t, &corev1.Namespace{ObjectMeta: namedMeta(c.uniqueName("new"))})
	out := c.mustSucceed(t, "restore create r-% --from-backup restored-% --namespace-mappings %:"+there+",%:new-% --existing-resource-policy update")
	want := c.expandID("Restore request \"r-%\" submitted successfully.\nRun `seedbed restore describe r-% -n " + there + "` for more details.\n" +
		"Namespace \"new-%\" created.\nRestore request \"r-%\" submitted successfully.\nRun `seedbed restore describe r-% -n new-%` for more details.\n")
	if out != want {
		t.Errorf("printed\n%s\nwant\n%s", out, want)
	}
	for _, target := range []string{there, c.uniqueName("new")} {
		namespace, restore := &corev1.Namespace{}, &v1alpha1.BaselineRestore{}
		if err := errors.Join(c.admin.Get(ctx, client.ObjectKey{Name: target}, namespace),
			c.admin.Get(ctx, client.ObjectKey{Namespace: target, Name: c.uniqueName("r")}, restore)); err != nil {
			t.Fatal(err)
		}
		wanted := v1alpha1.BaselineRestoreSpec{Backup: c.uniqueName("restored"), SourceNamespace: c.id, ExistingResources: v1alpha1.ExistingResourcesUpdate, NamespaceUID: namespace.UID}
		if !apiequality.Semantic.DeepEqual(restore.Spec, wanted) {
			t.Errorf("in %s: %+v, want %+v", target, restore.Spec, wanted)
		}
	}
	// Into the source itself, under a name of its own.
	c.mustSucceed(t, "restore create --from-backup restored-% -n %")
	if out := c.mustSucceed(t, "restore get -n % -o name"); !strings.Contains(out, "baselinerestore.seedbed.dev/"+c.uniqueName("restored")+"-20") {
		t.Errorf("restores %s", out)
	}
	c.mustSucceed(t, "restore delete --all -n % --confirm")
	before := c.snapshotObjects(t)
	printed := c.mustSucceed(t, "restore create r2-% --from-backup restored-% --namespace-mappings %:made-up-% -o yaml")
	if !strings.Contains(printed, "kind: Namespace") || !strings.Contains(printed, "kind: BaselineRestore") || before != c.snapshotObjects(t) {
		t.Errorf("-o yaml printed\n%s", printed)
	}
}

func testRestoreWait(t *testing.T, c *commandLine) {
	c.createBackup(t, "awaited", v1alpha1.PhaseCompleted, c.id)
	one, two := newNamespace(t, "cli-one"), newNamespace(t, "cli-two")
	e := c.startCall(t, "restore create r-% --from-backup awaited-% --namespace-mappings %:"+one+",%:"+two+" --wait")
	c.setRestore(t, one, c.uniqueName("r"), v1alpha1.PhasePartiallyFailed)
	c.setRestore(t, two, c.uniqueName("r"), v1alpha1.PhaseCompleted)
	out, errOut, code := e.awaitExit(t)
	wantLines(t, out,
		c.expandID("Restore completed with status: PartiallyFailed. You may check for more information using the command `seedbed restore describe r-% -n "+one+"`."),
		c.expandID("Restore completed with status: Completed. You may check for more information using the command `seedbed restore describe r-% -n "+two+"`."))
	if want := c.expandID("error: restore \"r-%\" is PartiallyFailed: said so\n"); code != 1 || strings.Count(errOut, "error: ") != 1 || !strings.HasSuffix(errOut, want) {
		t.Errorf("exit code %d\n%s", code, errOut)
	}
	wantLines(t, c.mustSucceed(t, "restore describe r-% --details -n "+one), "Namespace:    "+one, "Namespace mappings:  "+c.id+" -> "+one, "    extname-1: Created", "  and 2 more")
}

func testBadRestore(t *testing.T, c *commandLine) {
	c.createBackup(t, "ready", v1alpha1.PhaseCompleted, c.id)
	c.createBackup(t, "both", v1alpha1.PhaseCompleted, c.id, "default")
	c.createBackup(t, "new", v1alpha1.PhaseNew, c.id)
	c.createBackup(t, "partial", v1alpha1.PhasePartiallyFailed, c.id)
	taken := &v1alpha1.BaselineRestore{ObjectMeta: namedMeta(c.uniqueName("taken")), Spec: v1alpha1.BaselineRestoreSpec{Backup: "b"}}
	taken.Namespace = c.id
	c.createObject(t, taken)
	going, empty := newTerminatingNamespace(t, c), newNamespace(t, "cli-empty")
	for call, want := range map[string]string{
		"restore create --from-backup raedy-% -n x-%":                                 "backup \"raedy-%\" does not exist: did you mean \"ready-%\"?",
		"restore create --from-backup new-% -n x-%":                                   "backup \"new-%\" is New: wait until it is Completed, for example with `kubectl wait baselinebackup/new-% --for=condition=Ready`",
		"restore create --from-backup partial-% -n x-%":                               "backup \"partial-%\" is PartiallyFailed and cannot be restored: said so",
		"restore create --from-backup both-% -n x-%":                                  "backup \"both-%\" holds the namespaces %, default: say with --namespace-mappings SOURCE:x-% which one to restore",
		"restore create --from-backup ready-% --namespace-mappings dfault:x-%":        "backup \"ready-%\" does not hold namespace \"dfault\": there is %",
		"restore create taken-% --from-backup ready-% --namespace-mappings %:x-%,%:%": "restore \"taken-%\" already exists in namespace \"%\": choose another name, or delete that one first",
		"restore create --from-backup ready-% --namespace-mappings %:x-%,%:" + going:  "namespace \"" + going + "\" is being deleted: wait until it is gone, or restore into another",
		"restore describe taken-% -n " + empty:                                        "restore \"taken-%\" does not exist in namespace \"" + empty + "\": there is none, so say with -n where it is",
		"restore describe takne-% -n %":                                               "restore \"takne-%\" does not exist in namespace \"%\": did you mean \"taken-%\"?",
		"restore delete takne-% -n % --confirm":                                       "restore \"takne-%\" does not exist in namespace \"%\": did you mean \"taken-%\"?",
	} {
		t.Run(call, func(t *testing.T) { c.requireRefused(t, call, want) })
	}
}

// newTerminatingNamespace returns a namespace whose deletion waits for an object.
func newTerminatingNamespace(t *testing.T, c *commandLine) string {
	t.Helper()
	ctx, name := testContext(t), newNamespace(t, "cli-going")
	held := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: "held", Finalizers: []string{"integration.seedbed.dev/held"}}}
	if err := errors.Join(c.admin.Create(ctx, held), c.admin.Delete(ctx, &corev1.Namespace{ObjectMeta: namedMeta(name)})); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := cleanupContext(t)
		letGo := client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"finalizers":null}}`))
		if err := c.admin.Patch(ctx, held, letGo); err != nil {
			t.Errorf("let go of namespace %s: %v", name, err)
		}
	})
	return name
}

// A user who may create namespaces and not restore a backup leaves no empty namespace behind.
func testForbiddenRestore(t *testing.T, c *commandLine) {
	e := newAdmissionEnv(t) // for its users
	backup := c.createBackup(t, "secret", v1alpha1.PhaseCompleted, c.id)
	e.grantRules(t, "tenant", policyRule(v1alpha1.GroupName, "baselinerestores", nil, "get"), policyRule("", "namespaces", nil, "get", "create"), policyRule(v1alpha1.GroupName, "baselinebackups", nil, "get"))
	call := "restore create --from-backup secret-% --namespace-mappings %:none-% --as " + e.uniqueName("tenant")
	c.requireRefused(t, call, "you may not restore baselinebackups.seedbed.dev/secret-%: ask whoever administers the cluster for that permission")
	e.grantRules(t, "tenant", policyRule(v1alpha1.GroupName, "baselinebackups", []string{backup.Name}, v1alpha1.VerbRestore))
	c.requireRefused(t, call, "you may not create baselinerestores.seedbed.dev in namespace \"none-%\": ask whoever administers the cluster for that permission")
	e.grantRules(t, "tenant", policyRule(v1alpha1.GroupName, "baselinerestores", nil, "create"))
	c.deleteAtEnd(t, &corev1.Namespace{ObjectMeta: namedMeta(c.uniqueName("none"))})
	c.mustSucceed(t, call)

	// A user who may not read namespaces restores into the existing one of that name.
	e.grantRules(t, "blind", policyRule(v1alpha1.GroupName, "baselinebackups", []string{backup.Name}, "get", v1alpha1.VerbRestore), policyRule(v1alpha1.GroupName, "baselinerestores", nil, "create"))
	c.mustSucceed(t, "restore create blind-% --from-backup secret-% -n % --as "+e.uniqueName("blind"))
	restore := &v1alpha1.BaselineRestore{}
	if err := c.admin.Get(testContext(t), client.ObjectKey{Namespace: c.id, Name: c.uniqueName("blind")}, restore); err != nil || restore.Spec.NamespaceUID != "" {
		t.Errorf("restore %+v, %v", restore.Spec, err)
	}
}

func testRestores(t *testing.T, c *commandLine) {
	namespace := newNamespace(t, "cli-restores")
	restore := &v1alpha1.BaselineRestore{ObjectMeta: namedMeta("of-b"), Spec: v1alpha1.BaselineRestoreSpec{Backup: "b"}}
	restore.Namespace = namespace
	c.createObject(t, restore)
	c.createObject(t, newRecord(namespace, "of-web", "sha256:new"))
	in := " -n " + namespace
	testRestoresInPart(t, c, namespace)
	if lines := strings.Split(c.mustSucceed(t, "restore get"+in), "\n"); len(lines) != 4 || !strings.HasPrefix(lines[1], "of-b ") || !strings.HasPrefix(lines[2], "of-web ") {
		t.Errorf("restores %q", lines)
	}
	if out := c.mustSucceed(t, "restore get -A"); !strings.HasPrefix(out, "NAMESPACE ") || !strings.Contains(out, "\n"+namespace+" ") {
		t.Errorf("restores of all namespaces:\n%s", out)
	}
	c.requireOutput(t, "restore delete --all --confirm"+in, "Request to delete restore \"of-b\" submitted successfully.\nWhat it restored stays.\n"+
		"Request to delete record \"of-web\" submitted successfully.\nIt is the record of baseline \"of-web\", which is restored into namespace \""+namespace+"\" once more.\n")
	if _, errOut, code := c.runCLI(t, "restore get"+in); code != 0 || errOut != fmt.Sprintf("No restores found in namespace %q.\n", namespace) {
		t.Errorf("exit code %d, %q", code, errOut)
	}
}

// testRestoresInPart lists both kinds as a user who may read one of them. The namespace holds the restore of-b and the record of-web.
func testRestoresInPart(t *testing.T, c *commandLine, namespace string) {
	e := newAdmissionEnv(t) // for its users
	e.grantRules(t, "by-hand", policyRule(v1alpha1.GroupName, "baselinerestores", nil, "get", "list"))
	out, errOut, code := c.runCLI(t, "restore get -n "+namespace+" -o name --as "+e.uniqueName("by-hand"))
	want := fmt.Sprintf("Note: records are left out: you may not read baselinerecords in namespace %q, so ask whoever administers the cluster for that permission.\n", namespace)
	if code != 0 || out != "baselinerestore.seedbed.dev/of-b\n" || errOut != want {
		t.Errorf("exit code %d\n%s%s", code, out, errOut)
	}
	c.requireRefused(t, "restore get of-wex -n "+namespace, "restore \"of-wex\" does not exist in namespace \""+namespace+"\": did you mean \"of-web\"?")
	wantLines(t, c.mustSucceed(t, "restore describe of-web -n "+namespace), "Phase:                       Completed", "Baseline:  of-web")
}

// wantLines requires each of lines in out, whole.
func wantLines(t *testing.T, out string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains("\n"+out+"\n", "\n"+line+"\n") {
			t.Errorf("no line %q in\n%s", line, out)
		}
	}
}
