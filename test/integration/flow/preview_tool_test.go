package flow

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// runFailingTool calls the command-line tool and returns its error output; it has to fail.
func (e *env) runFailingTool(args ...string) string {
	e.t.Helper()
	command, err := e.Tool(e.ctx(), args...)
	if err != nil {
		e.t.Fatal(err)
	}
	var errOut bytes.Buffer
	command.Stderr = &errOut
	if err := command.Run(); err == nil {
		e.t.Fatalf("seedbed %v succeeds", args)
	}
	return errOut.String()
}

// The tool reads the answer and deletes the preview, or prints in one line why there is none.
func TestPreviewCommands(t *testing.T) {
	e := newInstallation(t)
	e.startController()
	source := e.createSource(configMap("a"))
	backup := e.createBackup(source, "configmaps").Name
	baseline := e.createBaseline(backup, nil).Name

	e.requireContains(e.runTool("baseline", "preview", baseline, "-n", "none"), "Restoring baseline "+baseline, "which does not exist yet", "configmaps/a", "Create")
	e.requireContains(e.runTool("restore", "create", "--from-backup", backup, "-n", "none", "--dry-run"), "Restoring namespace "+source, "configmaps/a", "1 to create")
	e.requireContains(e.runFailingTool("baseline", "preview", baseline, "-n", "kube-system"), `namespace "kube-system" belongs to the system: nothing is restored into it`)
	e.requireContains(e.runFailingTool("baseline", "preview", baseline, "-n", "seedbed-system"), `cannot preview namespace "seedbed-system": namespace seedbed-system belongs to the system`)
	e.requireContains(e.runFailingTool("baseline", "preview", baseline+"x", "-n", "none"), "does not exist", "did you mean", baseline)

	var left v1alpha1.BaselinePreviewList
	if err := e.Client.List(e.ctx(), &left); err != nil || len(left.Items) > 0 {
		t.Errorf("%d previews are left: %v", len(left.Items), err)
	}
	if e.objectExists(&v1alpha1.BaselineRestore{}, "none", "any") {
		t.Error("a preview restored something")
	}
}

// Without a controller no preview is answered, and the tool reports that within its timeout.
func TestPreviewCommandWithoutController(t *testing.T) {
	e := newInstallation(t)
	e.removeWebhooks()
	e.createObjects(&v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: v1alpha1.BaselineSpec{Backup: "none"}})
	out := e.runFailingTool("baseline", "preview", "web", "-n", "none", "--timeout", "3s")
	e.requireContains(out, "Waiting for the controller\n", "has no answer after 3s", "kubectl -n seedbed-system get pods,lease")
	e.eventually(func(ctx context.Context) error {
		var left v1alpha1.BaselinePreviewList
		if err := e.Client.List(ctx, &left); err != nil || len(left.Items) > 0 {
			return errors.Join(err, fmt.Errorf("%d previews are left", len(left.Items)))
		}
		return nil
	})
}
