package integration

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/cluster"
)

// commandLine is the tool's binary, called on the test cluster as a user calls it. No controller runs: the
// tests write the statuses themselves.
type commandLine struct {
	binary string
	id     string // ends every name; also the name of a namespace
	admin  client.WithWatch
}

func newCommandLine(t *testing.T) *commandLine {
	t.Helper()
	admin := adminClient(t)
	tool := &commandLine{binary: filepath.Join(t.TempDir(), "seedbed"), admin: admin}
	build := exec.CommandContext(testContext(t), "go", "build", "-ldflags", "-X main.version=v1.2.3", "-o", tool.binary, "seedbed.dev/seedbed/cmd/seedbed")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the tool: %v\n%s", err, out)
	}
	return tool
}

// withID returns the tool for a test whose names end with id.
func (c *commandLine) withID(id string) *commandLine {
	return &commandLine{binary: c.binary, id: id, admin: c.admin}
}

// uniqueName returns a name that no other test has.
func (c *commandLine) uniqueName(name string) string { return name + "-" + c.id }

// expandID replaces each "%" in a line by the id.
func (c *commandLine) expandID(line string) string {
	return strings.ReplaceAll(line, "%", c.id)
}

// newCommand returns a call of the tool, with the administrator's kubeconfig.
func (c *commandLine) newCommand(ctx context.Context, call string) *exec.Cmd {
	command := exec.CommandContext(ctx, c.binary, strings.Fields(c.expandID(call))...)
	command.Env = append(os.Environ(), "KUBECONFIG="+testCluster.Kubeconfig(), "TZ=UTC")
	return command
}

// runCLI calls the tool and returns its output and its exit code.
func (c *commandLine) runCLI(t *testing.T, call string) (out, errOut string, code int) {
	t.Helper()
	command := c.newCommand(testContext(t), call)
	var outBuffer, errBuffer bytes.Buffer
	command.Stdout, command.Stderr = &outBuffer, &errBuffer
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("seedbed %s: %v", call, err)
	}
	return outBuffer.String(), errBuffer.String(), command.ProcessState.ExitCode()
}

// mustSucceed calls the tool and returns its output; its exit code has to be 0.
func (c *commandLine) mustSucceed(t *testing.T, call string) string {
	t.Helper()
	out, errOut, code := c.runCLI(t, call)
	if code != 0 {
		t.Fatalf("seedbed %s: exit code %d\n%s%s", call, code, out, errOut)
	}
	return out
}

// requireOutput calls the tool, which has to print exactly want and nothing on its error stream.
func (c *commandLine) requireOutput(t *testing.T, call, want string) {
	t.Helper()
	out, errOut, code := c.runCLI(t, call)
	if want = c.expandID(want); code != 0 || out != want || errOut != "" {
		t.Fatalf("seedbed %s: exit code %d\n%s%s\nwant\n%s", call, code, out, errOut, want)
	}
}

// requireRefused calls the tool, which has to print want in one line, and to change nothing.
func (c *commandLine) requireRefused(t *testing.T, call, want string) {
	t.Helper()
	before := c.snapshotObjects(t)
	out, errOut, code := c.runCLI(t, call)
	if want = "error: " + c.expandID(want) + "\n"; code != 1 || out != "" || errOut != want {
		t.Errorf("seedbed %s: exit code %d\n%s%s\nwant\n%s", call, code, out, errOut, want)
	}
	if after := c.snapshotObjects(t); before != after {
		t.Errorf("seedbed %s changed\n%s\nto\n%s", call, before, after)
	}
}

// snapshotObjects returns the names and versions of the test's objects that the tool can change.
func (c *commandLine) snapshotObjects(t *testing.T) string {
	t.Helper()
	var lines strings.Builder
	for _, list := range []client.ObjectList{&corev1.NamespaceList{}, &v1alpha1.BaselineBackupList{}, &v1alpha1.BaselineList{}, &v1alpha1.BaselineRestoreList{}, &v1alpha1.BaselineRecordList{}} {
		if err := c.admin.List(testContext(t), list); err != nil {
			t.Fatal(err)
		}
		for _, obj := range itemsOf(t, list) {
			if strings.Contains(obj.GetNamespace()+obj.GetName(), c.id) {
				fmt.Fprintf(&lines, "%T %s/%s %s\n", obj, obj.GetNamespace(), obj.GetName(), obj.GetUID())
			}
		}
	}
	return lines.String()
}

func itemsOf(t *testing.T, list client.ObjectList) []client.Object {
	t.Helper()
	var items []client.Object
	switch list := list.(type) {
	case *corev1.NamespaceList:
		for i := range list.Items {
			items = append(items, &list.Items[i])
		}
	case *v1alpha1.BaselineBackupList:
		for i := range list.Items {
			items = append(items, &list.Items[i])
		}
	case *v1alpha1.BaselineList:
		for i := range list.Items {
			items = append(items, &list.Items[i])
		}
	case *v1alpha1.BaselineRestoreList:
		for i := range list.Items {
			items = append(items, &list.Items[i])
		}
	case *v1alpha1.BaselineRecordList:
		for i := range list.Items {
			items = append(items, &list.Items[i])
		}
	default:
		t.Fatalf("a list of %T", list)
	}
	return items
}

// createObject creates an object that is deleted with the test.
func (c *commandLine) createObject(t *testing.T, obj client.Object) {
	t.Helper()
	if err := c.admin.Create(testContext(t), obj); err != nil {
		t.Fatalf("creating %T %s: %v", obj, obj.GetName(), err)
	}
	c.deleteAtEnd(t, obj)
}

