package preview

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// descriptor names previews in messages. No command lists them.
var descriptor = &resource.Descriptor{Noun: "preview", Object: &v1alpha1.BaselinePreview{}}

const (
	// progressAfter is the time without progress on the screen: most answers need less.
	progressAfter = 2 * time.Second
	// deleteTimeout bounds the deletion of a preview that was read.
	deleteTimeout = 5 * time.Second
)

// Previewer asks the controller, which alone may read the content of a backup, to predict restores.
type Previewer struct {
	client  client.Client
	timeout time.Duration
	show    *output.Progress
}

// New returns a previewer that waits for each answer until timeout; 0 waits for ever.
func New(cmd *cobra.Command, f *factory.Factory, c client.Client, timeout time.Duration) *Previewer {
	show := output.NewProgress(cmd.ErrOrStderr(), f.Now)
	show.After = progressAfter
	return &Previewer{client: c, timeout: timeout, show: show}
}

// Request creates a preview, waits for its answer and deletes it.
func (p *Previewer) Request(ctx context.Context, spec v1alpha1.BaselinePreviewSpec) (*v1alpha1.BaselinePreview, error) {
	preview := &v1alpha1.BaselinePreview{ObjectMeta: metav1.ObjectMeta{GenerateName: randomPrefix("preview-")}, Spec: spec}
	err := p.client.Create(ctx, preview, client.FieldOwner(resource.FieldOwner))
	switch {
	case output.IsNotServed(err):
		return nil, &output.Explained{
			Text:  "the Seedbed of this cluster makes no previews (no baselinepreviews in the seedbed.dev API): upgrade its chart",
			Cause: err,
		}
	case err != nil:
		return nil, output.Explain("preview "+subjectOf(&spec), err)
	}
	defer p.deletePreview(ctx, preview)
	if err := p.awaitAnswer(ctx, preview); err != nil {
		return nil, err
	}
	if ready := resource.Ready(preview.Status.Conditions); ready.Status != metav1.ConditionTrue {
		return nil, fmt.Errorf("cannot preview %s: %s", subjectOf(&spec), ready.Message)
	}
	return preview, nil
}

// subjectOf returns what a preview is of, for messages.
func subjectOf(spec *v1alpha1.BaselinePreviewSpec) string {
	if spec.Fleet != nil {
		return fmt.Sprintf("the namespaces of baseline %q", spec.Baseline)
	}
	return fmt.Sprintf("namespace %q", spec.Namespace)
}

// awaitAnswer waits for the answer of a preview.
func (p *Previewer) awaitAnswer(ctx context.Context, preview *v1alpha1.BaselinePreview) error {
	name := preview.Name
	state := func() (string, bool) {
		ready := resource.Ready(preview.Status.Conditions)
		return cmp.Or(ready.Message, "Waiting for the controller"), ready.Status != metav1.ConditionUnknown
	}
	err := resource.AwaitEnd(ctx, p.timeout, resource.WatchObject(p.client, descriptor, preview, state), p.show)
	var timeout *resource.WaitTimeout
	switch {
	case errors.As(err, &timeout):
		return fmt.Errorf("preview %q has no answer after %s: the controller that leads makes it. See whether one runs with "+
			"`kubectl -n seedbed-system get pods,lease`, and its log with `kubectl -n seedbed-system logs -l app.kubernetes.io/name=seedbed`; --timeout waits longer",
			name, timeout.After)
	case apierrors.IsNotFound(err):
		return &output.Explained{Text: fmt.Sprintf("preview %q was deleted before it had an answer: somebody did, or too many others were there. Try again in a minute", name), Cause: err}
	}
	return err
}

// deletePreview deletes a preview, even after an interrupt. If that fails, the controller deletes it after its time.
func (p *Previewer) deletePreview(ctx context.Context, preview *v1alpha1.BaselinePreview) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deleteTimeout)
	defer cancel()
	_ = p.client.Delete(ctx, preview)
}

// randomPrefix returns a prefix of names that other users cannot guess: who may get previews may get any whose name is known.
func randomPrefix(prefix string) string { return prefix + strings.ToLower(rand.Text()) + "-" }
