package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// create sends obj to the API server.
func create(ctx context.Context, c client.Client, k *descriptor, obj client.Object) error {
	err := c.Create(ctx, obj, client.FieldOwner(fieldOwner))
	if apierrors.IsAlreadyExists(err) {
		return &explained{text: alreadyExists(k, obj.GetNamespace(), obj.GetName()), cause: err}
	}
	return explain(fmt.Sprintf("create %s %q", k.noun, obj.GetName()), err)
}

// fieldOwner is the manager that this tool's writes are recorded under: not the controller's.
const fieldOwner = "seedbed-cli"

func alreadyExists(k *descriptor, namespace, name string) string {
	return fmt.Sprintf("%s %q already exists%s: choose another name, or delete that one first", k.noun, name, k.in(namespace))
}

// request is a backup or a restore that was asked for. The functions are of obj as it was read last.
type request struct {
	title      string
	k          *descriptor
	obj        client.Object
	describe   string // the call that says more of it
	conditions func() []metav1.Condition
	progress   func() string
}

// submitted says what Velero says when a request was accepted.
func (r *request) submitted(cmd *cobra.Command, wait bool) {
	out := cmd.OutOrStdout()
	say(out, "%s request %q submitted successfully.\n", r.title, r.obj.GetName())
	if wait {
		say(cmd.ErrOrStderr(), "Waiting for the %s to complete. You may safely press Ctrl-C to stop waiting: it goes on in the background.\n", r.k.noun)
		return
	}
	say(out, "Run `%s` for more details.\n", r.describe)
}

// await waits for the end of r where that was asked for, and is an error unless it is Completed.
func (r *request) await(cmd *cobra.Command, t *tool, c client.Reader, w *waitFlags) error {
	if !w.wait {
		return nil
	}
	state := func() (string, bool) {
		line := phase(r.conditions())
		if progress := r.progress(); progress != "" {
			line += ": " + progress
		}
		return line, isOver(phase(r.conditions()))
	}
	err := awaitEnd(cmd.Context(), w.timeout, watch(c, r.k, r.obj, state), newProgress(cmd.ErrOrStderr(), t.now))
	if err != nil {
		return err
	}
	ended := phase(r.conditions())
	say(cmd.OutOrStdout(), "%s completed with status: %s. You may check for more information using the command `%s`.\n", r.title, ended, r.describe)
	if ended != v1alpha1.PhaseCompleted {
		return fmt.Errorf("%s %q is %s: %s", r.k.noun, r.obj.GetName(), ended, readyMessage(r.conditions()))
	}
	return nil
}
