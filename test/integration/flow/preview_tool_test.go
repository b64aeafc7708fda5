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

// fails calls the command-line tool and returns what it prints on its error stream; it has to fail.
func (w *world) fails(args ...string) string {
	w.t.Helper()
	command, err := w.Tool(w.ctx(), args...)
	if err != nil {
		w.t.Fatal(err)
	}
	var errOut bytes.Buffer
	command.Stderr = &errOut
	if err := command.Run(); err == nil {
		w.t.Fatalf("seedbed %v succeeds", args)
	}
	return errOut.String()
}

// The tool reads the answer and deletes the preview, and says in one line why there is none.
func TestPreviewCommands(t *testing.T) {
	w := own(t)
	w.start()
	source := w.source(configMap("a"))
	backup := w.backup(source, "configmaps").Name
	baseline := w.baseline(backup, nil).Name

	w.says(w.tool("baseline", "preview", baseline, "-n", "none"), "Restoring baseline "+baseline, "which does not exist yet", "configmaps/a", "Create")
	w.says(w.tool("restore", "create", "--from-backup", backup, "-n", "none", "--dry-run"), "Restoring namespace "+source, "configmaps/a", "1 to create")
	w.says(w.fails("baseline", "preview", baseline, "-n", "kube-system"), `namespace "kube-system" belongs to the system: nothing is restored into it`)
	w.says(w.fails("baseline", "preview", baseline, "-n", "seedbed-system"), `cannot preview namespace "seedbed-system": namespace seedbed-system belongs to the system`)
	w.says(w.fails("baseline", "preview", baseline+"x", "-n", "none"), "does not exist", "did you mean", baseline)

	var left v1alpha1.BaselinePreviewList
	if err := w.Client.List(w.ctx(), &left); err != nil || len(left.Items) > 0 {
		t.Errorf("%d previews are left: %v", len(left.Items), err)
	}
	if w.there(&v1alpha1.BaselineRestore{}, "none", "any") {
		t.Error("a preview restored something")
	}
}

// Without a controller nobody answers, and the tool says so in the time that it was given.
func TestPreviewCommandWithoutAController(t *testing.T) {
	w := own(t)
	w.removeWebhooks()
	w.create(&v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: v1alpha1.BaselineSpec{Backup: "none"}})
	out := w.fails("baseline", "preview", "web", "-n", "none", "--timeout", "3s")
	w.says(out, "Waiting for the controller\n", "has no answer after 3s", "kubectl -n seedbed-system get pods,lease")
	w.eventually(func(ctx context.Context) error {
		var left v1alpha1.BaselinePreviewList
		if err := w.Client.List(ctx, &left); err != nil || len(left.Items) > 0 {
			return errors.Join(err, fmt.Errorf("%d previews are left", len(left.Items)))
		}
		return nil
	})
}