// deleteAtEnd deletes obj when the test ends, whichever client created it.
func (c *commandLine) deleteAtEnd(t *testing.T, obj client.Object) {
	t.Cleanup(func() {
		ctx := cleanupContext(t)
		if err := c.admin.Delete(ctx, obj); client.IgnoreNotFound(err) != nil {
			t.Errorf("deleting %T %s: %v", obj, obj.GetName(), err)
		}
	})
}

// namedMeta returns an object's metadata.
func namedMeta(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: name} }

// createBackup creates a backup of namespaces in this phase.
func (c *commandLine) createBackup(t *testing.T, name, phase string, namespaces ...string) *v1alpha1.BaselineBackup {
	t.Helper()
	backup := &v1alpha1.BaselineBackup{ObjectMeta: namedMeta(c.uniqueName(name)), Spec: v1alpha1.BaselineBackupSpec{IncludedNamespaces: namespaces}}
	c.createObject(t, backup)
	if phase != v1alpha1.PhaseNew {
		c.setBackup(t, c.uniqueName(name), phase)
	}
	return backup
}

// setBackup writes a backup's status once the backup exists.
func (c *commandLine) setBackup(t *testing.T, name, phase string) {
	t.Helper()
	backup := &v1alpha1.BaselineBackup{}
	c.patchStatus(t, client.ObjectKey{Name: name}, backup, func() {
		now := metav1.Now()
		backup.Status.FormatVersion, backup.Status.StartTimestamp, backup.Status.CompletionTimestamp = "1.1.0", &now, &now
		backup.Status.Progress = &v1alpha1.BackupProgress{TotalItems: 3, ItemsBackedUp: 3}
		backup.Status.ItemCounts = []v1alpha1.ResourceCount{{Resource: "services", Count: 3}}
		backup.Status.Conditions = []metav1.Condition{readyCondition(phase)}
	})
}

// setRestore writes a restore's status once the restore exists.
func (c *commandLine) setRestore(t *testing.T, namespace, name, phase string) {
	t.Helper()
	restore := &v1alpha1.BaselineRestore{}
	c.patchStatus(t, client.ObjectKey{Namespace: namespace, Name: name}, restore, func() {
		restore.Status.Counts = v1alpha1.RestoreCounts{Total: 3, Created: 3}
		restore.Status.Objects = []v1alpha1.ObjectResult{{Object: "services/extname-1", Result: v1alpha1.ResultCreated}}
		restore.Status.OmittedObjects = 2
		restore.Status.Phase, restore.Status.Conditions = v1alpha1.RestorePhase(phase), []metav1.Condition{readyCondition(phase)}
	})
}

// newRecord returns the record of a baseline in namespace, with the digest of the restored content.
func newRecord(namespace, baseline, digest string) *v1alpha1.BaselineRecord {
	return &v1alpha1.BaselineRecord{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: baseline},
		Result:     v1alpha1.RestoreResult{Phase: v1alpha1.PhaseCompleted, Backup: "b", Digest: digest},
		Seal:       "none",
	}
}

// readyCondition returns the condition of a backup or a restore in this phase, as the controller sets it.
func readyCondition(phase string) metav1.Condition {
	status := metav1.ConditionFalse
	switch phase {
	case v1alpha1.PhaseCompleted:
		status = metav1.ConditionTrue
	case v1alpha1.PhaseInProgress:
		status = metav1.ConditionUnknown
	}
	return metav1.Condition{Type: v1alpha1.ConditionReady, Status: status, Reason: phase, Message: "said so", LastTransitionTime: metav1.Now()}
}

// patchStatus waits until an object exists and writes its status.
func (c *commandLine) patchStatus(t *testing.T, key client.ObjectKey, obj client.Object, change func()) {
	t.Helper()
	if err := cluster.Eventually(testContext(t), func(ctx context.Context) error { return c.admin.Get(ctx, key, obj) }); err != nil {
		t.Fatalf("no %T %s: %v", obj, key, err)
	}
	before := obj.DeepCopyObject().(client.Object)
	change()
	if err := c.admin.Status().Patch(testContext(t), obj, client.MergeFrom(before)); err != nil {
		t.Fatalf("patching the status of %T %s: %v", obj, key, err)
	}
}

// runningCall is a call of the tool that has not ended yet.
type runningCall struct {
	command *exec.Cmd
	out     syncBuffer
	errOut  syncBuffer
}

// syncBuffer is a buffer that is safe for concurrent use.
type syncBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (s *syncBuffer) Write(data []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buffer.Write(data)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buffer.String()
}

var _ io.Writer = (*syncBuffer)(nil)

// startCall starts a call and returns at once.
func (c *commandLine) startCall(t *testing.T, call string) *runningCall {
	t.Helper()
	e := &runningCall{command: c.newCommand(testContext(t), call)}
	e.command.Stdout, e.command.Stderr = &e.out, &e.errOut
	e.command.WaitDelay = time.Second
	if err := e.command.Start(); err != nil {
		t.Fatal(err)
	}
	return e
}

// awaitLine waits until the call has printed a line of progress.
func (e *runningCall) awaitLine(t *testing.T, line string) {
	t.Helper()
	if err := cluster.Eventually(testContext(t), func(context.Context) error {
		if !strings.Contains(e.errOut.String(), line+"\n") {
			return fmt.Errorf("shown so far: %s", e.errOut.String())
		}
		return nil
	}); err != nil {
		t.Fatalf("no %q: %v", line, err)
	}
}

// awaitExit waits for the end of the call and returns its output and exit code.
func (e *runningCall) awaitExit(t *testing.T) (out, errOut string, code int) {
	t.Helper()
	var exit *exec.ExitError
	if err := e.command.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return e.out.String(), e.errOut.String(), e.command.ProcessState.ExitCode()
}
