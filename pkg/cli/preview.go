package cli

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
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// previewKind is what messages need to know of previews: no verb of the tool lists them.
var previewKind = &descriptor{noun: "preview", newObject: func() client.Object { return &v1alpha1.BaselinePreview{} }}

const (
	// previewProgressAfter is how long an answer may take before progress is shown: most come at once.
	previewProgressAfter = 2 * time.Second
	// previewCleanup bounds the deletion of a preview that was read.
	previewCleanup = 5 * time.Second
)

// previewer asks the controller, which alone may read the content of a backup, to predict restores.
type previewer struct {
	client  client.Client
	timeout time.Duration
	show    *progress
}

func newPreviewer(cmd *cobra.Command, t *tool, c client.Client, timeout time.Duration) *previewer {
	show := newProgress(cmd.ErrOrStderr(), t.now)
	show.after = previewProgressAfter
	return &previewer{client: c, timeout: timeout, show: show}
}

// ask creates a preview, waits for its answer and deletes it.
func (p *previewer) ask(ctx context.Context, spec v1alpha1.BaselinePreviewSpec) (*v1alpha1.BaselinePreview, error) {
	preview := &v1alpha1.BaselinePreview{ObjectMeta: metav1.ObjectMeta{GenerateName: unguessable("preview-")}, Spec: spec}
	err := p.client.Create(ctx, preview, client.FieldOwner(fieldOwner))
	switch {
	case isNotServed(err):
		return nil, &explained{
			text:  "the Seedbed of this cluster makes no previews (no baselinepreviews in the seedbed.dev API): upgrade its chart",
			cause: err,
		}
	case err != nil:
		return nil, explain(fmt.Sprintf("preview namespace %q", spec.Namespace), err)
	}
	defer p.discard(ctx, preview)
	if err := p.answered(ctx, preview); err != nil {
		return nil, err
	}
	ready := readyOf(preview)
	if ready.Status != metav1.ConditionTrue {
		return nil, fmt.Errorf("cannot preview namespace %q: %s", spec.Namespace, ready.Message)
	}
	return preview, nil
}

// answered waits for the answer of a preview.
func (p *previewer) answered(ctx context.Context, preview *v1alpha1.BaselinePreview) error {
	name := preview.Name
	state := func() (string, bool) {
		ready := readyOf(preview)
		return cmp.Or(ready.Message, "Waiting for the controller"), ready.Status == metav1.ConditionTrue || ready.Status == metav1.ConditionFalse
	}
	err := awaitEnd(ctx, p.timeout, watch(p.client, previewKind, preview, state), p.show)
	var timeout *waitTimeout
	switch {
	case errors.As(err, &timeout):
		return fmt.Errorf("preview %q has no answer after %s: the controller that leads makes it. See whether one runs with "+
			"`kubectl -n seedbed-system get pods,lease`, and its log with `kubectl -n seedbed-system logs -l app.kubernetes.io/name=seedbed`; --timeout waits longer",
			name, timeout.after)
	case apierrors.IsNotFound(err):
		return &explained{text: fmt.Sprintf("preview %q was deleted before it had an answer: somebody did, or too many others were there. Try again in a minute", name), cause: err}
	}
	return err
}

// discard deletes a preview, also when the user gave up waiting. Where that fails it goes by itself after ten minutes.
func (p *previewer) discard(ctx context.Context, preview *v1alpha1.BaselinePreview) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), previewCleanup)
	defer cancel()
	_ = p.client.Delete(ctx, preview)
}

// readyOf returns a preview's condition Ready; an empty one if it has none yet.
func readyOf(preview *v1alpha1.BaselinePreview) metav1.Condition {
	if ready := meta.FindStatusCondition(preview.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		return *ready
	}
	return metav1.Condition{}
}

// unguessable returns a prefix of names that nobody else can guess: whoever may get previews may get any whose name is
// known.
func unguessable(prefix string) string { return prefix + strings.ToLower(rand.Text()) + "-" }

// previewFormats are those of -o for what would be restored.
var previewFormats = []string{formatTable, "yaml", "json"}
