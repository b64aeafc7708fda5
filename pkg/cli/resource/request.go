package resource

import (
	"fmt"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/output"
)

// Request is a backup or a restore that the user created. Its functions read obj in its latest state.
type Request struct {
	Title      string
	Descriptor *Descriptor
	Obj        client.Object
	Describe   string // the command that describes it
	Conditions func() []metav1.Condition
	Progress   func() string
}

// PrintSubmitted prints Velero's message for an accepted request.
func (r *Request) PrintSubmitted(cmd *cobra.Command, wait bool) {
	out := cmd.OutOrStdout()
	output.Fprintf(out, "%s request %q submitted successfully.\n", r.Title, r.Obj.GetName())
	if wait {
		output.Fprintf(cmd.ErrOrStderr(), "Waiting for the %s to complete. You may safely press Ctrl-C to stop waiting: it goes on in the background.\n", r.Descriptor.Noun)
		return
	}
	output.Fprintf(out, "Run `%s` for more details.\n", r.Describe)
}

// AwaitEnd waits for the end of the request if --wait is set. It returns an error unless the request is Completed.
func (r *Request) AwaitEnd(cmd *cobra.Command, f *factory.Factory, c client.Reader, w *flag.Wait) error {
	if !w.Wait {
		return nil
	}
	state := func() (string, bool) {
		phase := Ready(r.Conditions()).Reason
		over := v1alpha1.IsFinalPhase(phase)
		if progress := r.Progress(); progress != "" {
			phase += ": " + progress
		}
		return phase, over
	}
	err := AwaitEnd(cmd.Context(), w.Timeout, WatchObject(c, r.Descriptor, r.Obj, state), output.NewProgress(cmd.ErrOrStderr(), f.Now))
	if err != nil {
		return err
	}
	ended := Ready(r.Conditions())
	output.Fprintf(cmd.OutOrStdout(), "%s completed with status: %s. You may check for more information using the command `%s`.\n", r.Title, ended.Reason, r.Describe)
	if ended.Reason != v1alpha1.PhaseCompleted {
		return fmt.Errorf("%s %q is %s: %s", r.Descriptor.Noun, r.Obj.GetName(), ended.Reason, ended.Message)
	}
	return nil
}
