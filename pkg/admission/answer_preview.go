package admission

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Previewer says what a restore would do, and writes nothing.
type Previewer interface {
	// Preview is about a Baseline, or about its backup alone when that is nil. A refusal says, in one line, why there is
	// no answer for good; an error that there is none now.
	Preview(ctx context.Context, spec *v1alpha1.BaselinePreviewSpec, baseline *v1alpha1.Baseline, backup *v1alpha1.BaselineBackup) (
		status *v1alpha1.BaselinePreviewStatus, refusal string, err error)
}

// AnswerPreview serves preview.seedbed.dev, which is a mutating webhook: it fills in the status of a BaselinePreview that
// is created by dry run, and denies every other creation. The content of a backup is told to those alone who have
// the verb "restore" on it.
type AnswerPreview struct {
	Decoder   admission.Decoder
	Baselines Baselines
	Backups   Backups
	Reviewer  Reviewer
	Previewer Previewer
	Recorder  Recorder
}

// previewWithin is below the thirty seconds that the API server waits for this webhook, so that a requester reads
// what took so long.
const previewWithin = 25 * time.Second

// Handle implements admission.Handler.
func (h *AnswerPreview) Handle(ctx context.Context, req admission.Request) admission.Response {
	var patch []byte
	response := respondWithin(ctx, previewWithin, h.Recorder, WebhookPreview, req, func(ctx context.Context, req admission.Request) (_ []string, err error) {
		patch, err = h.answer(ctx, req)
		if errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("the preview was not done within %s: %w", previewWithin, err)
		}
		return nil, err
	})
	if response.Allowed && patch != nil {
		format := admissionv1.PatchTypeJSONPatch
		response.Patch, response.PatchType = patch, &format
	}
	return response
}

func (h *AnswerPreview) answer(ctx context.Context, req admission.Request) ([]byte, error) {
	if req.Operation != admissionv1.Create {
		return nil, nil
	}
	if !dryRun(req) {
		return nil, deny("a preview is never stored: create it with --dry-run=server")
	}
	preview := &v1alpha1.BaselinePreview{}
	if err := read(h.Decoder, req.Object, preview); err != nil {
		return nil, err
	}
	if err := checkPreview(&preview.Spec); err != nil {
		return nil, err
	}
	baseline, backup, err := h.source(ctx, req.UserInfo, &preview.Spec)
	if err != nil {
		return nil, err
	}
	status, refusal, err := h.Previewer.Preview(ctx, &preview.Spec, baseline, backup)
	if err != nil {
		return nil, err
	}
	if refusal != "" {
		return nil, deny("%s", refusal)
	}
	// Adding takes the place of what is there: nobody else says what a restore would do.
	return json.Marshal([]map[string]any{{"op": "add", "path": "/status", "value": status}})
}

// checkPreview says what the schema says too, which is asked after this webhook.
func checkPreview(spec *v1alpha1.BaselinePreviewSpec) error {
	if problems := validation.IsDNS1123Label(spec.Namespace); len(problems) > 0 {
		return deny("spec.namespace: %.64q cannot be the name of a namespace: %s", spec.Namespace, problems[0])
	}
	if (spec.Baseline == "") == (spec.Backup == "") {
		return deny("spec: set exactly one of baseline and backup")
	}
	return nil
}

// source finds what the preview is about, for a user who may see it.
func (h *AnswerPreview) source(ctx context.Context, user authenticationv1.UserInfo, spec *v1alpha1.BaselinePreviewSpec) (*v1alpha1.Baseline, *v1alpha1.BaselineBackup, error) {
	from := source{backup: spec.Backup, namespace: spec.SourceNamespace}
	var baseline *v1alpha1.Baseline
	if spec.Baseline != "" {
		var err error
		if baseline, err = h.baseline(ctx, user, spec.Baseline); err != nil {
			return nil, nil, err
		}
		from = sourceOf(&baseline.Spec)
	}
	judge := sources{backups: h.Backups, reviewer: h.Reviewer}
	backup, err := judge.authorize(ctx, user, from)
	if err != nil {
		return nil, nil, err
	}
	if backup == nil && baseline != nil {
		return nil, nil, deny("spec.baseline: the backup %.64q of baseline %q does not exist", from.backup, baseline.Name)
	}
	if backup == nil {
		return nil, nil, deny("%s", judge.absent(ctx, user, from.backup))
	}
	return baseline, backup, nil
}

// baseline finds a Baseline for a user who may restore from its backup. Whoever may not learns nothing.
func (h *AnswerPreview) baseline(ctx context.Context, user authenticationv1.UserInfo, name string) (*v1alpha1.Baseline, error) {
	baseline, err := h.Baselines.Baseline(ctx, name)
	if err != nil {
		return nil, err
	}
	why := "does not exist, or you may not restore from its backup"
	backup := "" // for one that does not exist: who may restore from all of them may know
	if baseline != nil {
		backup = baseline.Spec.Backup
	}
	allowed, err := h.Reviewer.Review(ctx, user, restore(backup))
	switch {
	case err != nil:
		return nil, err
	case allowed && baseline != nil:
		return baseline, nil
	case allowed:
		why = "does not exist"
	}
	message := fmt.Sprintf("spec.baseline: baseline %.64q %s", name, why)
	if advice := h.advice(ctx, user, name); advice != "" {
		return nil, deny("%s: %s", message, advice)
	}
	return nil, deny("%s: ask an administrator for the verb \"restore\" on that backup", message)
}

// advice names baselines from whose backups the user may restore; nothing when there are none.
func (h *AnswerPreview) advice(ctx context.Context, user authenticationv1.UserInfo, asked string) string {
	baselines, err := h.Baselines.Baselines(ctx)
	if err != nil {
		return "" // what the advice is for stands without it
	}
	backups := make(map[string]string, len(baselines))
	var names []string
	for i := range baselines {
		names = append(names, baselines[i].Name)
		backups[baselines[i].Name] = baselines[i].Spec.Backup
	}
	permission := func(name string) authorizationv1.ResourceAttributes { return restore(backups[name]) }
	return findChoices(ctx, h.Reviewer, user, permission, asked, names).advice()
}
